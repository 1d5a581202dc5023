package dist

import "math"

// The functions in this file give the same bits on every architecture. Those
// of package math may not: some have assembly, and the compiler may fuse a
// product with the sum around it into one rounding wherever the machine can.
// An explicit conversion forbids that, so each product that meets a sum goes
// through mulAdd or is converted where it stands.

func mulAdd(x, y, z float64) float64 { return float64(x*y) + z }

const (
	ln2Hi = 6.93147180369123816490e-01 // 32 bits of ln 2, so that k x ln2Hi is exact
	ln2Lo = 1.90821492927058770002e-10
)

// exp gives e^x within 1 ulp; 0 below -708 and infinity above 709, which spares
// it the subnormal results. Method: FreeBSD msun e_exp.c (Sun Microsystems
// 1993): x = k ln 2 + r with |r| <= ln2/2, and a rational function for e^r.
func exp(x float64) float64 {
	if x < -708 {
		return 0
	}
	if !(x <= 709) {
		return math.Inf(1)
	}
	const (
		log2e = 1.44269504088896338700e+00
		p1    = 1.66666666666666657415e-01
		p2    = -2.77777777770155933842e-03
		p3    = 6.61375632143793436117e-05
		p4    = -1.65339022054652515390e-06
		p5    = 4.13813679705723846039e-08
	)
	k := int64(mulAdd(log2e, x, math.Copysign(0.5, x)))
	n := float64(k)
	hi := x - float64(n*ln2Hi)
	lo := float64(n * ln2Lo)
	r := hi - lo
	t := r * r
	c := r - float64(t*mulAdd(t, mulAdd(t, mulAdd(t, mulAdd(t, p5, p4), p3), p2), p1))
	y := 1 - ((lo - float64(r*c)/(2-c)) - hi)
	return y * math.Float64frombits(uint64(k+1023)<<52)
}

// log gives the natural logarithm of x > 0 within 1 ulp; -infinity at and
// below 0. Method: FreeBSD msun e_log.c (Sun Microsystems 1993): x = 2^k (1+f)
// with sqrt(1/2) < 1+f < sqrt(2), and a polynomial in f/(2+f).
func log(x float64) float64 {
	if !(x > 0) {
		return math.Inf(-1)
	}
	if math.IsInf(x, 1) {
		return x
	}
	k := -1023
	if x < 0x1p-1022 {
		x, k = x*0x1p54, k-54
	}
	// Subtracting the bits of sqrt(1/2) before the exponent is cut off brings
	// the mantissa into the wanted range without a branch.
	const half = 0x3fe6a09e667f3bcd
	word := math.Float64bits(x) + (0x3ff0000000000000 - half)
	k += int(word >> 52)
	f := math.Float64frombits(word&0x000fffffffffffff+half) - 1
	const (
		l1 = 6.666666666666735130e-01
		l2 = 3.999999999940941908e-01
		l3 = 2.857142874366239149e-01
		l4 = 2.222219843214978396e-01
		l5 = 1.818357216161805012e-01
		l6 = 1.531383769920937332e-01
		l7 = 1.479819860511658591e-01
	)
	s := f / (2 + f)
	s2 := s * s
	s4 := s2 * s2
	odd := float64(s2 * mulAdd(s4, mulAdd(s4, mulAdd(s4, l7, l5), l3), l1))
	even := float64(s4 * mulAdd(s4, mulAdd(s4, l6, l4), l2))
	square := float64(0.5 * f * f)
	n := float64(k)
	low := float64(s*(square+(odd+even))) + float64(n*ln2Lo)
	return float64(n*ln2Hi) - ((square - low) - f)
}

// normalQuantile gives the standard normal deviate with probability p below
// it, 0 < p < 1, to a relative error of about 1e-15. Method: M. J. Wichura,
// "Algorithm AS 241: the percentage points of the normal distribution",
// Applied Statistics 37 (1988), routine PPND16.
func normalQuantile(p float64) float64 {
	q := p - 0.5
	if math.Abs(q) <= 0.425 {
		r := 0.180625 - float64(q*q)
		return q * ratio(&wichuraMiddle, r)
	}
	tail := p
	if q > 0 {
		tail = 1 - p
	}
	r := math.Sqrt(-log(tail))
	if r <= 5 {
		r = ratio(&wichuraTail, r-1.6)
	} else {
		r = ratio(&wichuraFarTail, r-5)
	}
	return math.Copysign(r, q)
}

// rational holds a fraction of two polynomials, the constant term first.
type rational struct{ over, under [8]float64 }

func ratio(f *rational, x float64) float64 {
	return poly(&f.over, x) / poly(&f.under, x)
}

// poly adds up by halves (Estrin's scheme): the processor works on them at once.
func poly(c *[8]float64, x float64) float64 {
	x2 := x * x
	low := mulAdd(mulAdd(c[3], x, c[2]), x2, mulAdd(c[1], x, c[0]))
	high := mulAdd(mulAdd(c[7], x, c[6]), x2, mulAdd(c[5], x, c[4]))
	return mulAdd(high, x2*x2, low)
}

var wichuraMiddle = rational{
	over: [8]float64{
		3.3871328727963666080e0, 1.3314166789178437745e+2, 1.9715909503065514427e+3, 1.3731693765509461125e+4,
		4.5921953931549871457e+4, 6.7265770927008700853e+4, 3.3430575583588128105e+4, 2.5090809287301226727e+3,
	},
	under: [8]float64{
		1, 4.2313330701600911252e+1, 6.8718700749205790830e+2, 5.3941960214247511077e+3,
		2.1213794301586595867e+4, 3.9307895800092710610e+4, 2.8729085735721942674e+4, 5.2264952788528545610e+3,
	},
}

var wichuraTail = rational{
	over: [8]float64{
		1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
		1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4,
	},
	under: [8]float64{
		1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1,
		1.48103976427480074590e-1, 1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9,
	},
}

var wichuraFarTail = rational{
	over: [8]float64{
		6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
		2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
	},
	under: [8]float64{
		1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2,
		7.86869131145613259100e-4, 1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15,
	},
}
