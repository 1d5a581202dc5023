# Writes binomial.txt: python3 binomial.py > binomial.txt (SciPy 1.10.1).
# order n p confidence l u: the ranks of OrderStatistics; clopper k n confidence low high: ClopperPearson.
from scipy.stats import beta, binom

for n in (10, 100, 367, 368, 3687, 3688, 20000, 1000000):
    for p in (0.01, 0.5, 0.9, 0.99, 0.999):
        for confidence in (0.9, 0.95, 0.99):
            tail = (1 - confidence) / 2
            l = int(binom.ppf(tail, n, p))
            if binom.cdf(l, n, p) <= tail:
                l += 1
            u = int(binom.ppf(1 - tail, n, p)) + 1
            print("order", n, p, confidence, l, u)
for k, n in ((0, 10), (1, 10), (5, 10), (10, 10), (3, 1000), (997, 1000), (20, 100000)):
    for confidence in (0.9, 0.95, 0.99):
        tail = (1 - confidence) / 2
        low = beta.ppf(tail, k, n - k + 1) if k > 0 else 0.0
        high = beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0
        print("clopper", k, n, confidence, repr(float(low)), repr(float(high)))
