# Writes binomial.txt: python3 binomial.py > binomial.txt (SciPy 1.10.1).
# n p confidence l u: the ranks of OrderStatistics.
from scipy.stats import binom

for n in (10, 100, 367, 368, 3687, 3688, 20000, 1000000):
    for p in (0.01, 0.5, 0.9, 0.99, 0.999):
        for confidence in (0.9, 0.95, 0.99):
            tail = (1 - confidence) / 2
            l = int(binom.ppf(tail, n, p))
            if binom.cdf(l, n, p) <= tail:
                l += 1
            u = int(binom.ppf(1 - tail, n, p)) + 1
            print(n, p, confidence, l, u)
