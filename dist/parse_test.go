package dist_test

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"failsim/dist"
)

func TestNotationHasOneCanonicalForm(t *testing.T) {
	for _, test := range []struct{ text, canonical string }{
		{"5s", "5s"},
		{" constant( 5s ) ", "5s"},
		{"constant(value=90s)", "1m30s"},
		{"0", "0s"},
		{"7d", "7d"},
		{"1d12h", "1d12h"},
		{"uniform(1s,5s)", "uniform(1s, 5s)"},
		{"uniform(high=5s, low=1000ms)", "uniform(1s, 5s)"},
		{"uniform(5s, 5s)", "5s"},
		{"triangular(1s, 1s, 1s)", "1s"},
		{"triangular(300s, 480s, 720s)", "triangular(5m, 8m, 12m)"},
		{"exponential(180d)", "exponential(180d)"},
		{"lognormal(p99=20ms, median=1ms)", "lognormal(median=1ms, p99=20ms)"},
		{"weibull(shape=1.50, scale=1h)", "weibull(scale=1h, shape=1.5)"},
		{"gamma(mean=10s, shape=2)", "gamma(mean=10s, shape=2)"},
		{"empirical(58s, 20s, 31s)", "empirical(20s, 31s, 58s)"},
		{"empirical(58s, 58s)", "58s"},
		{"mixture(0.970: 20s, 0.03: uniform(1m, 5m))", "mixture(0.97: 20s, 0.03: uniform(1m, 5m))"},
		{"mixture(1: 20s)", "20s"},
		{"5s + 1m", "1m5s"},
		{"5s + uniform(1s, 2s) + 1s", "uniform(1s, 2s) + 6s"},
		{"0s + uniform(1s, 2s)", "uniform(1s, 2s)"},
		{"mixture(0.5: 1s + exponential(2s), 0.5: 3s) + exponential(1s)", "mixture(0.5: exponential(2s) + 1s, 0.5: 3s) + exponential(1s)"},
	} {
		d, err := dist.Parse(test.text, nil)
		if err != nil {
			t.Errorf("%s: %v", test.text, err)
			continue
		}
		expanded, _ := d.MarshalText()
		if d.String() != test.canonical || string(expanded) != test.canonical {
			t.Errorf("%s: canonical form %s and %s, want %s", test.text, d, expanded, test.canonical)
		}
		if again := dist.MustParse(d.String()); !cmp.Equal(d, again) {
			t.Errorf("%s: %s reads back as %s", test.text, d, again)
		}
	}
}

