package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"failsim/sim"
)

// exit runs a command in this process and returns its exit code and what it said on stderr.
func exit(t *testing.T, args ...string) (int, string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(args, strings.NewReader(""), &stdout, &stderr)
	return code, stderr.String()
}

func read(t *testing.T, path ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// holdsItsDigests checks digests.json against the files.
func holdsItsDigests(t *testing.T, dir string) {
	t.Helper()
	var digests map[string]string
	if err := json.Unmarshal([]byte(read(t, dir, "digests.json")), &digests); err != nil {
		t.Fatal(err)
	}
	if digests["report.html"] == "" {
		t.Error("digests.json has no report.html")
	}
	for name, digest := range digests {
		if sum := sha256.Sum256([]byte(read(t, dir, name))); "sha256:"+hex.EncodeToString(sum[:]) != digest {
			t.Errorf("%s has another digest", name)
		}
	}
}

// A run leaves the page that report makes from its folder, whatever part of the trials it played and whatever it kept.
func TestReportMakesThePageOfTheRun(t *testing.T) {
	for name, args := range map[string][]string{
		"all":       {"quickstart.toml"},
		"campaigns": {"api-blocked.toml", "--trials", "300"},
		"refusals":  {"no-replica.toml", "--outages", "all"},
		"no window": {"quickstart.toml", "--trials", "100", "--outages", "none"},
		"a part":    {"quickstart.toml", "--trials", "3000", "--shard", "1/2"},
		"late part": {"quickstart.toml", "--trials", "3000", "--trials-from", "2000"},
		"precision": {"quickstart.toml", "--precision", "write_outage.mean<=5%"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(t.TempDir(), "results")
			args = append([]string{"run", "--quiet", "-o", dir, filepath.Join(scenariosDir, args[0])}, args[1:]...)
			call(t, args...)
			page, digests := read(t, dir, pageName), read(t, dir, "digests.json")
			holdsItsDigests(t, dir)
			if printed := call(t, "report", dir); printed != filepath.Join(dir, pageName)+"\n" {
				t.Errorf("report prints %q", printed)
			}
			if read(t, dir, pageName) != page {
				t.Error("report makes another page than the run")
			}
			if read(t, dir, "digests.json") != digests {
				t.Error("report changes the digests")
			}
			if call(t, "report", dir, "-o", "-") != page {
				t.Error("-o - prints another page")
			}
		})
	}
}

// A committed baseline has three files: its page says what is missing and shows the rest, trial 0 included; its digests.json
// is true from then on.
func TestReportOfABaseline(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(resultsDir, "game-day"))); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"digests.json", "report.html", "sketches.parquet", "outages.parquet"} {
		_ = os.Remove(filepath.Join(dir, name)) // left by a run here
	}
	call(t, "report", dir)
	page := read(t, dir, pageName)
	for _, want := range []string{"There are no histograms here", "No outage windows of trials below 1,000 are kept here",
		"The calls of trial 0, in UTC", "Failover of sessions/", "failsim run game-day.toml --trials 2000 --seed 1"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q", want)
		}
	}
	holdsItsDigests(t, dir)

	elsewhere := filepath.Join(t.TempDir(), "page.html")
	call(t, "report", dir, "-o", elsewhere)
	if read(t, elsewhere) != page {
		t.Error("-o writes another page")
	}
}

// A page that was changed by hand is made again, and its digest with it.
func TestReportRepairsAPage(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results")
	call(t, "run", "--quiet", "--trials", "50", "-o", dir, filepath.Join(scenariosDir, "quickstart.toml"))
	page := read(t, dir, pageName)
	if err := os.WriteFile(filepath.Join(dir, pageName), []byte("scribble"), 0o644); err != nil {
		t.Fatal(err)
	}
	call(t, "report", dir)
	if read(t, dir, pageName) != page {
		t.Error("the page is another")
	}
	holdsItsDigests(t, dir)
}

