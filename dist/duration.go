package dist

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strings"
	"time"

	"failsim/words"
)

const day = 24 * time.Hour

const durationHelp = `a duration is a number with a unit (ns, us, ms, s, m, h, d) or several, such as "90s", "1.5h", "1d12h"`

var (
	errNotDuration  = errors.New(durationHelp)
	errLongDuration = errors.New("the longest duration is 292 years")
)

// units are ordered so that a longer name comes before its own beginning.
var units = [...]struct {
	name string
	span time.Duration
}{
	{"ns", time.Nanosecond}, {"us", time.Microsecond}, {"µs", time.Microsecond}, {"μs", time.Microsecond},
	{"ms", time.Millisecond}, {"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}, {"d", day},
}

// ParseDuration reads what time.ParseDuration reads and days besides: "90s",
// "-1.5h", "7d", "1d12h". A bare "0" is allowed. What lies below a nanosecond
// is cut off.
func ParseDuration(text string) (time.Duration, error) {
	rest, negative := strings.CutPrefix(text, "-")
	if !negative {
		rest = strings.TrimPrefix(text, "+")
	}
	if rest == "0" {
		return 0, nil
	}
	total, err := sumUnits(rest)
	if err != nil {
		return 0, fmt.Errorf("duration %s: %w", words.Quote(text), err)
	}
	if negative {
		return -total, nil
	}
	return total, nil
}

func sumUnits(text string) (time.Duration, error) {
	if text == "" {
		return 0, errNotDuration
	}
	var total uint64
	for text != "" {
		whole, fraction, scale, rest, err := number(text)
		if err != nil {
			return 0, err
		}
		unit, rest, err := unitOf(rest)
		if err != nil {
			return 0, err
		}
		text = rest
		high, low := bits.Mul64(whole, uint64(unit))
		part, _ := fractionOf(fraction, scale, uint64(unit))
		if high != 0 || low > math.MaxInt64 || part > math.MaxInt64-low || total > math.MaxInt64-low-part {
			return 0, errLongDuration
		}
		total += low + part
	}
	return time.Duration(total), nil
}

// fractionOf gives unit x fraction/scale, cut off; fraction < scale, so the
// quotient is below unit.
func fractionOf(fraction, scale, unit uint64) (quotient, remainder uint64) {
	high, low := bits.Mul64(fraction, unit)
	return bits.Div64(high, low, scale)
}

// number reads digits with an optional fraction, which it gives over a power
// of ten; digits beyond the 18th of the fraction are too small to matter.
func number(text string) (whole, fraction, scale uint64, rest string, err error) {
	scale = 1
	i, seen := 0, false
	for ; i < len(text) && isDigit(text[i]); i++ {
		digit := uint64(text[i] - '0')
		if whole > (math.MaxInt64-digit)/10 {
			return 0, 0, 0, "", errLongDuration
		}
		whole, seen = whole*10+digit, true
	}
	if i < len(text) && text[i] == '.' {
		for i++; i < len(text) && isDigit(text[i]); i++ {
			if seen = true; scale < 1e18 {
				fraction, scale = fraction*10+uint64(text[i]-'0'), scale*10
			}
		}
	}
	if !seen {
		return 0, 0, 0, "", errNotDuration
	}
	return whole, fraction, scale, text[i:], nil
}

func unitOf(text string) (span time.Duration, rest string, err error) {
	for _, u := range units {
		if rest, ok := strings.CutPrefix(text, u.name); ok {
			return u.span, rest, nil
		}
	}
	if text == "" {
		return 0, "", fmt.Errorf("the unit is missing; %s", durationHelp)
	}
	return 0, "", errNotDuration
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// FormatDuration writes a duration in the shortest form that ParseDuration
// reads back: "1m30s", "12h", "7d", "1d12h", "1.5ms".
func FormatDuration(d time.Duration) string {
	var out strings.Builder
	rest := d
	if days := d / day; days != 0 {
		fmt.Fprintf(&out, "%dd", days)
		rest = d % day
		if rest == 0 {
			return out.String()
		}
		rest = max(rest, -rest)
	}
	text := rest.String()
	if strings.HasSuffix(text, "m0s") {
		text = text[:len(text)-2]
	}
	if strings.HasSuffix(text, "h0m") {
		text = text[:len(text)-2]
	}
	out.WriteString(text)
	return out.String()
}