func TestParseSaysWhatIsWrongAndWhatIsAllowed(t *testing.T) {
	for _, test := range []struct {
		text  string
		wants []string
	}{
		{"", []string{`it ends where a delay such as "5s"`}},
		{"5", []string{`"5"`, "unit is missing", "1d12h"}},
		{"5 s", []string{`"5": the unit is missing`}},
		{"5s 3s", []string{`"3s" where "+" or the end`}},
		{"-5s", []string{`"-5s" is negative`, "0s to 10 years"}},
		{"uniform(1s, 11000d)", []string{`"11000d" is over 10 years`}},
		{"9000d + 1s", []string{`"9000d" is over 10 years`}},
		{"3000d + exponential(1s) + 3000d", []string{"the sum is over 10 years"}},
		{"300000d", []string{"longest duration is 292 years"}},
		{"NaN", []string{`"NaN"`}},
		{"uniform(5s, 1s)", []string{"uniform(5s, 1s)", "low 5s is above high 1s"}},
		{"uniform(5s)", []string{"high is missing", "write uniform(1s, 5s)"}},
		{"uniform(1s, 2s, 3s)", []string{`"3s" is one value too many`}},
		{"uniform(low=1s, low=2s)", []string{"low is given twice"}},
		{"uniform(a=1s, b=2s)", []string{`no parameter "a"; have low, high`}},
		{"uniform", []string{"uniform needs its parameters: uniform(1s, 5s)"}},
		{"triangular(1s, 9s, 5s)", []string{"mode 9s is outside of 1s to 5s"}},
		{"triangular(5s, 1s, 9s)", []string{"mode 1s is outside of 5s to 9s"}},
		{"triangular(7s, 6s, 5s)", []string{"low 7s is above high 5s"}},
		{"exponential(0s)", []string{"must be above 0s"}},
		{"lognormal(10s, 20s)", []string{`"10s" needs its name (median, p99)`}},
		{"lognormal(median=10s, p99=10s)", []string{"p99 10s must be above the median 10s"}},
		{"lognormal(median=0s, p99=10s)", []string{"median must be above 0s"}},
		{"weibull(scale=1s, shape=0)", []string{`shape: "0" is not a number from 0.1 to 100`}},
		{"gamma(mean=1s, shape=Inf)", []string{`"Inf" is not a number`}},
		{"gamma(mean=1s, shape=NaN)", []string{`"NaN" is not a number`}},
		{"trianglar(1s, 2s, 3s)", []string{`unknown distribution "trianglar", did you mean triangular?`, "have constant, uniform"}},
		{"zipf(3)", []string{`unknown distribution "zipf"; have`}},
		{"empirical()", []string{"where a time"}},
		{`empirical("a.csv")`, []string{"files are not allowed here"}},
		{`empirical("a.csv`, []string{`lacks its closing "`}},
		{"mixture(0.5: 1s, 0.4: 2s)", []string{"sum to 0.9; they must sum to 1"}},
		{"mixture(0.5 1s)", []string{`":" after the weight "0.5"`}},
		{"mixture(2: 1s)", []string{`"2" is not a number from 0.000000001 to 1`}},
		{"mixture(0: 1s, 1: 2s)", []string{`"0" is not a number`}},
		{strings.Repeat("mixture(1: ", 5) + "1s" + strings.Repeat(")", 5), []string{"nested more than 4 deep"}},
		{strings.Repeat("1s+", 64) + "1s", []string{"more than 64 distributions"}},
		{strings.Repeat("exponential(1s)+", 8) + "exponential(1s)", []string{"at most 8 random terms"}},
		{strings.Repeat(" ", 1<<20) + "1s", []string{"at most 1048576"}},
		{"5s +", []string{"it ends where"}},
		{"5s)", []string{`")" where`}},
		{"uniform(1s, 5s", []string{`it ends where "," or ")"`}},
	} {
		_, err := dist.Parse(test.text, nil)
		if err == nil {
			t.Errorf("%.80s: no error", test.text)
			continue
		}
		for _, want := range test.wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%.80s: error %q lacks %q", test.text, err, want)
			}
		}
	}
}

