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
	return Job{Failsim: "0", Engine: 1, Name: "game-day", Identity: "sha256:1", Seed: 1, Range: "0 to 10 of 10", Outages: "sample"}
}

// begun is a run in progress with two finished chunks, and the folder where its results will be.
func begun(t *testing.T) (dir string, p *Partial) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "r")
	p, err := Open(dir, job(), How{})
	mustDo(t, err)
	save(t, p, Chunk{4, 8}, "second")
	save(t, p, Chunk{0, 4}, "first")
	p.Close()
	return dir, p
}

// save keeps a chunk, in two goes.
func save(t *testing.T, p *Partial, c Chunk, text string) {
	t.Helper()
	n, err := p.Begin(c)
	mustDo(t, err)
	for _, part := range []string{text[:len(text)/2], text[len(text)/2:]} {
		_, err = n.Write([]byte(part))
		mustDo(t, err)
	}
	mustDo(t, n.Keep())
}

// content reads a chunk.
func content(t *testing.T, load func(Chunk) (*KeptChunk, error), c Chunk) string {
	t.Helper()
	k, err := load(c)
	mustDo(t, err)
	defer k.Close()
	text, err := io.ReadAll(k)
	mustDo(t, err)
	return string(text)
}

// A chunk that is being written, or was given up, is not there; it can be begun again.
func TestUnfinishedChunkIsNotThere(t *testing.T) {
	_, p := begun(t)
	for range 2 {
		n, err := p.Begin(Chunk{8, 9})
		mustDo(t, err)
		_, err = n.Write([]byte("half"))
		mustDo(t, err)
		mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
		n.Drop()
		mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
	}
	save(t, p, Chunk{8, 9}, "whole")
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8}, Chunk{8, 9})
	if text := content(t, p.Load, Chunk{8, 9}); text != "whole" {
		t.Errorf("%q", text)
	}
}

// reopen opens a run in progress, and gives it up at the end of the test.
func reopen(t *testing.T, dir string, j Job, how How) (*Partial, error) {
	t.Helper()
	p, err := Open(dir, j, how)
	if err == nil {
		t.Cleanup(p.Close)
	}
	return p, err
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
	again, err := reopen(t, dir, job(), How{Resume: true})
	mustDo(t, err)
	mustHave(t, again, Chunk{0, 4}, Chunk{4, 8})
	if text := content(t, again.Load, Chunk{4, 8}); text != "second" {
		t.Errorf("%q", text)
	}
	again.Close()
	fresh, err := reopen(t, dir, job(), How{})
	mustDo(t, err)
	mustHave(t, fresh)
}

func TestResumeWithNothingLeftBegins(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	p, err := reopen(t, dir, job(), How{Resume: true})
	mustDo(t, err)
	mustHave(t, p)
	p.Close()
	mustDo(t, os.Remove(filepath.Join(dir+".partial", jobName))) // died before it said what it plays
	p, err = reopen(t, dir, job(), How{Resume: true})
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
			dir, _ := begun(t)
			mustDo(t, tear(filepath.Join(dir+".partial", chunksName, Chunk{0, 4}.file())))
			p, err := reopen(t, dir, job(), How{Resume: true})
			mustDo(t, err)
			mustHave(t, p, Chunk{4, 8})
			save(t, p, Chunk{0, 4}, "again")
			mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
		})
	}
}

func TestResumeOfAnotherRunNamesWhatDiffers(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*Job)
		says   string
	}{
		"failsim":  {func(j *Job) { j.Failsim = "9" }, "failsim 0 there, 9 here"},
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
			_, err := reopen(t, dir, other, How{Resume: true})
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
		if _, err := reopen(t, dir, job(), How{Resume: resume}); !errors.Is(err, ErrNotOurs) {
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
		m := manifest(1)
		if keep {
			m.Part = &TrialRange{0, 8}
		}
		mustDo(t, Write(t.Context(), dir, m, Files{Baseline: results("a")}))
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
	if err := Write(t.Context(), dir, manifest(1), files); !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
	if got := tree(t, filepath.Dir(dir)); len(got) != 3 {
		t.Errorf("left %v", got)
	}
	again, err := reopen(t, dir, job(), How{Resume: true})
	mustDo(t, err)
	mustHave(t, again, Chunk{0, 4}, Chunk{4, 8})
}

// Trials that an interrupted run has kept are dropped by a run of other input only where that is asked for, and by one of the
// same input without --resume, which says so.
func TestKeptTrialsAreDroppedOnDemand(t *testing.T) {
	dir, _ := begun(t)
	other := job()
	other.Seed = 2
	_, err := Open(dir, other, How{})
	if !errors.Is(err, ErrOtherJob) || !strings.Contains(err.Error(), "seed 1 there, 2 here") {
		t.Errorf("other input: %v", err)
	}
	p, err := Open(dir, other, How{Replace: true})
	mustDo(t, err)
	mustHave(t, p)
	if p.Dropped() != 8 {
		t.Errorf("replaced: %d trials dropped", p.Dropped())
	}
	save(t, p, Chunk{0, 5}, "")
	p.Close()
	p, err = reopen(t, dir, other, How{})
	mustDo(t, err)
	if mustHave(t, p); p.Dropped() != 5 {
		t.Errorf("begun again: %d trials dropped", p.Dropped())
	}
}

// One process at a time: the other is refused, and finds everything as it was.
func TestTwoRunsIntoOneFolderAreKeptApart(t *testing.T) {
	dir, _ := begun(t)
	p, err := reopen(t, dir, job(), How{Resume: true})
	mustDo(t, err)
	for _, how := range []How{{}, {Resume: true}, {Replace: true}} {
		if _, err := Open(dir, job(), how); !errors.Is(err, ErrBusy) {
			t.Errorf("%+v: %v", how, err)
		}
	}
	if err := Check(dir, manifest(1), true); !errors.Is(err, ErrBusy) {
		t.Errorf("Check: %v", err)
	}
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
	// It holds what it has while that becomes the results, and nobody is in its way afterwards.
	mustDo(t, Write(t.Context(), dir, manifest(1), Files{Baseline: results("a")}))
	mustDo(t, Check(dir, manifest(1), false))
	next, err := reopen(t, dir, job(), How{})
	mustDo(t, err)
	mustHave(t, next)
}

func TestChunksWithTheSameTrialsCountOnce(t *testing.T) {
	_, p := begun(t)
	save(t, p, Chunk{2, 6}, "between")
	mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
}

func TestFileAmongTheChunksIsLeftAlone(t *testing.T) {
	dir, _ := begun(t)
	mine := filepath.Join(dir+".partial", chunksName, "precious.txt")
	mustDo(t, os.WriteFile(mine, nil, 0o644))
	if _, err := Open(dir, job(), How{Replace: true}); !errors.Is(err, ErrNotOurs) {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(mine); err != nil {
		t.Error(err)
	}
}