// Mistakes are told with what is allowed, and nothing is written: not even the pages of the folders that are in order.
func TestReportRefuses(t *testing.T) {
	good, bad, empty := filepath.Join(t.TempDir(), "good"), filepath.Join(t.TempDir(), "bad"), t.TempDir()
	for _, dir := range []string{good, bad} {
		call(t, "run", "--quiet", "--trials", "50", "-o", dir, filepath.Join(scenariosDir, "quickstart.toml"))
	}
	if err := os.Remove(filepath.Join(good, pageName)); err != nil {
		t.Fatal(err)
	}
	summary := read(t, bad, "summary.json")
	if err := os.WriteFile(filepath.Join(bad, "summary.json"), []byte(strings.Replace(summary, "50", "51", 1)), 0o644); err != nil {
		t.Fatal(err)
	}
	mixed := filepath.Join(t.TempDir(), "mixed")
	call(t, "run", "--quiet", "--trials", "50", "-o", mixed, filepath.Join(scenariosDir, "quickstart.toml"))
	if err := os.Rename(filepath.Join(mixed, "outages.parquet"), filepath.Join(mixed, "sketches.parquet")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"report", mixed}, exitForeign, "sketches.parquet is damaged, or holds results of another run: digests.json has another digest of it"},
		{[]string{"report"}, exitInput, "want failsim report DIR..."},
		{[]string{"report", empty}, exitInput, "not a results folder of failsim: no manifest.json"},
		{[]string{"report", good, bad}, exitForeign, "summary.json holds results of another run than its manifest"},
		{[]string{"report", good, good, "-o", "x.html"}, exitInput, "-o is about one folder; got 2"},
		{[]string{"report", good, "-o", ""}, exitInput, "-o: want the name of a file, or - for stdout"},
		{[]string{"report", good, "-o", filepath.Join(good, "summary.json", "page.html")}, exitInput, "not a directory"},
	} {
		if code, said := exit(t, tt.args...); code != tt.code || !strings.Contains(said, tt.want) {
			t.Errorf("%v: exit %d, %s\nwant %d, %s", tt.args, code, said, tt.code, tt.want)
		}
	}
	if _, err := os.Stat(filepath.Join(good, pageName)); err == nil {
		t.Error("a page was written beside a refusal")
	}
	if left, _ := os.ReadDir(empty); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
}

// A scenario that names a file is played again without it, for the manifest has it. Results of another engine are not played
// again.
func TestReportOfWhatCannotBePlayedAgain(t *testing.T) {
	home := t.TempDir()
	text := "name = \"seen\"\nhorizon = \"1h\"\n[delays.cme]\npromotion = 'empirical(\"seen.csv\")'\n" +
		"[[replication_group]]\nid = \"sessions\"\nnode_groups = 3\nreplicas = 1\n[[call]]\nat = \"1m\"\ngroup = \"sessions\"\nnode_group = \"0001\"\n"
	scenarioFile, dir := filepath.Join(home, "seen.toml"), filepath.Join(home, "results")
	for path, content := range map[string]string{scenarioFile: text, filepath.Join(home, "seen.csv"): "20s\n31s\n58s\n"} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	call(t, "run", "--quiet", "--trials", "50", "-o", dir, scenarioFile)
	page := read(t, dir, pageName)
	if err := os.Remove(filepath.Join(home, "seen.csv")); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "report", dir, "-o", "-"); got != page || !strings.Contains(page, "The calls of trial 0") {
		t.Error("report makes another page than the run")
	}

	old := strings.Replace(read(t, dir, "manifest.json"), fmt.Sprintf(`"engine": %d`, sim.Engine), `"engine": 0`, 1)
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), []byte(old), 0o644); err != nil {
		t.Fatal(err)
	}
	if got := call(t, "report", dir, "-o", "-"); !strings.Contains(got, "these results are of engine 0") ||
		strings.Contains(got, "The calls of trial 0") {
		t.Error("trial 0 of another engine is told")
	}
}
