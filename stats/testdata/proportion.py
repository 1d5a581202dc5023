# Writes proportion.txt: python3 proportion.py > proportion.txt (SciPy 1.10.1).
# x n confidence low high: the interval of Clopper and Pearson.
from scipy.stats import beta

for n in (1, 20, 368, 1000, 20000, 1000000):
    for x in sorted({0, 1, n // 100, n // 2, n - 1, n}):
        for confidence in (0.9, 0.95, 0.99):
            tail = (1 - confidence) / 2
            low = beta.ppf(tail, x, n - x + 1) if x > 0 else 0
            high = beta.ppf(1 - tail, x + 1, n - x) if x < n else 1
            print(x, n, confidence, repr(float(low)), repr(float(high)))
