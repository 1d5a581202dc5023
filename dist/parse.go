package dist

import (
	"fmt"
	"strings"
	"time"

	"failsim/words"
)

// Limits of a text. Sums and mixtures cost time to prepare, so that they bound
// what a hostile text can ask for.
const (
	maxText  = 1 << 20 // bytes
	maxDepth = 4       // mixtures inside mixtures
	maxParts = 64      // distributions in one text
	maxTerms = 8       // random terms of a sum
)

// Parse reads the notation of a delay:
//
//	5s, constant(5s)
//	uniform(low, high)             triangular(low, mode, high)
//	exponential(mean)              lognormal(median=10s, p99=45s)
//	weibull(scale=10s, shape=2)    gamma(mean=10s, shape=2)
//	empirical(20s, 31s, 58s)       empirical("file.csv")
//	mixture(0.97: 20s, 0.03: uniform(1m, 5m))
//	uniform(1s, 5s) + 10s          also inside a mixture
//
// The parameters of lognormal, weibull and gamma are named, in any order; those
// of the others may be. Times are from 0 to 10 years, shapes from 0.1 to 100.
// Weights are at least 1e-9 and sum to 1 within 1e-9.
//
// readFile gives the contents of a file named in the text; if it is nil, files
// are refused. A file holds one value a line, in its first column: a duration,
// or a bare number of seconds. Its first line may be a heading, which does not
// begin as a number does; blank lines and those that begin with # do not count.
func Parse(text string, readFile func(name string) ([]byte, error)) (Delay, error) {
	if len(text) > maxText {
		return Delay{}, fmt.Errorf("delay of %d bytes; at most %d are allowed", len(text), maxText)
	}
	p := &parser{text: text, readFile: readFile}
	d, err := p.sum(0)
	if err == nil && p.peek() != 0 {
		err = p.unexpected(`"+" or the end`)
	}
	if err != nil {
		return Delay{}, fmt.Errorf("delay %s: %w", words.Quote(text), err)
	}
	return d, nil
}

// MustParse is Parse for a text in the source, without files; it panics where
// Parse gives an error.
func MustParse(text string) Delay {
	d, err := Parse(text, nil)
	if err != nil {
		panic("dist: " + err.Error())
	}
	return d
}

type parser struct {
	text     string
	at       int
	parts    int // distributions read so far
	readFile func(name string) ([]byte, error)
}

// sum reads terms with "+" between them, up to what cannot belong to it.
func (p *parser) sum(depth int) (Delay, error) {
	start := p.at
	var terms []Delay
	for {
		term, err := p.term(depth)
		if err != nil {
			return Delay{}, err
		}
		terms = append(terms, term)
		if !p.skip('+') {
			break
		}
	}
	if len(terms) == 1 {
		return terms[0], nil
	}
	return p.add(terms, strings.TrimSpace(p.text[start:p.at]))
}

func (p *parser) add(terms []Delay, text string) (Delay, error) {
	random := 0
	var low time.Duration
	for i := range terms {
		if low += terms[i].low; low > longestParameter {
			return Delay{}, fmt.Errorf("%s: the sum is over 10 years", words.Quote(text))
		}
		switch terms[i].kind {
		case constant:
		case sum:
			random += len(terms[i].parts)
		default:
			random++
		}
	}
	if random > maxTerms {
		return Delay{}, fmt.Errorf("%s: a sum has at most %d random terms", words.Quote(text), maxTerms)
	}
	return newSum(terms), nil
}

func (p *parser) term(depth int) (Delay, error) {
	if p.parts++; p.parts > maxParts {
		return Delay{}, fmt.Errorf("more than %d distributions in one delay", maxParts)
	}
	word := p.word()
	if word == "" {
		return Delay{}, p.unexpected(`a delay such as "5s" or "uniform(1s, 5s)"`)
	}
	if !p.skip('(') {
		return plain(word)
	}
	switch word {
	case "mixture":
		return p.mixture(depth)
	case "empirical":
		return p.empirical()
	}
	return p.simple(word)
}

// plain reads a term that is not followed by a parenthesis: a constant.
func plain(word string) (Delay, error) {
	if n, found := notationOf(word); found {
		return Delay{}, fmt.Errorf("%s needs its parameters: %s", word, n.usage)
	}
	value, err := parameter(word)
	if err != nil {
		return Delay{}, err
	}
	return Constant(value), nil
}

// mixture reads from behind the opening parenthesis.
func (p *parser) mixture(depth int) (Delay, error) {
	if depth++; depth > maxDepth {
		return Delay{}, fmt.Errorf("mixtures are nested more than %d deep", maxDepth)
	}
	var parts []part
	total := 0.0
	for {
		word := p.word()
		weight, err := decimal(word, 1e-9, 1)
		if err != nil {
			return Delay{}, fmt.Errorf("weight of a mixture: %w; write mixture(0.97: 20s, 0.03: uniform(1m, 5m))", err)
		}
		if !p.skip(':') {
			return Delay{}, p.unexpected(`":" after the weight ` + words.Quote(word))
		}
		d, err := p.sum(depth)
		if err != nil {
			return Delay{}, err
		}
		parts, total = append(parts, part{delay: d, weight: weight}), total+weight
		if !p.skip(',') {
			break
		}
	}
	if !p.skip(')') {
		return Delay{}, p.unexpected(`"," or ")" in mixture`)
	}
	if total < 1-1e-9 || total > 1+1e-9 {
		return Delay{}, fmt.Errorf("the weights of a mixture sum to %g; they must sum to 1", total)
	}
	if len(parts) == 1 {
		return parts[0].delay, nil
	}
	return newMixture(parts), nil
}

// word reads what stands before the next space or mark.
func (p *parser) word() string {
	p.space()
	rest := p.text[p.at:]
	end := strings.IndexAny(rest, " \t\r\n,:()+=\"'")
	if end < 0 {
		end = len(rest)
	}
	p.at += end
	return rest[:end]
}

func (p *parser) space() {
	for p.at < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.at]) >= 0 {
		p.at++
	}
}

// peek gives the next byte that is no space, 0 at the end.
func (p *parser) peek() byte {
	p.space()
	if p.at == len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *parser) skip(mark byte) bool {
	if p.peek() != mark {
		return false
	}
	p.at++
	return true
}

func (p *parser) unexpected(wanted string) error {
	p.space()
	if p.at == len(p.text) {
		return fmt.Errorf("it ends where %s is expected", wanted)
	}
	return fmt.Errorf("%s where %s is expected", words.Quote(p.text[p.at:]), wanted)
}
