# Writes paired.txt: python3 paired.py > paired.txt (SciPy 1.10.1, NumPy 1.24).
# kind confidence change low high, then the trials as n1 s1 n2 s2: `student` is Student's paired test of SciPy, one value per
# trial; `ratio` is the change of two ratios with its linearised variance, residual by residual.
import numpy as np
from scipy import stats

rng = np.random.default_rng(7)


def line(kind, confidence, change, low, high, trials):
    print(kind, confidence, repr(float(change)), repr(float(low)), repr(float(high)), *trials.flatten())


for m in (2, 3, 12):
    for confidence in (0.9, 0.95, 0.99):
        base = rng.integers(1000, 9000, m)
        other = base + rng.integers(-200, 600, m)
        low, high = stats.ttest_rel(other, base).confidence_interval(confidence)
        ones = np.ones(m, dtype=int)
        line("student", confidence, np.mean(other - base), low, high, np.stack([ones, base, ones, other], axis=1))

for m in (2, 5, 15):
    for confidence in (0.9, 0.99):
        n1, n2 = rng.integers(0, 5, m), rng.integers(1, 4, m)
        n1[0] = 3
        s1, s2 = n1 * rng.integers(100, 900, m), n2 * rng.integers(100, 900, m)
        r1, r2 = s1.sum() / n1.sum(), s2.sum() / n2.sum()
        residuals = (s2 - r2 * n2) / n2.mean() - (s1 - r1 * n1) / n1.mean()
        error = np.sqrt(np.sum(residuals**2) / (m - 1) / m)
        half = stats.t.ppf((1 + confidence) / 2, m - 1) * error
        line("ratio", confidence, r2 - r1, r2 - r1 - half, r2 - r1 + half, np.stack([n1, s1, n2, s2], axis=1))
