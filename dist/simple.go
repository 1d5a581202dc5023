package dist

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"failsim/words"
)

// notation is how a simple distribution is written.
type notation struct {
	kind  kind
	name  string
	named bool     // parameters must be named
	names []string // of the parameters; the one called shape is a number
	usage string
}

var notations = [...]notation{
	{constant, "constant", false, []string{"value"}, "constant(5s)"},
	{uniform, "uniform", false, []string{"low", "high"}, "uniform(1s, 5s)"},
	{triangular, "triangular", false, []string{"low", "mode", "high"}, "triangular(10s, 20s, 45s)"},
	{exponential, "exponential", false, []string{"mean"}, "exponential(10s)"},
	{lognormal, "lognormal", true, []string{"median", "p99"}, "lognormal(median=10s, p99=45s)"},
	{weibull, "weibull", true, []string{"scale", "shape"}, "weibull(scale=10s, shape=2)"},
	{gamma, "gamma", true, []string{"mean", "shape"}, "gamma(mean=10s, shape=2)"},
	{empirical, "empirical", false, nil, `empirical(20s, 31s, 58s) or empirical("file.csv")`},
	{mixture, "mixture", false, nil, "mixture(0.97: 20s, 0.03: uniform(1m, 5m))"},
}

func distributionNames() []string {
	names := make([]string, len(notations))
	for i := range notations {
		names[i] = notations[i].name
	}
	return names
}

func notationOf(name string) (n notation, found bool) {
	for _, n := range notations {
		if n.name == name {
			return n, true
		}
	}
	return notation{}, false
}

// simple reads the arguments of a distribution, from behind the parenthesis.
func (p *parser) simple(name string) (Delay, error) {
	n, found := notationOf(name)
	if !found {
		return Delay{}, unknown(name)
	}
	start := p.at
	args, err := p.arguments(n)
	if err != nil {
		return Delay{}, fmt.Errorf("%s: %w; write %s", name, err, n.usage)
	}
	d := Delay{kind: n.kind}
	for i, arg := range args {
		if n.names[i] == "shape" {
			d.shape, err = decimal(arg, 0.1, 100)
		} else {
			d.times[i], err = parameter(arg)
		}
		if err != nil {
			return Delay{}, fmt.Errorf("%s: %s: %w", name, n.names[i], err)
		}
	}
	if err := d.validate(); err != nil {
		return Delay{}, fmt.Errorf("%s(%s: %w", name, p.text[start:p.at], err)
	}
	return d.degenerate().prepare(), nil
}

// arguments reads up to the closing parenthesis, and orders what it reads as
// the notation does.
func (p *parser) arguments(n notation) ([]string, error) {
	args := make([]string, len(n.names))
	for i := 0; ; i++ {
		word, at := p.word(), i
		named := p.skip('=')
		if named {
			if at = indexOf(n.names, word); at < 0 {
				return nil, fmt.Errorf("no parameter %s; have %s", words.Quote(word), strings.Join(n.names, ", "))
			}
			word = p.word()
		}
		switch {
		case word == "":
			return nil, p.unexpected("a value")
		case at >= len(args):
			return nil, fmt.Errorf("%s is one value too many", words.Quote(word))
		case !named && n.named:
			return nil, fmt.Errorf("%s needs its name (%s)", words.Quote(word), strings.Join(n.names, ", "))
		case args[at] != "":
			return nil, fmt.Errorf("%s is given twice", n.names[at])
		}
		args[at] = word
		if !p.skip(',') {
			break
		}
	}
	if !p.skip(')') {
		return nil, p.unexpected(`"," or ")"`)
	}
	if missing := indexOf(args, ""); missing >= 0 {
		return nil, fmt.Errorf("%s is missing", n.names[missing])
	}
	return args, nil
}

func indexOf(list []string, word string) int {
	for i := range list {
		if list[i] == word {
			return i
		}
	}
	return -1
}

// parameter reads a time that is allowed in a distribution.
func parameter(word string) (time.Duration, error) {
	d, err := ParseDuration(word)
	switch {
	case err != nil:
		return 0, err
	case d < 0:
		return 0, fmt.Errorf("%s is negative; a delay is from 0s to 10 years (3650d)", words.Quote(word))
	case d > longestParameter:
		return 0, fmt.Errorf("%s is over 10 years; a delay is from 0s to 10 years (3650d)", words.Quote(word))
	}
	return d, nil
}

// decimal reads a number without exponent; the range excludes NaN and infinity.
func decimal(word string, low, high float64) (float64, error) {
	x, err := strconv.ParseFloat(word, 64)
	if err != nil || strings.Trim(word, "0123456789.") != "" || !(low <= x && x <= high) {
		return 0, fmt.Errorf("%s is not a number from %s to %s", words.Quote(word), formatDecimal(low), formatDecimal(high))
	}
	return x, nil
}

func formatDecimal(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func (d *Delay) validate() error {
	a, b, c := d.times[0], d.times[1], d.times[2]
	switch d.kind {
	case uniform:
		if a > b {
			return fmt.Errorf("low %s is above high %s", FormatDuration(a), FormatDuration(b))
		}
	case triangular:
		if a > c {
			return fmt.Errorf("low %s is above high %s", FormatDuration(a), FormatDuration(c))
		}
		if b < a || b > c {
			return fmt.Errorf("mode %s is outside of %s to %s", FormatDuration(b), FormatDuration(a), FormatDuration(c))
		}
	case exponential, weibull, gamma:
		if a == 0 {
			return fmt.Errorf("the mean or scale must be above 0s; write 0s for no delay")
		}
	case lognormal:
		if a == 0 {
			return fmt.Errorf("the median must be above 0s; write 0s for no delay")
		}
		if b <= a {
			return fmt.Errorf("p99 %s must be above the median %s", FormatDuration(b), FormatDuration(a))
		}
	}
	return nil
}

// degenerate makes a distribution of one single value a constant, so that equal
// meanings have one form.
func (d Delay) degenerate() Delay {
	if d.kind == uniform && d.times[0] == d.times[1] || d.kind == triangular && d.times[0] == d.times[2] {
		return Constant(d.times[0])
	}
	return d
}

func unknown(name string) error {
	names := distributionNames()
	if near := words.Nearest(name, names); near != "" {
		return fmt.Errorf("unknown distribution %s, did you mean %s? have %s", words.Quote(name), near, strings.Join(names, ", "))
	}
	return fmt.Errorf("unknown distribution %s; have %s", words.Quote(name), strings.Join(names, ", "))
}
