package stats

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
)

// The score interval is the set of shares that the score test keeps: testdata/wilson.py found its ends by bisection.
func TestWilsonIsTheScoreTestInverted(t *testing.T) {
	file, err := os.Open("testdata/wilson.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		var x, n, confidence, wantLow, wantHigh float64
		if _, err := fmt.Sscan(scanner.Text(), &x, &n, &confidence, &wantLow, &wantHigh); err != nil {
			t.Fatal(err)
		}
		low, high := wilson(x/n, n, distuv.UnitNormal.Quantile((1+confidence)/2))
		if math.Abs(low-wantLow) > 1e-9 || math.Abs(high-wantHigh) > 1e-9 {
			t.Errorf("%s: got %v %v", scanner.Text(), low, high)
		}
	}
	if lines < 90 {
		t.Fatalf("only %d lines", lines)
	}
}

// In one pass over the clusters, the band has the effective size that the interval of a quantile has at the same value.
func TestBandHasTheEffectiveSizeOfQuantiles(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	trials := make([][]int64, 300)
	for i := range trials {
		shared := 1000 * rng.Float64()
		for range 1 + rng.IntN(6) {
			trials[i] = append(trials[i], int64(500*rng.Float64()+shared))
		}
		slices.Sort(trials[i])
	}
	s := clusters(t, trials)
	n := s.Values.Count()
	z := distuv.UnitNormal.Quantile(0.975)
	var below int64
	buckets, band := s.Values.Buckets(), s.Band(0.95)
	if len(band) != len(buckets) {
		t.Fatalf("%d intervals for %d buckets", len(band), len(buckets))
	}
	for i, b := range buckets {
		below += b.Count
		share := float64(below) / float64(n)
		before, through := s.Clusters.around(n, b.Value)
		low, high := wilson(share, min(before.effectiveSize(), through.effectiveSize()), z)
		if want := (Interval{share, low, high, MethodWilsonCluster}); band[i] != want {
			t.Fatalf("at %d: %+v; want %+v", b.Value, band[i], want)
		}
	}
}

// All values of 300 trials of 4 are within the last bucket: no better known than by one value a trial, 300/(300 + z²) at least.
func TestBandAtTheLargestValue(t *testing.T) {
	s := clusters(t, slices.Repeat([][]int64{{1, 2, 3, 4}}, 300))
	z := distuv.UnitNormal.Quantile(0.975)
	band := s.Band(0.95)
	if last, want := band[len(band)-1], 300/(300+z*z); last.Value != 1 || math.Abs(last.Low-want) > 1e-12 || math.Abs(last.High-1) > 1e-12 {
		t.Errorf("%+v, want %v to 1", last, want)
	}
}

// Values 1, 2, 2, 3 of one trial each; of the twos one is censored. Up to 2 there are 2 for sure and 3 at most. Mirrored, 2
// and more have 3 of 4 for sure.
func TestBandOfCensoredAndMirroredValues(t *testing.T) {
	values, censored := NewHistogram(1, 1e9), NewHistogram(1, 1e9)
	for _, v := range []int64{1, 2, 2, 3} {
		if err := values.Record(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := censored.Record(2); err != nil {
		t.Fatal(err)
	}
	z := distuv.UnitNormal.Quantile(0.975)
	ends := func(least, most float64) Interval {
		at := Interval{Method: MethodWilson}
		at.Low, _ = wilson(least/4, 4, z)
		_, at.High = wilson(most/4, 4, z)
		return at
	}
	for mirrored, want := range map[bool][]Interval{
		false: {ends(1, 1), ends(2, 3), ends(3, 4)},
		true:  {ends(4, 4), ends(3, 3), ends(1, 2)},
	} {
		s := Sample{Values: &values, Censored: &censored, Mirrored: mirrored}
		for i, at := range s.Band(0.95) {
			if at.Low != want[i].Low || at.High != want[i].High || at.Method != want[i].Method {
				t.Errorf("mirrored %v, bucket %d: %+v, want %+v", mirrored, i, at, want[i])
			}
		}
	}
}

// 2,000 experiments of 200 trials, of one value or of five that share a part of their luck: at the ends of buckets around the
// tenth, the median and the 90th percentile the band covers the true share in 95 % of them.
func TestBandCovers(t *testing.T) {
	for _, perTrial := range []int{1, 5} {
		for _, permille := range []int64{100, 500, 900} {
			rng := rand.New(rand.NewPCG(5, uint64(permille)))
			values, in := NewHistogram(1<<15, 1e9), NewClusters(1<<15) // some twenty buckets
			at := values.bucket(int64(1e6 + 1e5*distuv.UnitNormal.Quantile(float64(permille)/1000)))
			low, high := values.ends(at)
			share := covers(distuv.UnitNormal.CDF((float64(high)+1-1e6)/1e5), func() Interval {
				values.Reset()
				in.Reset()
				for _, trial := range normalTrials(rng, 200, perTrial) {
					in.Add(trial)
					for _, v := range trial {
						if err := values.Record(v); err != nil {
							t.Fatal(err)
						}
					}
				}
				s := Sample{Values: &values, Clusters: &in}
				return bandAt(&s, low)
			})
			if math.Abs(share-0.95) > fourErrors {
				t.Errorf("%d values a trial, at p%d: covers %v", perTrial, permille/10, share)
			}
		}
	}
}

// normalTrials draws values of mean 1,000,000 and standard deviation 100,000; half of the variance is the trial's.
func normalTrials(rng *rand.Rand, trials, perTrial int) [][]int64 {
	all := make([][]int64, trials)
	for i := range all {
		common := rng.NormFloat64()
		for range perTrial {
			z := (common + rng.NormFloat64()) / math.Sqrt2
			all[i] = append(all[i], int64(1e6+1e5*z))
		}
		slices.Sort(all[i])
	}
	return all
}

// bandAt is the band at the last bucket that is not beyond a value.
func bandAt(s *Sample, value int64) Interval {
	at := Interval{High: 1}
	band := s.Band(0.95)
	for i, b := range s.Values.Buckets() {
		if b.Value <= value {
			at = band[i]
		}
	}
	return at
}
