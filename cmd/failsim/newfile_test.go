package main

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// content gives the files below a folder.
func content(t *testing.T, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		all[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func writing(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// Several files are written all or none, and what is there stays until all of them are whole.
func TestNewFilesAreWholeOrNone(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	if err := writeNew([]newFile{{path("a"), writing("one")}, {path("sub/b"), writing("two")}}, false); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"a": "one", "sub/b": "two"}
	if diff := cmp.Diff(want, content(t, dir)); diff != "" {
		t.Error(diff)
	}
	if info, err := os.Stat(path("a")); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v", info.Mode(), err)
	}

	broken := errors.New("half a file")
	failing := func(w io.Writer) error { return errors.Join(writing("ha")(w), broken) }
	stopped, stop := context.WithCancel(context.Background())
	stop()
	for _, tt := range []struct {
		second  newFile
		replace bool
		want    error // nil: one of the user
	}{
		{newFile{path("sub/b"), failing}, true, broken},
		{newFile{path("sub/b"), stoppable(stopped, writing("two"))}, true, context.Canceled},
		{newFile{path("sub/b"), writing("three")}, false, nil}, // it is there
		{newFile{path("sub"), writing("three")}, true, nil},    // it is a folder
		{newFile{path("a/c"), writing("three")}, true, nil},    // its folder is a file
	} {
		err := writeNew([]newFile{{path("a"), writing("other")}, tt.second}, tt.replace)
		_, usage := errors.AsType[usageError](err)
		if err == nil || usage != (tt.want == nil) || !usage && !errors.Is(err, tt.want) {
			t.Errorf("%s: %v; want %v", tt.second.path, err, tt.want)
		}
		if diff := cmp.Diff(want, content(t, dir)); diff != "" {
			t.Errorf("%s: %s", tt.second.path, diff)
		}
	}
	if err := writeNew([]newFile{{path("a"), writing("other")}}, true); err != nil {
		t.Fatal(err)
	}
	want["a"] = "other"
	if diff := cmp.Diff(want, content(t, dir)); diff != "" {
		t.Error(diff)
	}
}
