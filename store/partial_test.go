package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func job() Job {
	return Job{Engine: 1, Name: "game-day", Identity: "sha256:1", Seed: 1, Range: "0 to 10 of 10", Outages: "sample"}
}

// begun is a run in progress with two finished chunks, and the folder where its results will be.
func begun(t *testing.T) (dir string, p *Partial) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "r")
	p, err := Open(dir, job(), false)
	mustDo(t, err)
	mustDo(t, p.Save(Chunk{4, 8}, []byte("second")))
	mustDo(t, p.Save(Chunk{0, 4}, []byte("first")))
	return dir, p
}

func mustHave(t *testing.T, p *Partial, want ...Chunk) {
	t.Helper()
	got, err := p.Chunks()
	mustDo(t, err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestResumeGoesOnWithFinishedChunks(t *testing.T) {
	dir, p := begun(t)
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
	again, err := Open(dir, job(), true)
	mustDo(t, err)
	mustHave(t, again, Chunk{0, 4}, Chunk{4, 8})
	text, err := again.Load(Chunk{4, 8})
	if err != nil || string(text) != "second" {
		t.Errorf("%q, %v", text, err)
	}
	fresh, err := Open(dir, job(), false)
	mustDo(t, err)
	mustHave(t, fresh)
}

func TestResumeWithNothingLeftBegins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	p, err := Open(dir, job(), true)
	mustDo(t, err)
	mustHave(t, p)
	mustDo(t, os.Remove(filepath.Join(dir+".partial", jobName))) // died before it said what it plays
	p, err = Open(dir, job(), true)
	mustDo(t, err)
	mustHave(t, p)
}

// A chunk that is cut short, changed or unfinished is not there.
func TestTornChunksAreDropped(t *testing.T) {
	for name, tear := range map[string]func(path string) error{
		"cut":     func(path string) error { return os.Truncate(path, 34) },
		"to less": func(path string) error { return os.Truncate(path, 3) },
		"empty":   func(path string) error { return os.Truncate(path, 0) },
		"changed": func(path string) error {
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text[len(text)-1] ^= 1
			return os.WriteFile(path, text, 0o644)
		},
		"unfinished": func(path string) error { return os.Rename(path, path+unfinished) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, p := begun(t)
			mustDo(t, tear(filepath.Join(dir+".partial", chunksName, Chunk{0, 4}.file())))
			mustHave(t, p, Chunk{4, 8})
			mustDo(t, p.Save(Chunk{0, 4}, []byte("again")))
			mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
		})
	}
}

func TestResumeOfAnotherRunNamesWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Job)
		says   string
	}{
		"engine":   {func(j *Job) { j.Engine = 2 }, "engine 1 there, 2 here"},
		"scenario": {func(j *Job) { j.Identity = "sha256:2" }, "scenario game-day has changed since"},
		"name":     {func(j *Job) { j.Name, j.Identity = "az", "sha256:2" }, "scenario game-day there, az here"},
		"seed":     {func(j *Job) { j.Seed = 9 }, "seed 1 there, 9 here"},
		"trials":   {func(j *Job) { j.Range = "0 to 20 of 20" }, "trials 0 to 10 of 10 there, 0 to 20 of 20 here"},
		"stop":     {func(j *Job) { j.Stop = "write_outage.p99<=2%" }, `stopping rule "" there, "write_outage.p99<=2%" here`},
		"outages":  {func(j *Job) { j.Outages = "all" }, "outage windows: sample there, all here"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, p := begun(t)
			other := job()
			c.change(&other)
			_, err := Open(dir, other, true)
			if !errors.Is(err, ErrOtherJob) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v; want %q", err, c.says)
			}
			mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
		})
	}
}

func TestFolderOfSomebodyElseIsNoRunInProgress(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustDo(t, os.MkdirAll(filepath.Join(dir+".partial", "src"), 0o755))
	for _, resume := range []bool{true, false} {
		if _, err := Open(dir, job(), resume); !errors.Is(err, ErrNotOurs) {
			t.Errorf("resume=%v: %v", resume, err)
		}
	}
	if _, err := os.Stat(filepath.Join(dir+".partial", "src")); err != nil {
		t.Error(err)
	}
}

// Results take the place of the run in progress; those of a part keep its chunks.
func TestWriteEndsTheRunInProgress(t *testing.T) {
	for _, keep := range []bool{false, true} {
		dir, _ := begun(t)
		mustDo(t, Write(dir, manifest(1), Files{Baseline: results("a"), Chunks: keep}))
		got := tree(t, filepath.Dir(dir))
		want := 3
		if keep {
			want += 2
		}
		if len(got) != want || got["r/summary.json"] != "a" {
			t.Errorf("keep=%v: %v", keep, got)
		}
	}
}

// An error while results are written keeps the finished chunks, and the old results.
func TestFailedWriteKeepsTheRunInProgress(t *testing.T) {
	dir, p := begun(t)
	mustDo(t, os.Mkdir(dir, 0o755))
	full := errors.New("no space left on device")
	files := Files{Baseline: results("new"), Others: map[string]func(w io.Writer) error{
		"trials.parquet": func(w io.Writer) error {
			if _, err := w.Write([]byte("half")); err != nil {
				return err
			}
			return full
		},
	}}
	if err := Write(dir, manifest(1), files); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
	if got := tree(t, filepath.Dir(dir)); len(got) != 3 {
		t.Errorf("left %v", got)
	}
	again, err := Open(dir, job(), true)
	mustDo(t, err)
	mustHave(t, again, Chunk{0, 4}, Chunk{4, 8})
}
