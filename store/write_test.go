package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A process that dies after any number of steps leaves the old results or the new ones, whole, and nothing else once the
// next run has looked.
func TestInterruptionLeavesOldOrNewWhole(t *testing.T) {
	const steps, moved = 5, 3
	for _, first := range []bool{true, false} {
		for died := range steps + 1 {
			t.Run(fmt.Sprintf("first=%v/after %d steps", first, died), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "r")
				if !first {
					mustWrite(t, dir, manifest(1), results("old"))
				}
				old := tree(t, dir)
				s, err := newSwap(dir, manifest(2), Files{Baseline: results("new")})
				mustDo(t, err)
				if len(s.steps()) != steps {
					t.Fatalf("%d steps", len(s.steps()))
				}
				for _, step := range s.steps()[:died] {
					mustDo(t, step())
				}
				mustDo(t, Check(dir, manifest(2), true))
				got := tree(t, dir)
				if died < moved {
					if diff := cmp.Diff(old, got); diff != "" {
						t.Error(diff)
					}
				} else if got["summary.json"] != "new" || len(got) != 3 {
					t.Errorf("not the new results: %v", got)
				}
				mustWrite(t, dir, manifest(3), results("next"))
				if got := tree(t, filepath.Dir(dir)); got["r/summary.json"] != "next" || len(got) != 3 {
					t.Errorf("the next write leaves %v", got)
				}
			})
		}
	}
}

// Removing the old results and setting them aside can themselves be interrupted halfway.
func TestInterruptionInsideAStep(t *testing.T) {
	check := func(name string, half func(t *testing.T, s *swap), want string) {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			mustWrite(t, dir, manifest(1), results("old"))
			s, err := newSwap(dir, manifest(2), Files{Baseline: results("new")})
			mustDo(t, err)
			half(t, s)
			mustDo(t, Check(dir, manifest(2), true))
			got := tree(t, dir)
			if got["summary.json"] != want || len(got) != 3 {
				t.Errorf("left %v", got)
			}
			if _, err := os.Lstat(s.old); err == nil {
				t.Error("DIR.old is still there")
			}
		})
	}
	steps := func(t *testing.T, s *swap, n int) {
		for _, step := range s.steps()[:n] {
			mustDo(t, step())
		}
	}
	check("marked, not moved", func(t *testing.T, s *swap) {
		steps(t, s, 1)
		mustDo(t, os.WriteFile(filepath.Join(s.dir, replacedMarker), nil, 0o644))
	}, "old")
	check("partly removed", func(t *testing.T, s *swap) {
		steps(t, s, 4)
		mustDo(t, os.Remove(filepath.Join(s.old, ManifestName)))
	}, "new")
}

// A process that dies while its results move in keeps its chunks for a resume; once they are in, the chunks go.
func TestChunksOutliveTheSwap(t *testing.T) {
	for died := range 6 {
		dir, _ := begun(t)
		mustWrite(t, dir+"2", manifest(1), results("old")) // of the same run, beside it
		mustDo(t, os.Rename(dir+"2", dir))
		s, err := newSwap(dir, manifest(1), Files{Baseline: results("new")})
		mustDo(t, err)
		for _, step := range s.steps()[:min(died, len(s.steps()))] {
			mustDo(t, step())
		}
		mustDo(t, Check(dir, manifest(1), false))
		if died < 3 {
			p, err := reopen(t, dir, job(), How{Resume: true})
			mustDo(t, err)
			mustHave(t, p, Chunk{0, 4}, Chunk{4, 8})
		} else if got := tree(t, filepath.Dir(dir)); len(got) != 3 || got["r/summary.json"] != "new" {
			t.Errorf("after %d steps: %v", died, got)
		}
	}
}

// Once the caller is stopped the old results stay; when the new ones are in it is too late.
func TestStoppedWriteLeavesTheOldResults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustWrite(t, dir, manifest(1), results("old"))
	before := tree(t, filepath.Dir(dir))
	ctx, stop := context.WithCancel(t.Context())
	files := Files{Baseline: results("new"), Others: map[string]func(io.Writer) error{
		"trials.parquet": func(io.Writer) error { stop(); return nil },
	}}
	if err := Write(ctx, dir, manifest(2), files); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
		t.Error(diff)
	}
}

func TestDamagedFilesAreWrittenAgain(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	write := func() {
		t.Helper()
		mustDo(t, Write(t.Context(), dir, manifest(1), Files{Baseline: results("a"), Others: map[string]func(io.Writer) error{
			"trials.parquet": func(w io.Writer) error { _, err := io.WriteString(w, "rows"); return err },
		}}))
		mustDo(t, Verify(dir))
	}
	write()
	for _, name := range []string{"trials.parquet", "summary.json", digestsName} {
		mustDo(t, os.WriteFile(filepath.Join(dir, name), []byte("junk"), 0o644))
		if err := Verify(dir); err == nil {
			t.Errorf("%s is junk, and nothing is said", name)
		}
		write()
		mustDo(t, os.Remove(filepath.Join(dir, name)))
		if err := Verify(dir); err == nil {
			t.Errorf("%s is gone, and nothing is said", name)
		}
		write()
	}
}

