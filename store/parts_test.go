package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// writePart leaves the results of trials from to to-1 of 10, in chunks that end at the cuts.
func writePart(t *testing.T, dir string, change func(*Manifest), cuts ...int64) string {
	t.Helper()
	p, err := Open(dir, job(), How{})
	mustDo(t, err)
	defer p.Close()
	for i, to := range cuts[1:] {
		save(t, p, Chunk{cuts[i], to}, filepath.Base(dir))
	}
	m := manifest(1)
	m.Trials = 10
	m.Part = &TrialRange{cuts[0], cuts[len(cuts)-1]}
	if change != nil {
		change(&m)
	}
	mustDo(t, Write(t.Context(), dir, m, Files{Baseline: results(dir)}))
	return dir
}

func TestPartsInAnyOrderAreTheWhole(t *testing.T) {
	root := t.TempDir()
	a := writePart(t, filepath.Join(root, "a"), nil, 0, 2, 4)
	b := writePart(t, filepath.Join(root, "b"), nil, 4, 9)
	c := writePart(t, filepath.Join(root, "c"), nil, 9, 10)
	want := []Chunk{{0, 2}, {2, 4}, {4, 9}, {9, 10}}
	for _, dirs := range [][]string{{a, b, c}, {c, b, a}, {b, c, a}} {
		parts, err := OpenParts(dirs)
		mustDo(t, err)
		if diff := cmp.Diff(want, parts.Chunks()); diff != "" {
			t.Error(diff)
		}
		if text := content(t, parts.Load, Chunk{4, 9}); text != "b" {
			t.Errorf("%q", text)
		}
		if parts.Manifest.Part.From != 0 {
			t.Errorf("not the first part's manifest: %+v", parts.Manifest.Part)
		}
	}
}

func TestPartsThatDoNotBelongTogetherAreRefusedByName(t *testing.T) {
	second := func(change func(*Manifest)) func(t *testing.T, root string) []string {
		return func(t *testing.T, root string) []string {
			return []string{writePart(t, filepath.Join(root, "a"), nil, 0, 4), writePart(t, filepath.Join(root, "b"), change, 4, 10)}
		}
	}
	ranges := func(cuts ...[]int64) func(t *testing.T, root string) []string {
		return func(t *testing.T, root string) (dirs []string) {
			for i, c := range cuts {
				dirs = append(dirs, writePart(t, filepath.Join(root, string(rune('a'+i))), nil, c...))
			}
			return dirs
		}
	}
	for name, c := range map[string]struct {
		dirs func(t *testing.T, root string) []string
		want error
		says string
	}{
		"seed":       {second(func(m *Manifest) { m.Seed = 2 }), ErrOtherRun, "b holds results of another run than ROOT/a (seed 1 there, 2 here)"},
		"engine":     {second(func(m *Manifest) { m.Engine = 2 }), ErrOtherRun, "engine 1 there, 2 here"},
		"scenario":   {second(func(m *Manifest) { m.Scenario.Identity = "sha256:2" }), ErrOtherRun, "scenario game-day has changed since"},
		"trials":     {second(func(m *Manifest) { m.Trials = 11 }), ErrOtherRun, "10 trials there, 11 trials here"},
		"outages":    {second(func(m *Manifest) { m.Outages = "all" }), ErrOtherRun, "outage windows: sample there, all here"},
		"no part":    {second(func(m *Manifest) { m.Part = nil }), ErrOtherRun, "it has all 10 trials"},
		"gap":        {ranges([]int64{0, 4}, []int64{6, 10}), ErrNoWhole, "no part has trials 4 to 6 of 10"},
		"no first":   {ranges([]int64{3, 10}), ErrNoWhole, "no part has trials 0 to 3 of 10"},
		"no last":    {ranges([]int64{0, 7}), ErrNoWhole, "no part has trials 7 to 10 of 10"},
		"overlap":    {ranges([]int64{0, 6}, []int64{4, 10}), ErrNoWhole, "a has trials 0 to 6, ROOT/b has trials 4 to 10"},
		"contained":  {ranges([]int64{0, 10}, []int64{4, 6}), ErrNoWhole, "a has trials 0 to 10, ROOT/b has trials 4 to 6"},
		"no results": {func(t *testing.T, root string) []string { return []string{root} }, ErrNotOurs, "no manifest.json"},
		"torn": {func(t *testing.T, root string) []string {
			dirs := ranges([]int64{0, 4}, []int64{4, 10})(t, root)
			mustDo(t, os.Truncate(filepath.Join(dirs[1], chunksName, Chunk{4, 10}.file()), 5))
			return dirs
		}, ErrTorn, "b: trials 4 to 10: a damaged chunk: run this part again"},
		"chunk gone": {func(t *testing.T, root string) []string {
			dirs := ranges([]int64{0, 4, 7}, []int64{7, 10})(t, root)
			mustDo(t, os.Remove(filepath.Join(dirs[0], chunksName, Chunk{4, 7}.file())))
			return dirs
		}, nil, "a: of its trials 0 to 7, those from 4 on are not there"},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			_, err := OpenParts(c.dirs(t, root))
			says := strings.ReplaceAll(c.says, "ROOT", root)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), says) {
				t.Errorf("%v; want %v saying %q", err, c.want, says)
			}
		})
	}
}
