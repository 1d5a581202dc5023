package dist_test

import (
	"testing"
	"time"

	"failsim/dist"
)

// benchTexts has one text for each distribution.
var benchTexts = []struct{ name, text string }{
	{"constant", "5s"},
	{"uniform", "uniform(1s, 5s)"},
	{"triangular", "triangular(10s, 20s, 45s)"},
	{"exponential", "exponential(180d)"},
	{"lognormal", "lognormal(median=1ms, p99=20ms)"},
	{"weibull", "weibull(scale=10s, shape=1.5)"},
	{"gamma-0.5", "gamma(mean=10s, shape=0.5)"},
	{"gamma-3", "gamma(mean=10s, shape=3)"},
	{"gamma-100", "gamma(mean=10s, shape=100)"},
	{"empirical", "empirical(20s, 31s, 58s)"},
	{"mixture", "mixture(0.97: triangular(10s, 20s, 45s), 0.03: uniform(1m, 5m))"},
	{"sum", "uniform(1s, 5s) + triangular(10s, 20s, 45s) + 3s"},
}

func BenchmarkDraw(b *testing.B) {
	for _, bench := range benchTexts {
		b.Run(bench.name, func(b *testing.B) {
			d := dist.MustParse(bench.text)
			source, name := dist.NewSource(1, 0, 0), dist.Name("promotion", "sessions/0003")
			var total time.Duration
			b.ReportAllocs()
			for i := range b.N {
				total += d.Draw(source.Bits(name, uint64(i)))
			}
			keep(total)
		})
	}
}

func BenchmarkQuantile(b *testing.B) {
	for _, bench := range benchTexts {
		b.Run(bench.name, func(b *testing.B) {
			d := dist.MustParse(bench.text)
			source := dist.NewSource(1, 0, 0)
			var total time.Duration
			b.ReportAllocs()
			for i := range b.N {
				total += d.Quantile(dist.Uniform(source.Bits(0, uint64(i))))
			}
			keep(total)
		})
	}
}

func BenchmarkBits(b *testing.B) {
	source, name := dist.NewSource(1, 0, 0), dist.Name("promotion", "sessions/0003")
	total := uint64(0)
	b.ReportAllocs()
	for i := range b.N {
		total += source.Bits(name, uint64(i))
	}
	keep(time.Duration(total))
}

func BenchmarkParse(b *testing.B) {
	for _, bench := range benchTexts {
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				d := dist.MustParse(bench.text)
				keep(d.Mean())
			}
		})
	}
}

//go:noinline
func keep(time.Duration) {}
