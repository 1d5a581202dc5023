# Writes critical.txt: Rscript critical.R > critical.txt (R 4). One line each: alpha, degrees of freedom, and Student's quantile at
# 1 - alpha/2.
for (n in c(1, 2, 9, 199, 1999, 9999, 10000, 99999, 1e6, 1e8))
  for (alpha in c(0.5, 0.05, 0.01, 1e-4, 1e-6, 1e-9, 1e-10))
    cat(sprintf("%g %g %.10g\n", alpha, n, qt(alpha / 2, n, lower.tail = FALSE)))
