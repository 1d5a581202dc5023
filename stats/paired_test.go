package stats

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// oracle calls check with every line of a file, and wants at least that many.
func oracle(t *testing.T, name string, least int, check func(t *testing.T, line string)) {
	t.Helper()
	file, err := os.Open("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		check(t, scanner.Text())
	}
	if lines < least {
		t.Fatalf("only %d lines in %s", lines, name)
	}
}

// The change by trial agrees with SciPy's paired test, and for ratios with residuals added up one by one:
// testdata/paired.py made them.
func TestPairedEqualsSciPy(t *testing.T) {
	oracle(t, "paired.txt", 15, func(t *testing.T, line string) {
		in := strings.NewReader(line)
		var kind string
		var confidence, change, low, high float64
		if _, err := fmt.Fscan(in, &kind, &confidence, &change, &low, &high); err != nil {
			t.Fatal(err)
		}
		var p Paired
		for {
			var base, other Values
			if _, err := fmt.Fscan(in, &base.N, &base.Sum, &other.N, &other.Sum); err != nil {
				break
			}
			p.Add(base, other)
		}
		got, ok := p.Change(confidence, [2]float64{1, 1})
		want := map[string]string{"student": MethodPaired, "ratio": MethodPairedRatio}[kind]
		// Student's quantile is good to nine digits.
		wrong := math.Abs(got.Low-low) + math.Abs(got.High-high)
		if !ok || got.Method != want || !close9(got.Value, change) || wrong > 1e-8*(high-low) {
			t.Errorf("%s:\n got %+v", line, got)
		}
	})
}

func close9(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1, math.Abs(want)) }

// Two trials, (1, 4) -> (1, 6) and (1, 8) -> (1, 9), in halves and in thirds: 7.5/3 - 6/2 = -0.5. The differences are
// 6/3 - 4/2 = 0 and 9/3 - 8/2 = -1, so the standard error is 0.5; Student's quantile with 1 degree at 0.75 is 1.
func TestPairedConvertsUnits(t *testing.T) {
	var p Paired
	p.Add(Values{1, 4}, Values{1, 6})
	p.Add(Values{1, 8}, Values{1, 9})
	got, _ := p.Change(0.5, [2]float64{2, 3})
	if got.Method != MethodPaired || !close9(got.Value, -0.5) || !close9(got.Low, -1) || !close9(got.High, 0) {
		t.Errorf("got %+v, want -0.5 from -1 to 0", got)
	}
	if base, other, ok := p.Means(); base != 6 || other != 7.5 || !ok {
		t.Errorf("means %v, %v, %v", base, other, ok)
	}
}

// Luck that the sides share cancels to nothing, however large the values: a shift by 3 has no spread.
func TestSharedLuckCancelsExactly(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var p Paired
	for range 1000 {
		v := 1<<60 + rng.Int64N(1<<60)
		p.Add(Values{1, v}, Values{1, v + 3})
	}
	if got, want := first(p.Change(0.95, [2]float64{1, 1})), (Interval{3, 3, 3, MethodPaired}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func first(i Interval, _ bool) Interval { return i }

func TestPairedNeedsValuesOnBothSides(t *testing.T) {
	var p Paired
	p.Add(Values{0, 0}, Values{2, 9})
	p.Add(Values{0, 0}, Values{0, 0})
	if _, ok := p.Change(0.95, [2]float64{1, 1}); ok || p.Trials() != 1 {
		t.Errorf("a change from nothing; %d trials", p.Trials())
	}
	var one Paired
	one.Add(Values{2, 6}, Values{1, 5})
	if got := first(one.Change(0.95, [2]float64{1, 1})); got != (Interval{Value: 2}) {
		t.Errorf("got %+v; one trial has no interval", got)
	}
}

// 2,000 experiments of 200 trials. The sides share most of their luck; a trial has one value a side, or one to five that
// share theirs. The other side's mean is 2 % above the base's 1,000. The interval covers 20 in 95 % of them, within four standard
// errors of 0.49 %.
func TestPairedIntervalsCover(t *testing.T) {
	const experiments, trials = 2000, 200
	for _, most := range []int64{1, 5} {
		rng := rand.New(rand.NewPCG(3, 4))
		covered := 0
		for range experiments {
			var p Paired
			for range trials {
				n, shared := 1+rng.Int64N(most), rng.ExpFloat64()
				base, other := Values{N: n}, Values{N: 1 + rng.Int64N(n)}
				base.Sum = n * int64(math.Round(800*shared+200*rng.ExpFloat64()))
				other.Sum = other.N * int64(math.Round(816*shared+204*rng.ExpFloat64()))
				p.Add(base, other)
			}
			if c := first(p.Change(0.95, [2]float64{1, 1})); c.Low <= 20 && 20 <= c.High {
				covered++
			}
		}
		if share := float64(covered) / experiments; math.Abs(share-0.95) > 0.0195 {
			t.Errorf("up to %d values a trial: covers %v", most, share)
		}
	}
}
