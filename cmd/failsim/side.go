package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"failsim/compare"
	"failsim/measure"
	"failsim/rows"
	"failsim/store"
)

// side is what one argument of compare holds: one result, or those of a folder of results folders.
type side struct {
	path    string
	several bool
	results []*compare.Result // by the name of the scenario
}

// readSide reads a summary.json, a results folder or a folder of results folders. What is wrong with it is the user's to mend.
func readSide(path string) (*side, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, usageError{err}
	}
	s := &side{path: path}
	if !info.IsDir() || holdsResult(path) {
		r, err := readResult(path, info.IsDir())
		s.results = []*compare.Result{r}
		return s, err
	}
	s.several = true
	entries, err := os.ReadDir(path)
	if err != nil {
		return nil, usageError{err}
	}
	var wrong []error
	for _, entry := range entries {
		dir := filepath.Join(path, entry.Name())
		if ignored(entry.Name()) || !holdsResult(dir) {
			continue
		}
		r, err := readResult(dir, true)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		s.results = append(s.results, r)
	}
	if len(s.results)+len(wrong) == 0 {
		return nil, usagef("%s: no results; want a results folder, a folder of results folders or a summary.json", path)
	}
	slices.SortStableFunc(s.results, func(a, b *compare.Result) int { return cmp.Compare(a.Summary.Scenario, b.Summary.Scenario) })
	return s, errors.Join(wrong...)
}

// ignored tells names that a run in progress or an interrupted one leaves.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".partial") || strings.HasSuffix(name, ".old")
}

func holdsResult(dir string) bool {
	for _, name := range []string{store.ManifestName, summaryName} {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// byScenario finds results by the name of their scenario, of which there must be one each.
func (s *side) byScenario() (map[string]*compare.Result, error) {
	byName := map[string]*compare.Result{}
	for _, r := range s.results {
		name := r.Summary.Scenario
		if twin := byName[name]; twin != nil {
			return nil, usagef("%s and %s: both are of scenario %s; compare one of them alone", twin.Name, r.Name, name)
		}
		byName[name] = r
	}
	return byName, nil
}

// readResult reads a results folder, or a summary alone.
func readResult(path string, folder bool) (*compare.Result, error) {
	r := &compare.Result{Name: path, NoRows: "is a summary alone"}
	file := path
	if folder {
		file = filepath.Join(path, summaryName)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, usageError{err}
	}
	if r.Summary, r.SummaryDigest, err = compare.ReadSummary(text); err != nil {
		if !errors.Is(err, compare.ErrSchema) {
			err = usageError{err}
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if !folder {
		return r, nil
	}
	if _, err := os.Stat(filepath.Join(path, store.ManifestName)); errors.Is(err, fs.ErrNotExist) {
		r.NoRows = "has no " + store.ManifestName
		return r, nil
	}
	m, err := store.Read(path)
	if err != nil {
		return nil, usageError{err}
	}
	r.Engine = m.Engine
	if !m.Holds(summaryName, text) {
		return nil, fmt.Errorf("%s %w than its manifest: its digest is another", file, store.ErrOtherRun)
	}
	if err := readRows(path, m, r); err != nil {
		return nil, usageError{err}
	}
	return r, nil
}

// readRows reads what a folder has besides its baseline.
func readRows(dir string, m *store.Manifest, r *compare.Result) error {
	_, err := store.Digest(dir, sketchesName)
	if err == nil {
		err = withFile(filepath.Join(dir, sketchesName), func(f io.ReaderAt, size int64) error {
			r.Distributions, err = rows.ReadSketches(f, size)
			return err
		})
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	path := filepath.Join(dir, trialsName)
	r.TrialsDigest, err = store.Digest(dir, trialsName)
	if errors.Is(err, fs.ErrNotExist) {
		r.NoRows = "has no " + trialsName
		return nil
	}
	if err != nil {
		return err
	}
	columns := columnsOf(dir, m)
	if columns == nil {
		r.NoRows = "has a scenario that this failsim reads otherwise, or not at all"
		return nil
	}
	read := func(column string) ([]int64, error) {
		values, err := readColumn(path, column)
		if err != nil {
			return nil, usageError{err}
		}
		return values, nil
	}
	trials, err := read("trial")
	if err != nil {
		return err
	}
	if int64(len(trials)) != r.Summary.Trials || !slices.IsSorted(trials) {
		return fmt.Errorf("%s: %d trials, and %d in %s: they are not of one run", path, len(trials), r.Summary.Trials, summaryName)
	}
	r.Rows = &compare.Rows{Trials: trials, Columns: columns, Read: read}
	return nil
}

// columnsOf gives what the columns of trials.parquet mean, from the scenario that the manifest keeps; nil where that no longer
// tells.
func columnsOf(dir string, m *store.Manifest) []measure.Column {
	sc, err := loadFrom(dir, m)
	if err != nil {
		return nil
	}
	return measure.NewTally(&sc.Config).Columns()
}

// readColumn reads the numbers of every trial, none of which is negative.
func readColumn(path, name string) (values []int64, err error) {
	err = withFile(path, func(f io.ReaderAt, size int64) error {
		trials, err := rows.OpenTrials(f, size)
		if err != nil {
			return err
		}
		if values, err = trials.Column(name); err != nil {
			return err
		}
		if int64(len(values)) != trials.Len() || len(values) > 0 && slices.Min(values) < 0 {
			return fmt.Errorf("column %s is damaged", name)
		}
		return nil
	})
	return values, err
}

// withFile reads a Parquet file.
func withFile(path string, read func(f io.ReaderAt, size int64) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if err := read(f, info.Size()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