func TestFolderThatCannotMoveIsRefused(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for _, name := range []string{".", dir, filepath.Dir(dir), "../" + filepath.Base(dir)} {
		if err := Check(name, manifest(1), true); !errors.Is(err, ErrInPlace) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustDo(t, Check("below", manifest(1), false))
}

func TestEmptyFolderIsFilled(t *testing.T) {
	dir := t.TempDir()
	mustDo(t, Check(dir, manifest(1), false))
	mustWrite(t, dir, manifest(1), results("a"))
	if got := tree(t, dir); got["summary.json"] != "a" || len(got) != 3 {
		t.Errorf("left %v", got)
	}
}

func TestRestoreWithoutMarker(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustWrite(t, dir, manifest(1), results("a"))
	mustDo(t, os.Rename(dir, dir+".old"))
	if err := Check(dir, manifest(2), false); !errors.Is(err, ErrOtherRun) {
		t.Errorf("got %v", err)
	}
	if got := tree(t, dir); got["summary.json"] != "a" {
		t.Errorf("not restored: %v", got)
	}
}

// What came to stand where results were set aside is not mistaken for them.
func TestRestoreBesideOthers(t *testing.T) {
	for _, file := range []bool{true, false} {
		dir := filepath.Join(t.TempDir(), "r")
		mustWrite(t, dir, manifest(1), results("a"))
		mustDo(t, os.Rename(dir, dir+".old"))
		if file {
			mustDo(t, os.WriteFile(dir, []byte("mine"), 0o644))
			if err := Check(dir, manifest(1), true); !errors.Is(err, ErrNotOurs) {
				t.Errorf("a file: %v", err)
			}
			if text, err := os.ReadFile(dir); err != nil || string(text) != "mine" {
				t.Errorf("the file became %q, %v", text, err)
			}
			continue
		}
		mustDo(t, os.Mkdir(dir, 0o755))
		mustDo(t, Check(dir, manifest(1), true))
		if got := tree(t, dir); got["summary.json"] != "a" {
			t.Errorf("an empty folder: not restored: %v", got)
		}
	}
}

// Somebody's copy that happens to have the name of a leftover survives.
func TestCopiesAreNotLeftovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustWrite(t, dir, manifest(1), results("a"))
	mustDo(t, os.CopyFS(dir+".old", os.DirFS(dir)))
	before := tree(t, filepath.Dir(dir))
	if err := Check(dir, manifest(1), true); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Check: %v", err)
	}
	if err := Write(t.Context(), dir, manifest(1), Files{Baseline: results("b")}); !errors.Is(err, ErrNotOurs) {
		t.Errorf("Write: %v", err)
	}
	if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
		t.Error(diff)
	}
}

func TestErrorsLeaveTheOldResults(t *testing.T) {
	tests := map[string]func(t *testing.T, dir string){
		"a file where the new folder is made": func(t *testing.T, dir string) {
			mustDo(t, os.WriteFile(dir+".partial", nil, 0o644))
		},
		"somebody's folder where the new one is made": func(t *testing.T, dir string) {
			mustDo(t, os.MkdirAll(filepath.Join(dir+".partial", "src"), 0o755))
		},
		"a read-only parent": func(t *testing.T, dir string) {
			if os.Geteuid() == 0 {
				t.Skip("root writes anywhere")
			}
			mustDo(t, os.Chmod(filepath.Dir(dir), 0o555))
			t.Cleanup(func() { mustDo(t, os.Chmod(filepath.Dir(dir), 0o755)) })
		},
	}
	for name, spoil := range tests {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			mustWrite(t, dir, manifest(1), results("old"))
			spoil(t, dir)
			before := tree(t, filepath.Dir(dir))
			if err := Write(t.Context(), dir, manifest(2), Files{Baseline: results("new")}); err == nil {
				t.Error("no error")
			}
			if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A step that fails after the old results were set aside brings them back.
func TestFailedMoveBringsTheOldResultsBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustWrite(t, dir, manifest(1), results("old"))
	before := tree(t, filepath.Dir(dir))
	s, err := newSwap(dir, manifest(2), Files{Baseline: results("new")})
	mustDo(t, err)
	for _, step := range s.steps()[:2] {
		mustDo(t, step())
	}
	mustDo(t, os.RemoveAll(s.partial))
	if err := s.moveIn(); err == nil {
		t.Fatal("moved nothing in")
	}
	s.undo()
	if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
		t.Error(diff)
	}
}
