# Writes newcombe.txt: python3 newcombe.py > newcombe.txt (statsmodels 0.13.5).
# x1 n1 x2 n2 low high: the 95 % interval of x1/n1 - x2/n2 by method 10 of Newcombe, from Wilson's intervals of both.
from statsmodels.stats.proportion import confint_proportions_2indep

for counts in ((56, 70, 48, 80), (9, 10, 3, 10), (6, 7, 2, 7), (5, 56, 0, 29), (0, 10, 0, 20), (10, 10, 0, 20), (1, 1000, 7, 900)):
    low, high = confint_proportions_2indep(*counts, method="newcomb", compare="diff")
    print(*counts, repr(float(low)), repr(float(high)))
