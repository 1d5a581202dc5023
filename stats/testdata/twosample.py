# Writes twosample.txt: python3 twosample.py > twosample.txt (SciPy 1.10.1, NumPy 1.24).
#   welch    m1 mean1 error1 m2 mean2 error2 p: at the confidence 1-p, p being that of Welch's test, one end of the interval is 0
#   distance ks wasserstein k l, then k pairs of value and count, then l
import numpy as np
from scipy import stats

rng = np.random.default_rng(11)

for m1, m2 in ((5, 5), (4, 30), (200, 50), (20, 3000)):
    a, b = rng.normal(100, 5, m1), rng.normal(101, 20, m2)
    p = stats.ttest_ind(a, b, equal_var=False).pvalue
    print("welch", m1, repr(a.mean()), repr(stats.sem(a)), m2, repr(b.mean()), repr(stats.sem(b)), repr(p))

for k, l in ((1, 1), (1, 4), (6, 5), (40, 60), (300, 300)):
    values = [np.sort(rng.choice(np.arange(1000), size, replace=False)) / 8 for size in (k, l)]
    counts = [rng.integers(1, 50, size) for size in (k, l)]
    whole = [np.repeat(v, c) for v, c in zip(values, counts)]
    ks = stats.ks_2samp(whole[0], whole[1], method="asymp").statistic
    wasserstein = stats.wasserstein_distance(whole[0], whole[1])
    pairs = [x for v, c in zip(values, counts) for pair in zip(v, c) for x in pair]
    print("distance", repr(float(ks)), repr(float(wasserstein)), k, l, *pairs)
