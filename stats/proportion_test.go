package stats

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"testing"
)

// The exact interval agrees with SciPy's: testdata/proportion.py made it.
func TestProportionEqualsSciPy(t *testing.T) {
	file, err := os.Open("testdata/proportion.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		var x, n int64
		var confidence, low, high float64
		if _, err := fmt.Sscan(scanner.Text(), &x, &n, &confidence, &low, &high); err != nil {
			t.Fatal(err)
		}
		var r Ratio
		for i := range n {
			r.Add(1, min(1, max(0, x-i)))
		}
		got, ok := r.Proportion(confidence)
		if !ok || got.Value != float64(x)/float64(n) || got.Method != MethodExact || !near(got.Low, low) || !near(got.High, high) {
			t.Errorf("%s: got %+v", scanner.Text(), got)
		}
	}
	if lines < 90 {
		t.Fatalf("only %d lines", lines)
	}
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(want, 1-want) }

// Trials whose ten values count all together tell as much as one value each: with m trials of which k count, the linearised
// variance of p = k/m is p(1-p)/(m-1), so that n* = m-1.
func TestProportionOfValuesThatCountTogether(t *testing.T) {
	var together Ratio
	for i := range int64(1001) {
		together.Add(10, 10*min(1, max(0, 100-i)))
	}
	got, _ := together.Proportion(0.95)
	p := 100.0 / 1001
	low, high := clopperPearson(1000*p, 1000, 0.95)
	if got.Method != MethodExactCluster || !near(got.Low, low) || !near(got.High, high) {
		t.Errorf("got %+v; want %v to %v", got, low, high)
	}
}

// Where nothing counts, 20 trials of 50 values are no better than 20 values: 1 - 0.025^(1/20) = 0.1684.
func TestProportionThatWasNeverSeen(t *testing.T) {
	var r Ratio
	for range 20 {
		r.Add(50, 0)
	}
	got, _ := r.Proportion(0.95)
	if got.Low != 0 || !near(got.High, 1-math.Pow(0.025, 1.0/20)) {
		t.Errorf("got %+v", got)
	}
	if _, ok := (&Ratio{}).Proportion(0.95); ok {
		t.Error("no value has a proportion")
	}
}

// 2,000 experiments of 200 trials; the share of a trial's five values is itself drawn. The interval covers the true share in
// 95 % of them, within four standard errors of 0.49 % above, and no less than 93.05 %.
func TestProportionIntervalsCover(t *testing.T) {
	const experiments, trials = 2000, 200
	for _, shared := range []bool{false, true} {
		rng := rand.New(rand.NewPCG(1, 2))
		covered := 0
		for range experiments {
			var r Ratio
			for range trials {
				r.Add(draw(rng, shared))
			}
			if p, _ := r.Proportion(0.95); p.Low <= 0.1 && 0.1 <= p.High {
				covered++
			}
		}
		if share := float64(covered) / experiments; share < 0.9305 || share > 0.985 {
			t.Errorf("shared luck %v: covers %v", shared, share)
		}
	}
}

// draw gives a trial in which a tenth of the values count on average: one value, or five that share their luck.
func draw(rng *rand.Rand, shared bool) (n, over int64) {
	if !shared {
		if rng.Float64() < 0.1 {
			over = 1
		}
		return 1, over
	}
	chance := 0.0
	if rng.Float64() < 0.2 {
		chance = 0.5
	}
	for range 5 {
		if rng.Float64() < chance {
			over++
		}
	}
	return 5, over
}
