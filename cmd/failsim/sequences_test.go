package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGoldenDocumentedSequences tells the seven sequences that the User Guide documents. Each scenario says what the guide says; the
// golden beside it has what happens and what the service announces, for a reader to hold against it.
func TestGoldenDocumentedSequences(t *testing.T) {
	files, err := filepath.Glob("testdata/sequences/*.toml")
	if err != nil || len(files) != 7 {
		t.Fatalf("%d sequences, %v; want 7", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			got := call(t, "timeline", file) + "\n" + call(t, "timeline", file, "--service-events")
			golden := strings.TrimSuffix(file, ".toml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("timeline (-want +got):\n%s", diff)
			}
		})
	}
}
