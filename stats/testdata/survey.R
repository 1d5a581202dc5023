# Writes survey.txt: Rscript survey.R > survey.txt (R 4.2.2, survey 4.1.1).
# The values of a trial are a cluster of an unweighted cluster sample. Trial i has i mod 4 + 1 values, of which the j-th is
# (7919 i + 104729 j) mod 1000 + 300 (i mod 3), all counted from 0, so that values of one trial resemble each other.
# trials confidence mean low high: Student over trials, with the linearised variance of the mean.
# trials confidence share low high above: of the values above `above`, the exact interval at the size p(1-p)/var(p); where
# fewer than 20 trials, by (sum b)^2 / sum b^2, have values above or values that are not, without the factor m/(m-1) of the
# variance and at most (sum n)^2 / sum n^2. The ends leave room for a kind of trial that was met in none of those.
suppressMessages(library(survey))
for (m in c(2, 5, 40, 600)) {
  i <- 0:(m - 1)
  trial <- rep(i, times = i %% 4 + 1)
  j <- sequence(i %% 4 + 1) - 1
  value <- (7919 * trial + 104729 * j) %% 1000 + 300 * (trial %% 3)
  design <- svydesign(ids = ~trial, weights = ~1, data = data.frame(trial, value))
  for (confidence in c(0.9, 0.95, 0.99)) {
    mean <- svymean(~value, design)
    ends <- confint(mean, level = confidence, df = m - 1)
    cat(m, confidence, format(c(coef(mean), ends), digits = 15), "\n")
    if (m < 40) next
    for (above in c(300, 900, 1500)) {
      share <- svymean(~as.numeric(value > above), design)
      p <- as.numeric(coef(share))
      size <- min(length(value), p * (1 - p) / as.numeric(vcov(share)))
      n <- as.numeric(tapply(value, trial, length))
      b <- as.numeric(tapply(value > above, trial, sum))
      trials_of <- function(b) sum(b)^2 / sum(b^2)
      if (min(trials_of(b), trials_of(n - b)) < 20) size <- min(size * m / (m - 1), trials_of(n))
      tail <- (1 - confidence) / 2
      unmet <- 1 - tail^(1 / trials_of(n))
      low <- min(qbeta(tail, p * size, size - p * size + 1), p * (1 - unmet))
      high <- max(qbeta(1 - tail, p * size + 1, size - p * size), p + (1 - p) * unmet)
      cat(m, confidence, format(c(p, low, high), digits = 15), above, "\n")
    }
  }
}
