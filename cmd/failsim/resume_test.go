package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"failsim/store"

	"github.com/google/go-cmp/cmp"
)

// program gives a way to start failsim as a process of its own, in a folder.
func program(t *testing.T, dir string) func(args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), "failsim") // testscript.Main goes by the name
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	return func(args ...string) *exec.Cmd {
		cmd := exec.Command(link, args...)
		cmd.Dir = dir
		return cmd
	}
}

// contents are the files of a folder by name, without the one about the machine and the moment.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = string(text)
	}
	delete(files, store.EnvironmentName)
	return files
}

// mustBeWhole checks every digest of results. Beside them a run that was killed at its end may have left its chunks.
func mustBeWhole(t *testing.T, dir string) {
	t.Helper()
	digests := map[string]string{}
	var m store.Manifest
	for name, into := range map[string]any{store.ManifestName: &m, "digests.json": &digests} {
		if err := json.Unmarshal([]byte(read(t, dir, name)), into); err != nil {
			t.Fatalf("%s: %v", filepath.Join(dir, name), err)
		}
	}
	maps.Copy(digests, m.Digests)
	for name, want := range digests {
		sum := sha256.Sum256([]byte(read(t, dir, name)))
		if got := "sha256:" + hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s is not what its digest says", filepath.Join(dir, name))
		}
	}
	if len(digests) < 5 {
		t.Errorf("%s has %d digests", dir, len(digests))
	}
}

// Killed with SIGKILL at random moments, twenty times, and resumed each time, a run ends with the bytes of one that was not
// disturbed, even if a finished chunk was torn meanwhile. Whenever it dies, the old results or the new ones are whole.
func TestKilledRunResumesToTheSameBytes(t *testing.T) {
	const kills, trials = 20, "30000"
	dir := t.TempDir()
	failsim := program(t, dir)
	scenario := fixture(t, "gap.toml")
	begun := time.Now()
	if out, err := failsim("run", scenario, "--trials", trials, "-o", "straight", "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	full := time.Since(begun)
	want := contents(t, filepath.Join(dir, "straight"))
	old := func() {
		out, err := failsim("run", scenario, "--trials", "100", "-o", "killed", "--update", "--quiet").CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	old()
	random := rand.New(rand.NewPCG(1, 2))
	torn := 0
	for killed, finished := 0, 0; killed < kills; {
		if finished > 10*kills {
			t.Fatalf("%d runs ended before they could be killed; %d were killed", finished, killed)
		}
		cmd := failsim("run", scenario, "--trials", trials, "-o", "killed", "--update", "--resume", "--quiet")
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(time.Duration(random.Int64N(int64(full))), func() { _ = cmd.Process.Kill() })
		err := cmd.Wait()
		timer.Stop()
		if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			killed++
			mustBeOldOrNew(t, filepath.Join(dir, "killed"))
			if killed%3 == 0 {
				torn += tear(t, filepath.Join(dir, "killed.partial", "chunks"))
			}
			continue
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, &stderr)
		}
		finished++
		if diff := cmp.Diff(digested(want), digested(contents(t, filepath.Join(dir, "killed")))); diff != "" {
			t.Fatalf("after %d kills: %s", killed, diff)
		}
		old()
	}
	if out, err := failsim("run", scenario, "--trials", trials, "-o", "killed", "--update", "--resume", "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if diff := cmp.Diff(digested(want), digested(contents(t, filepath.Join(dir, "killed")))); diff != "" {
		t.Error(diff)
	}
	if torn == 0 {
		t.Error("there never was a chunk to tear")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "killed.*")); len(left) > 0 {
		t.Errorf("left on the disk: %v", left)
	}
}

// tear cuts the first finished chunk short, if there is one.
func tear(t *testing.T, chunks string) int {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(chunks, "*[0-9]"))
	if err != nil || len(names) == 0 {
		return 0
	}
	if err := os.Truncate(names[0], 100); err != nil {
		t.Fatal(err)
	}
	return 1
}

// mustBeOldOrNew checks what a killed run leaves: results under their name or, between two renames, under that with .old.
func mustBeOldOrNew(t *testing.T, dir string) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		dir += ".old"
	}
	mustBeWhole(t, dir)
}

// digested makes whole files short enough to be shown.
func digested(files map[string]string) map[string]string {
	sums := map[string]string{}
	for name, text := range files {
		sum := sha256.Sum256([]byte(text))
		sums[name] = hex.EncodeToString(sum[:])
	}
	return sums
}

// Ctrl-C prints nothing on stdout, leaves old results alone, and keeps finished trials for --resume, whichever signal
// brings it.
func TestInterruptedRunKeepsFinishedTrials(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		dir := t.TempDir()
		failsim := program(t, dir)
		// Far more trials than there is time for.
		cmd := failsim("run", fixture(t, "gap.toml"), "--trials", "1000000000", "-o", "out")
		var stdout bytes.Buffer
		cmd.Stdout = &stdout
		stderr, err := cmd.StderrPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitForChunks(t, filepath.Join(dir, "out.partial", "chunks"), 1)
		_ = cmd.Process.Signal(sig)
		var said []string
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if !strings.HasPrefix(lines.Text(), "warning: ") {
				said = append(said, lines.Text())
			}
		}
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || stdout.Len() > 0 {
			t.Errorf("%v: exit code %d, stdout %q", sig, code, &stdout)
		}
		if len(said) != 2 || said[0] != "failsim: interrupted" || !strings.HasSuffix(said[1], "finished trials are kept in out.partial: --resume goes on with them") {
			t.Errorf("%v: stderr says %q", sig, said)
		}
		if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
			t.Errorf("%v: there are results", sig)
		}
	}
}