func TestEmpiricalFile(t *testing.T) {
	files := map[string]string{
		"plain.csv":   "\ufeffduration,run\r\n58s,1\r\n\r\n# a remark\r\n20,2\r\n\"0.5m\";3\r\n",
		"same.csv":    "5s\n5s\n",
		"bad.csv":     "seconds\n1\n2x\n",
		"typo.csv":    "3x\n1\n",
		"empty.csv":   "seconds\n\n",
		"negative":    "-1\n",
		"two.heading": "a\nb\n1\n",
	}
	missing := errors.New("no such file")
	read := func(name string) ([]byte, error) {
		text, ok := files[name]
		if !ok {
			return nil, missing
		}
		return []byte(text), nil
	}
	for _, test := range []struct{ name, expanded, wrong string }{
		{"plain.csv", "empirical(20s, 30s, 58s)", ""},
		{"same.csv", "5s", ""},
		{"bad.csv", "", `line 3: duration "2x"`},
		{"typo.csv", "", `line 1: duration "3x"`},
		{"empty.csv", "", "holds no values"},
		{"negative", "", "line 1: \"-1s\" is negative"},
		{"two.heading", "", `line 2: duration "b"`},
		{"gone.csv", "", "no such file"},
	} {
		text := `empirical("` + test.name + `")`
		d, err := dist.Parse(text, read)
		if test.wrong != "" {
			if err == nil || !strings.Contains(err.Error(), test.wrong) || !strings.Contains(err.Error(), test.name) {
				t.Errorf("%s: error %v, want %q", test.name, err, test.wrong)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		again, err := dist.Parse(d.String(), read)
		expanded, _ := d.MarshalText()
		if d.String() != text || err != nil || !cmp.Equal(d, again) || string(expanded) != test.expanded {
			t.Errorf("%s: prints as %s and %s, reads back as %s, %v", test.name, d, expanded, again, err)
		}
	}
	if _, err := dist.Parse(`empirical("gone.csv")`, read); !errors.Is(err, missing) {
		t.Errorf("the reason of %v is lost", err)
	}
}

func TestParseDuration(t *testing.T) {
	for _, test := range []struct {
		text string
		want time.Duration
	}{
		{"0", 0}, {"7d", 168 * time.Hour}, {"1d12h", 36 * time.Hour}, {"-1.5h", -90 * time.Minute}, {"+.5s", 500 * time.Millisecond},
		{"1h2m3s4ms5us6ns", time.Hour + 2*time.Minute + 3*time.Second + 4005006}, {"1.0000000009s", time.Second}, {"5µs", 5000},
		{"9223372036854775807ns", math.MaxInt64}, {"0.3333333333333333333333d", 7*time.Hour + 59*time.Minute + 59999999999},
	} {
		got, err := dist.ParseDuration(test.text)
		if err != nil || got != test.want {
			t.Errorf("%s: %v, %v, want %v", test.text, got, err, test.want)
		}
	}
	for _, text := range []string{"", "-", "5", "s", "5x", "1d-2h", "--5s", "1e3s", ".s", "9223372036854775808ns", "106752d", "1 s", "106751d24h"} {
		if d, err := dist.ParseDuration(text); err == nil || !strings.Contains(err.Error(), "duration") {
			t.Errorf("%q: %v, %v; want an error that says what a duration is", text, d, err)
		}
	}
}

func TestParseDurationReadsWhatIsFormattedAndWhatGoPrints(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Min(-math.MaxInt64).Draw(t, "ns"))
		for _, text := range []string{dist.FormatDuration(d), d.String()} {
			if got, err := dist.ParseDuration(text); err != nil || got != d {
				t.Fatalf("%d ns is written %s and read as %d, %v", d, text, got, err)
			}
		}
	})
}

func TestZeroDelayIsNoDelay(t *testing.T) {
	var d dist.Delay
	if d.Draw(123) != 0 || d.Quantile(0.5) != 0 || d.CDF(0) != 1 || d.CDF(-1) != 0 || d.Mean() != 0 || d.String() != "0s" {
		t.Errorf("the zero Delay is %s, with mean %v", d, d.Mean())
	}
	if !cmp.Equal(d, dist.MustParse("0s")) || !cmp.Equal(d, dist.Constant(0)) {
		t.Error("the zero Delay differs from 0s")
	}
}

func FuzzParse(f *testing.F) {
	for _, test := range benchTexts {
		f.Add(test.text)
	}
	f.Add(`empirical("file.csv") + mixture(0.5: 1s, 0.5: mixture(1: 2s + gamma(mean=1s, shape=3)))`)
	read := func(name string) ([]byte, error) { return []byte(name), nil }
	f.Fuzz(func(t *testing.T, text string) {
		d, err := dist.Parse(text, read)
		if err != nil {
			return
		}
		again, err := dist.Parse(d.String(), read)
		if err != nil || !cmp.Equal(d, again) || d.String() != again.String() {
			t.Fatalf("%q prints as %s, reads back as %s, %v", text, d, again, err)
		}
		expanded, _ := d.MarshalText()
		if _, err := dist.Parse(string(expanded), nil); err != nil {
			t.Fatalf("%q expands to %s: %v", text, expanded, err)
		}
		low, high, _ := d.Bounds()
		if x := d.Draw(math.MaxUint64); x < low || x > high {
			t.Fatalf("%q draws %v, outside of %v to %v", text, x, low, high)
		}
	})
}
