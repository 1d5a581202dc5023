package dist

import "math"

// stirling holds B(2n)/(2n(2n-1)), the series of log gamma in 1/x.
var stirling = [...]float64{1. / 12, -1. / 360, 1. / 1260, -1. / 1680, 1. / 1188, -691. / 360360, 1. / 156, -3617. / 122400}

// logGamma gives the logarithm of the gamma function of x > 0, to an absolute
// error of 1e-14 (relative above 1). Method: the recurrence up to 10,
// then Stirling's series (DLMF 5.11.1), whose first term left out is 2e-18.
func logGamma(x float64) float64 {
	product := 1.0
	for ; x < 10; x++ {
		product *= x
	}
	const halfLogTwoPi = 0.918938533204672741780329736406
	series := horner(stirling[:], 1/(x*x)) / x
	return mulAdd(x-0.5, log(x), -x) + halfLogTwoPi + series - log(product)
}

// gammaTails gives the regularized incomplete gamma functions P(a, x) and
// Q(a, x) = 1 - P(a, x), and the density x^(a-1) e^-x / gamma(a), for x > 0.
// The smaller of P and Q is exact to a relative error of about 1e-13 x (1 + a/100).
// Method: the series (DLMF 8.11.4) below a+1, the continued fraction (DLMF
// 8.9.2, by Lentz's algorithm) above. logGammaA is logGamma(a).
func gammaTails(a, x, logGammaA float64) (p, q, density float64) {
	front := exp(mulAdd(a, log(x), -x) - logGammaA)
	if x < a+1 {
		term := 1 / a
		sum := term
		for n := 1.0; term > sum*0x1p-54; n++ {
			term = float64(term * (x / (a + n)))
			sum += term
		}
		p = float64(front * sum)
		return p, 1 - p, front / x
	}
	b := x + 1 - a
	c := 1e300
	d := 1 / b
	h := d
	for n := 1.0; n < 1000; n++ {
		an := -n * (n - a)
		b += 2
		d = 1 / mulAdd(an, d, b)
		c = b + an/c
		step := float64(d * c)
		h *= step
		if math.Abs(step-1) < 0x1p-52 {
			break
		}
	}
	q = float64(front * h)
	return 1 - q, q, front / x
}

// gammaQuantile inverts P(a, x) = p, 0 < p < 1, to a relative error of about
// 1e-13 in x. Method: Halley's iteration from the approximation of Wilson and
// Hilferty (a > 1) or from the leading terms at both ends (a <= 1); Press et
// al., "Numerical Recipes" 6.2.1. It follows the smaller tail, so that nothing
// cancels.
func gammaQuantile(a, p, logGammaA float64) float64 {
	x := gammaGuess(a, p)
	for range 12 {
		if x <= 0x1p-1000 {
			return 0
		}
		below, above, density := gammaTails(a, x, logGammaA)
		miss := below - p
		if p > 0.5 {
			miss = (1 - p) - above
		}
		newton := miss / density
		step := newton / (1 - float64(0.5*min(1, newton*((a-1)/x-1))))
		next := x - step
		if next <= 0 {
			next = x / 2
		}
		// The iteration is of third order: after a step of 1e-6 what is left
		// is about 1e-18.
		if math.Abs(step) < 1e-6*x {
			return next
		}
		x = next
	}
	return x
}

func gammaGuess(a, p float64) float64 {
	if a > 1 {
		s := 1 / (9 * a)
		w := mulAdd(normalQuantile(p), math.Sqrt(s), 1-s)
		return max(1e-3, w*w*w) * a
	}
	t := 1 - float64(a*mulAdd(a, 0.12, 0.253))
	if p < t {
		return exp(log(p/t) / a)
	}
	return 1 - log((1-p)/(1-t))
}
