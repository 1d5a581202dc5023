package dist

import "math"

// normalCDF gives the standard normal probability below z, to a relative error
// of about 1e-15 in both tails.
func normalCDF(z float64) float64 {
	return 0.5 * erfc(-z/math.Sqrt2)
}

// erfc is the complementary error function. Method: FreeBSD msun s_erf.c (Sun
// Microsystems 1993), with its intervals and coefficients.
func erfc(x float64) float64 {
	if x < 0 {
		return 2 - erfcPositive(-x)
	}
	return erfcPositive(x)
}

func erfcPositive(x float64) float64 {
	switch {
	case x < 0.84375:
		z := x * x
		y := horner(erfSmallOver[:], z) / horner(erfSmallUnder[:], z)
		if x < 0.25 {
			return 1 - mulAdd(x, y, x)
		}
		return 0.5 - mulAdd(x, y, x-0.5)
	case x < 1.25:
		const erfOfOne = 8.45062911510467529297e-01
		s := x - 1
		return 1 - erfOfOne - horner(erfMiddleOver[:], s)/horner(erfMiddleUnder[:], s)
	case x < 1/0.35:
		s := 1 / (x * x)
		return erfcTail(x, horner(erfTailOver[:], s)/horner(erfTailUnder[:], s))
	case x < 27:
		s := 1 / (x * x)
		return erfcTail(x, horner(erfFarOver[:], s)/horner(erfFarUnder[:], s))
	}
	return 0
}

// erfcTail gives e^(-x^2 - 0.5625 + correction)/x. Squaring x with its lower
// half cut off is exact, so that the error of x^2 is not blown up by exp.
func erfcTail(x, correction float64) float64 {
	z := math.Float64frombits(math.Float64bits(x) & 0xffffffff00000000)
	square := float64(z * z)
	return exp(-square-0.5625) * exp(mulAdd(z-x, z+x, correction)) / x
}

// horner evaluates a polynomial, the constant term first.
func horner(c []float64, x float64) float64 {
	sum := c[len(c)-1]
	for i := len(c) - 2; i >= 0; i-- {
		sum = mulAdd(sum, x, c[i])
	}
	return sum
}

var (
	erfSmallOver = [...]float64{
		1.28379167095512558561e-01, -3.25042107247001499370e-01, -2.84817495755985104766e-02,
		-5.77027029648944159157e-03, -2.37630166566501626084e-05,
	}
	erfSmallUnder = [...]float64{
		1, 3.97917223959155352819e-01, 6.50222499887672944485e-02, 5.08130628187576562776e-03,
		1.32494738004321644526e-04, -3.96022827877536812320e-06,
	}
	erfMiddleOver = [...]float64{
		-2.36211856075265944077e-03, 4.14856118683748331666e-01, -3.72207876035701323847e-01, 3.18346619901161753674e-01,
		-1.10894694282396677476e-01, 3.54783043256182359371e-02, -2.16637559486879084300e-03,
	}
	erfMiddleUnder = [...]float64{
		1, 1.06420880400844228286e-01, 5.40397917702171048937e-01, 7.18286544141962662868e-02,
		1.26171219808761642112e-01, 1.36370839120290507362e-02, 1.19844998467991074170e-02,
	}
	erfTailOver = [...]float64{
		-9.86494403484714822705e-03, -6.93858572707181764372e-01, -1.05586262253232909814e+01, -6.23753324503260060396e+01,
		-1.62396669462573470355e+02, -1.84605092906711035994e+02, -8.12874355063065934246e+01, -9.81432934416914548592e+00,
	}
	erfTailUnder = [...]float64{
		1, 1.96512716674392571292e+01, 1.37657754143519042600e+02, 4.34565877475229228821e+02, 6.45387271733267880336e+02,
		4.29008140027567833386e+02, 1.08635005541779435134e+02, 6.57024977031928170135e+00, -6.04244152148580987438e-02,
	}
	erfFarOver = [...]float64{
		-9.86494292470009928597e-03, -7.99283237680523006574e-01, -1.77579549177547519889e+01, -1.60636384855821916062e+02,
		-6.37566443368389627722e+02, -1.02509513161107724954e+03, -4.83519191608651397019e+02,
	}
	erfFarUnder = [...]float64{
		1, 3.03380607434824582924e+01, 3.25792512996573918826e+02, 1.53672958608443695994e+03, 3.19985821950859553908e+03,
		2.55305040643316442583e+03, 4.74528541206955367215e+02, -2.24409524465858183362e+01,
	}
)
