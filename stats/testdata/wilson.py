# Writes wilson.txt: python3 wilson.py > wilson.txt (the standard library of Python 3.11 alone).
# x n confidence low high: the shares p that the score test does not refuse, |x/n - p| <= z sqrt(p(1-p)/n), whose ends are
# found by bisection and not by the closed form.
from math import sqrt
from statistics import NormalDist


def edge(share, n, z, towards):
    refused, kept = towards, share
    for _ in range(200):
        p = (refused + kept) / 2
        if abs(share - p) <= z * sqrt(p * (1 - p) / n):
            kept = p
        else:
            refused = p
    return kept


for n in (1, 20, 368, 1000, 20000, 1000000):
    for x in sorted({0, 1, n // 100, n // 2, n - 1, n}):
        for confidence in (0.9, 0.95, 0.99):
            z = NormalDist().inv_cdf((1 + confidence) / 2)
            print(x, n, confidence, repr(edge(x / n, n, z, 0.0)), repr(edge(x / n, n, z, 1.0)))
