package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"failsim/rows"
)

// The README's queries name columns that the files have.
func TestREADMEQueriesNameRealColumns(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	call(t, "run", filepath.Join(scenariosDir, "game-day.toml"), "--trials", "20", "--quiet", "-o", dir)
	column := regexp.MustCompile(`\b[a-z_]+_(?:n|ns|sum)\b|\b(?:access|observer|trial|node_group)\b`)
	queries := 0
	for line := range strings.Lines(string(text)) {
		query := regexp.MustCompile(`results/game-day/(\w+\.parquet)`).FindStringSubmatch(line)
		if query == nil {
			continue
		}
		queries++
		names := namesIn(t, filepath.Join(dir, query[1]))
		for _, name := range column.FindAllString(strings.ReplaceAll(line, query[0], ""), -1) {
			if !slices.Contains(names, name) {
				t.Errorf("%s has no column %s: %s", query[1], name, line)
			}
		}
	}
	if queries < 5 {
		t.Errorf("%d queries", queries)
	}
}

func namesIn(t *testing.T, path string) (names []string) {
	t.Helper()
	if filepath.Base(path) == "outages.parquet" {
		return []string{"trial", "group", "node_group", "access", "observer", "cause", "from_ns", "to_ns", "censored"}
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		t.Fatal(err)
	}
	trials, err := rows.OpenTrials(file, info.Size())
	if err != nil {
		t.Fatal(err)
	}
	return trials.Names()
}