// waitForChunks waits until so many chunks are finished, and gives when each was written.
func waitForChunks(t *testing.T, dir string, want int) map[string]time.Time {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		written := map[string]time.Time{}
		entries, _ := os.ReadDir(dir)
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && !strings.HasSuffix(entry.Name(), ".tmp") {
				written[entry.Name()] = info.ModTime()
			}
		}
		if len(written) >= want {
			return written
		}
	}
	t.Fatalf("not %d chunks within a minute", want)
	return nil
}

// What was finished is not played again.
func TestResumeKeepsWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	failsim := program(t, dir)
	chunks := filepath.Join(dir, "out.partial", "chunks")
	var before map[string]time.Time
	for round := range 2 {
		cmd := failsim("run", fixture(t, "gap.toml"), "--trials", "1000000000", "-o", "out", "--resume", "--quiet")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		now := waitForChunks(t, chunks, len(before)+2)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		for name, written := range before {
			if now[name] != written {
				t.Errorf("round %d: %s was written again", round, name)
			}
		}
		before = now
	}
}

// Results of an older engine are not what a resumed run would give.
func TestResumeDoesNotTakeResultsOfAnotherEngine(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	args := []string{"run", fixture(t, "gap.toml"), "--trials", "20", "-o", dir, "--quiet", "--resume"}
	call(t, args...)
	path := filepath.Join(dir, store.ManifestName)
	current, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	older := bytes.Replace(current, []byte(`"engine": `), []byte(`"engine": 9`), 1)
	if err := os.WriteFile(path, older, 0o644); err != nil {
		t.Fatal(err)
	}
	call(t, args...)
	if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, current) {
		t.Errorf("the manifest is\n%s, %v", got, err)
	}
}

// Ctrl-C while the results are written still leaves the old ones, and what was played is kept.
func TestInterruptedWritingKeepsTheTrials(t *testing.T) {
	dir := t.TempDir()
	failsim := program(t, dir)
	args := []string{"run", fixture(t, "gap.toml"), "--trials", "60000", "--outages", "all", "-o", "out"}
	cmd := failsim(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "out.partial", "outages.parquet") // the files come in the order of their names
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if _, err := os.Stat(first); err == nil {
			break
		}
	}
	_ = cmd.Process.Signal(os.Interrupt)
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
		t.Fatalf("exit code %d", code)
	}
	if _, err := os.Stat(filepath.Join(dir, "out")); err == nil {
		t.Error("there are results")
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("a half-written file is there")
	}
	if out, err := failsim(append(args, "--resume", "--quiet")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	mustBeWhole(t, filepath.Join(dir, "out"))
}

// A chunk that cannot be read is an error, and all that is there stays.
func TestUnreadableChunkIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	failsim := program(t, dir)
	args := []string{"run", fixture(t, "gap.toml"), "--trials", "1000000000", "-o", "out", "--resume", "--quiet"}
	cmd := failsim(args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	chunks := filepath.Join(dir, "out.partial", "chunks")
	written := waitForChunks(t, chunks, 2)
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	for name := range written {
		path := filepath.Join(chunks, name)
		if err := os.Rename(path, path+".tmp"); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o755); err != nil {
			t.Fatal(err)
		}
		break
	}
	if out, err := failsim(args...).CombinedOutput(); err == nil || !strings.Contains(string(out), "is a directory") {
		t.Errorf("%v, %s", err, out)
	}
	if left, _ := os.ReadDir(chunks); len(left) < len(written)+1 {
		t.Errorf("%d files left", len(left))
	}
}

// Parts that another engine played are not put together by this one.
func TestMergeRefusesPartsOfAnotherEngine(t *testing.T) {
	dir := t.TempDir()
	var parts []string
	for _, shard := range []string{"0/2", "1/2"} {
		part := filepath.Join(dir, shard[:1])
		call(t, "run", fixture(t, "gap.toml"), "--trials", "20", "--shard", shard, "-o", part, "--quiet")
		path := filepath.Join(part, store.ManifestName)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.Replace(text, []byte(`"engine": `), []byte(`"engine": 7`), 1), 0o644); err != nil {
			t.Fatal(err)
		}
		parts = append(parts, part)
	}
	var stdout, stderr bytes.Buffer
	args := append([]string{"merge", "-o", filepath.Join(dir, "out")}, parts...)
	if code := run(args, strings.NewReader(""), &stdout, &stderr); code != exitForeign || !strings.Contains(stderr.String(), "with engine 7") {
		t.Errorf("exit %d: %s", code, &stderr)
	}
}
