package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"failsim/scenario"
	"failsim/sim"

	"github.com/google/go-cmp/cmp"
)

const (
	scenariosDir = "../../scenarios"
	resultsDir   = "../../results"
)

// shippedScenarios are the names of the scenarios of this repository.
func shippedScenarios(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(scenariosDir, "*.toml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimSuffix(filepath.Base(file), ".toml"))
	}
	return names
}

// call runs a command in this process and returns what it printed on stdout.
func call(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitFine {
		t.Fatalf("failsim %s: exit %d\n%s", strings.Join(args, " "), code, stderr.String())
	}
	return stdout.String()
}

// The committed baselines are what the scenarios give today, byte for byte: `make results` rewrites them.
func TestGoldenBaselinesAreUnchanged(t *testing.T) {
	for _, name := range shippedScenarios(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), name)
			call(t, "run", filepath.Join(scenariosDir, name+".toml"), "-o", dir, "--quiet")
			for _, file := range []string{"manifest.json", "summary.json", "timeline.txt"} {
				want, err := os.ReadFile(filepath.Join(resultsDir, name, file))
				if err != nil {
					t.Fatalf("%v; make results writes it", err)
				}
				got, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(want, got) {
					t.Errorf("%s differs from the baseline; read the change, then make results\n%s", file,
						cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
				}
			}
		})
	}
}

func TestEveryScenarioOpensWithItsQuestion(t *testing.T) {
	for _, name := range shippedScenarios(t) {
		text, err := os.ReadFile(filepath.Join(scenariosDir, name+".toml"))
		if err != nil {
			t.Fatal(err)
		}
		if comment, _, _ := strings.Cut(string(text), "\n\n"); !strings.HasPrefix(comment, "# ") || !strings.Contains(comment, "?") {
			t.Errorf("%s does not open with a question", name)
		}
	}
}

// The README's examples are what the commands print today.
func TestGoldenREADMEShowsRealOutput(t *testing.T) {
	const file = "../../README.md"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- output of: failsim "
	readme, examples := string(text), 0
	for at := 0; ; {
		begin := strings.Index(readme[at:], mark)
		if begin < 0 {
			break
		}
		begin += at
		command, _, _ := strings.Cut(readme[begin+len(mark):], " -->")
		open := begin + strings.Index(readme[begin:], "```\n") + len("```\n")
		end := open + strings.Index(readme[open:], "```\n")
		args := strings.Fields(strings.ReplaceAll(command, "scenarios/", scenariosDir+"/"))
		if args[0] == "run" {
			args = append(args, "-o", t.TempDir())
		}
		got := call(t, args...)
		if readme[open:end] != got && !*update {
			t.Errorf("the output of failsim %s has changed:\n%s", command, cmp.Diff(readme[open:end], got))
		}
		readme = readme[:open] + got + readme[end:]
		at = open + len(got)
		examples++
	}
	if examples == 0 {
		t.Fatal("the README shows no output")
	}
	if *update {
		if err := os.WriteFile(file, []byte(readme), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The recorded TestFailover of 2022 (docs/evidence.md, K1): its events in their order, with their texts, and the gaps
// between them in whole seconds: each lies within the model's 5 to 95 % band.
func TestObserved2022LiesWithinTheModel(t *testing.T) {
	file := filepath.Join(scenariosDir, "observed-2022.toml")
	var told struct {
		Events []struct{ SourceIdentifier, SourceType, Message string }
	}
	if err := json.Unmarshal([]byte(call(t, "timeline", file, "--service-events", "--json")), &told); err != nil {
		t.Fatal(err)
	}
	recorded := []struct{ SourceIdentifier, SourceType, Message string }{ // newest first
		{"test-cluster-0001-001", "cache-cluster", "Finished recovery for cache nodes 0001"},
		{"test-cluster-0001-001", "cache-cluster", "Recovering cache nodes 0001"},
		{"test-cluster", "replication-group", "Failover to replica node test-cluster-0001-002 completed"},
		{"test-cluster", "replication-group", "Test Failover API called for node group 0001"},
	}
	if diff := cmp.Diff(recorded, told.Events); diff != "" {
		t.Error(diff)
	}

	gaps := observedGaps(t, file)
	for i, seen := range []time.Duration{63 * time.Second, 83 * time.Second, 618 * time.Second} {
		slices.Sort(gaps[i])
		low, high := gaps[i][len(gaps[i])/20], gaps[i][len(gaps[i])*19/20]
		if seen < low || seen > high {
			t.Errorf("gap %d: %v was seen, the model's 5 to 95 %% are %v to %v", i+1, seen, low, high)
		}
	}
}

// observedGaps are, over 4,000 trials, the gaps between the four recorded events.
func observedGaps(t *testing.T, file string) (gaps [3][]time.Duration) {
	t.Helper()
	sc, err := scenario.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	w := sim.NewWorld(&sc.Config)
	for trial := range uint64(4000) {
		w.Reset(sc.Run.Seed, trial)
		w.RunUntil(sc.Config.End())
		f := w.Outcome().Failovers[0]
		gaps[0] = append(gaps[0], f.Completed.Sub(f.Accepted))
		gaps[1] = append(gaps[1], f.RecoveryStarted.Sub(f.Completed))
		gaps[2] = append(gaps[2], f.Finished.Sub(f.RecoveryStarted))
	}
	return gaps
}

// Each of the nine exceptions of TestFailover's API reference is met by one call of a scenario, in every trial.
func TestEveryExceptionIsReachable(t *testing.T) {
	var summary struct {
		Calls struct {
			Accepted int64
			Refused  map[string]int64
		}
	}
	text := call(t, "run", "testdata/refusals.toml", "-o", t.TempDir(), "--json")
	if err := json.Unmarshal([]byte(text), &summary); err != nil {
		t.Fatal(err)
	}
	want := map[string]int64{}
	for _, code := range []string{
		"APICallRateForCustomerExceeded", "InvalidCacheClusterState", "InvalidReplicationGroupState",
		"NodeGroupNotFoundFault", "ReplicationGroupNotFoundFault", "TestFailoverNotAvailableFault",
		"InvalidKMSKeyFault", "InvalidParameterValue", "InvalidParameterCombination",
	} {
		want[code] = 10
	}
	if diff := cmp.Diff(want, summary.Calls.Refused); diff != "" || summary.Calls.Accepted != 10 {
		t.Errorf("%d accepted; %s", summary.Calls.Accepted, diff)
	}
}

// The number of workers never shows: not in what is printed, not in what is written.
func TestTheNumberOfWorkersNeverShows(t *testing.T) {
	var first string
	for _, workers := range []string{"1", "2", "8"} {
		dir := t.TempDir()
		got := call(t, "run", filepath.Join(scenariosDir, "api-blocked.toml"), "-o", dir, "--workers", workers)
		for _, file := range []string{"manifest.json", "summary.json", "timeline.txt"} {
			text, err := os.ReadFile(filepath.Join(dir, file))
			if err != nil {
				t.Fatal(err)
			}
			got += string(text)
		}
		if first == "" {
			first = got
		}
		if got != first {
			t.Errorf("%s workers: %s", workers, cmp.Diff(first, got))
		}
	}
}
