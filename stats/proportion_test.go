package stats

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"
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

// What was seen in fewer than 20 trials is no better known than by one value a trial, so that one more value that counts never
// lowers the upper end: in any trial, from none on.
func TestUpperEndNeverFallsWithAValueThatCounts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trials, size := rapid.IntRange(20, 300).Draw(t, "trials"), rapid.Int64Range(2, 50).Draw(t, "size")
		counting := make([]int64, trials)
		estimate := func() Interval {
			var r Ratio
			for _, n := range counting {
				r.Add(size, n)
			}
			p, _ := r.Proportion(0.95)
			return p
		}
		last := estimate()
		for _, at := range rapid.SliceOfN(rapid.IntRange(0, min(trials, 19)-1), 1, 60).Draw(t, "where") {
			if counting[at] == size {
				continue
			}
			counting[at]++
			p := estimate()
			if p.High < last.High-1e-12 {
				t.Fatalf("%v: from %v down to %v", counting, last.High, p.High)
			}
			last = p
		}
	})
}

// The interval of the values that do not count is the same from the other side.
func TestProportionOfTheOthersIsTheComplement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var r, others Ratio
		for range rapid.IntRange(1, 60).Draw(t, "trials") {
			n := rapid.Int64Range(1, 5).Draw(t, "n")
			s := rapid.Int64Range(0, n).Draw(t, "s")
			r.Add(n, s)
			others.Add(n, n-s)
		}
		p, _ := r.Proportion(0.95)
		q, _ := others.Proportion(0.95)
		if math.Abs(p.Low-(1-q.High)) > 1e-9 || math.Abs(p.High-(1-q.Low)) > 1e-9 {
			t.Fatalf("%+v and %+v", p, q)
		}
	})
}
