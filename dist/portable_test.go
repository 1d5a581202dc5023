package dist_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"failsim/dist"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// The file holds draws, quantiles and probabilities to the bit: an architecture that computes others cannot share
// results with the rest. Written on amd64; see `make crosscheck`.
func TestGoldenDraws(t *testing.T) {
	texts := []string{
		"weibull(scale=10s, shape=0.3)", "gamma(mean=7d, shape=0.1)", "exponential(3650d)",
		"lognormal(median=1s, p99=1h) + lognormal(median=1m, p99=20m) + weibull(scale=1m, shape=0.5) + 5s",
		"mixture(0.9: gamma(mean=10s, shape=0.3), 0.1: uniform(1m, 2m) + exponential(30s))",
	}
	for _, test := range benchTexts {
		texts = append(texts, test.text)
	}
	var out strings.Builder
	out.WriteString("# text; seed, trial: draws in ns | checksum of 200 draws, quantiles and CDF bits\n")
	for i, text := range texts {
		d := dist.MustParse(text)
		seed, trial := uint64(i), uint64(i*i)
		source, name := dist.NewSource(seed, trial, 0), dist.Name("golden", text)
		fmt.Fprintf(&out, "%s; %d, %d:", text, seed, trial)
		sum := uint64(0)
		for k := range uint64(200) {
			bits := source.Bits(name, k)
			x := d.Draw(bits)
			if k < 4 {
				fmt.Fprintf(&out, " %d", x)
			}
			for _, v := range []uint64{uint64(x), uint64(d.Quantile(dist.Uniform(bits))), math.Float64bits(d.CDF(x))} {
				sum = dist.NewSource(sum, v, 0).Bits(k, 0)
			}
		}
		fmt.Fprintf(&out, " | %016x\n", sum)
	}
	const golden = "testdata/draws.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("draws changed (-want +got):\n%s", diff)
	}
}

var fused = regexp.MustCompile(`(\w+\.go:\d+)\)\s+(FN?M(ADD|SUB)[SD]?)\b`)

// A fused product rounds once where other machines round twice; arm64 fuses wherever the language lets it.
func TestNoProductIsFused(t *testing.T) {
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("needs the go tool")
	}
	command := exec.Command(tool, "build", "-gcflags=-S", ".")
	command.Env = append(os.Environ(), "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0")
	listing, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, listing)
	}
	if !strings.Contains(string(listing), "FMULD") {
		t.Fatal("the compiler gave no listing of floating-point code")
	}
	for _, hit := range fused.FindAllStringSubmatch(string(listing), -1) {
		t.Errorf("%s: %s; convert the product: float64(x*y) + z", hit[1], hit[2])
	}
}
