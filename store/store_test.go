package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func manifest(seed uint64) Manifest {
	return Manifest{
		Failsim:    "0.1.0",
		Engine:     1,
		Scenario:   Scenario{Name: "game-day", Identity: "sha256:1", Text: "horizon = \"1h\" # <&>\n"},
		Seed:       seed,
		Trials:     2000,
		Outages:    "sample",
		Confidence: 0.95,
		Methods:    []string{"mean: Student t over trials"},
	}
}

func results(text string) map[string][]byte {
	return map[string][]byte{"summary.json": []byte(text), "timeline.txt": []byte("told\n")}
}

// tree returns the contents of all files under a folder by their path.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		files[name] = string(text)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return files
}

func mustWrite(t *testing.T, dir string, m Manifest, files map[string][]byte) {
	t.Helper()
	if err := Write(t.Context(), dir, m, Files{Baseline: files}); err != nil {
		t.Fatal(err)
	}
}

func mustDo(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// golden opens the manifest of manifest(1) and results("abc"); the digest of "abc" is the example of FIPS 180-2.
const golden = `{
  "failsim": "0.1.0",
  "engine": 1,
  "scenario": {
    "name": "game-day",
    "identity": "sha256:1",
    "text": "horizon = \"1h\" # <&>\n"
  },
  "seed": 1,
  "trials": 2000,
  "outages": "sample",
  "confidence": 0.95,
  "methods": [
    "mean: Student t over trials"
  ],
  "digests": {
    "summary.json": "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
`

func TestWriteLeavesManifestAndFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "results", "game-day")
	mustWrite(t, dir, manifest(1), results("abc"))
	got := tree(t, dir)
	upToSecondDigest, _, _ := strings.Cut(got[ManifestName], `    "timeline.txt"`)
	if diff := cmp.Diff(golden, upToSecondDigest); diff != "" {
		t.Error(diff)
	}
	delete(got, ManifestName)
	if diff := cmp.Diff(map[string]string{"summary.json": "abc", "timeline.txt": "told\n"}, got); diff != "" {
		t.Error(diff)
	}
	m, err := Read(dir)
	mustDo(t, err)
	m.Digests = nil
	if diff := cmp.Diff(manifest(1), *m); diff != "" {
		t.Error(diff)
	}
}

func TestWriteOfTheSameBytesLeavesTheFolderAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	mustWrite(t, dir, manifest(1), results("a"))
	mustDo(t, os.WriteFile(filepath.Join(dir, "report.html"), nil, 0o644))
	before, err := os.Stat(dir)
	mustDo(t, err)
	mustWrite(t, dir, manifest(1), results("a"))
	after, err := os.Stat(dir)
	mustDo(t, err)
	if !os.SameFile(before, after) || len(tree(t, dir)) != 4 {
		t.Error("the folder was replaced")
	}
	mustWrite(t, dir, manifest(1), results("b"))
	if got := tree(t, dir); got["summary.json"] != "b" || len(got) != 3 {
		t.Errorf("not replaced as a whole: %v", got)
	}
}

func TestCheck(t *testing.T) {
	tests := []struct {
		name   string
		before func(t *testing.T, dir string)
		run    func(*Manifest)
		update bool
		want   error
		says   string
	}{
		{name: "absent"},
		{name: "empty", before: func(t *testing.T, dir string) { mustDo(t, os.Mkdir(dir, 0o755)) }},
		{name: "a file", want: ErrNotOurs, says: "it is a file", update: true,
			before: func(t *testing.T, dir string) { mustDo(t, os.WriteFile(dir, nil, 0o644)) }},
		{name: "somebody's files", want: ErrNotOurs, says: "no manifest.json", update: true,
			before: func(t *testing.T, dir string) { mustDo(t, os.CopyFS(dir, os.DirFS("."))) }},
		{name: "somebody's manifest", want: ErrNotOurs, says: "not one of failsim", update: true,
			before: func(t *testing.T, dir string) {
				mustDo(t, os.Mkdir(dir, 0o755))
				mustDo(t, os.WriteFile(filepath.Join(dir, ManifestName), []byte(`{"name":"app"}`), 0o644))
			}},
		{name: "same run", before: written},
		{name: "later version", before: written, run: func(m *Manifest) { m.Failsim, m.Engine = "0.2.0", 2 }},
		{name: "another seed", before: written, want: ErrOtherRun, says: "(seed 1 there, 2 here): write elsewhere with -o DIR, or replace it with --update",
			run: func(m *Manifest) { m.Seed = 2 }},
		{name: "other trials", before: written, want: ErrOtherRun, says: "2000 trials there, 10 trials here",
			run: func(m *Manifest) { m.Trials = 10 }},
		{name: "other confidence", before: written, want: ErrOtherRun, says: "confidence 0.95 there, 0.99 here",
			run: func(m *Manifest) { m.Confidence = 0.99 }},
		{name: "edited scenario", before: written, want: ErrOtherRun, says: "scenario game-day has changed since",
			run: func(m *Manifest) { m.Scenario.Identity = "sha256:2" }},
		{name: "another scenario", before: written, want: ErrOtherRun, says: "scenario game-day there, az here; seed 1 there, 3 here",
			run: func(m *Manifest) { m.Scenario.Name, m.Scenario.Identity, m.Seed = "az", "sha256:2", 3 }},
		{name: "another seed, update", before: written, update: true, run: func(m *Manifest) { m.Seed = 2 }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			if tt.before != nil {
				tt.before(t, dir)
			}
			m := manifest(1)
			if tt.run != nil {
				tt.run(&m)
			}
			before := tree(t, filepath.Dir(dir))
			err := Check(dir, m, tt.update)
			if !errors.Is(err, tt.want) || err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want %v saying %q", err, tt.want, tt.says)
			}
			if errors.Is(err, ErrNotOurs) && Write(t.Context(), dir, m, Files{Baseline: results("x")}) == nil {
				t.Error("Write replaced it")
			}
			if diff := cmp.Diff(before, tree(t, filepath.Dir(dir))); diff != "" {
				t.Errorf("something changed: %s", diff)
			}
		})
	}
}

func written(t *testing.T, dir string) {
	t.Helper()
	mustWrite(t, dir, manifest(1), results("a"))
}

func TestSymbolicLinksAreFollowed(t *testing.T) {
	for _, exists := range []bool{true, false} {
		root := t.TempDir()
		target := filepath.Join(root, "disk", "game-day")
		mustDo(t, os.Mkdir(filepath.Dir(target), 0o755))
		if exists {
			mustWrite(t, target, manifest(1), results("a"))
		}
		link := filepath.Join(root, "link")
		mustDo(t, os.Symlink("disk/game-day", link))
		mustDo(t, Check(link, manifest(1), false))
		mustWrite(t, link, manifest(1), results("b"))
		if got, err := os.Readlink(link); err != nil || got != "disk/game-day" {
			t.Errorf("the link became %q, %v", got, err)
		}
		if got := tree(t, target)["summary.json"]; got != "b" {
			t.Errorf("summary is %q behind the link", got)
		}
	}
	loop := filepath.Join(t.TempDir(), "loop")
	mustDo(t, os.Symlink("loop", loop))
	if err := Check(loop, manifest(1), false); err == nil {
		t.Error("a link to itself passed")
	}
}
