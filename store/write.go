package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// resultNames are the files that a results folder can have. Those that git ignores, by the project's own rules, have their
// digests in digests.json, and environment.json has none.
var resultNames = []string{
	ManifestName, digestsName, EnvironmentName, "summary.json", "timeline.txt", "trials.parquet", "outages.parquet",
	"sketches.parquet", "report.html",
}

const (
	digestsName = "digests.json"
	// EnvironmentName is the file about the machine and the moment: nothing compares it.
	EnvironmentName = "environment.json"
)

// Files are the contents of a results folder besides the manifest, by name.
type Files struct {
	// Baseline files are those to commit: the manifest has their digests.
	Baseline map[string][]byte
	// Others are written one after the other; digests.json has their digests.
	Others map[string]func(io.Writer) error
	// Environment gives the content of environment.json once all others are written; nil: there is none.
	Environment func() []byte
}

// Write makes dir hold the manifest and the files and nothing else. Where they are there already, byte by byte, it changes
// nothing. On an error, that of ctx among them, the folder is as it was before, and the chunks of the run in progress are kept.
// Parents are created. The chunks of the run in progress stay with the results of a part, for a merge; otherwise they are removed.
func Write(ctx context.Context, dir string, m Manifest, files Files) error {
	s, err := newSwap(dir, m, files)
	if err != nil {
		return err
	}
	for i, step := range s.steps() {
		err := step()
		if err == nil && i < committed {
			err = ctx.Err()
		}
		if err != nil {
			s.undo()
			return fmt.Errorf("writing results to %s: %w", dir, err)
		}
		if i == 0 && s.unchanged() {
			return os.RemoveAll(s.partial)
		}
	}
	return nil
}

// swap replaces one results folder by another.
type swap struct {
	dir, old, partial string
	part              bool
	files             Files
	// baseline are the manifest and the files that it has digests of; digests are those of the others, once written.
	baseline map[string][]byte
	digests  map[string]string
}

func newSwap(dir string, m Manifest, files Files) (*swap, error) {
	folder, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	if err := restore(folder); err != nil {
		return nil, err
	}
	if _, err := read(folder, dir); err != nil {
		return nil, err
	}
	for name := range files.Baseline {
		mustKnow(name)
	}
	for name := range files.Others {
		mustKnow(name)
	}
	manifest, err := m.encode(files.Baseline)
	if err != nil {
		return nil, err
	}
	baseline := map[string][]byte{ManifestName: manifest}
	maps.Copy(baseline, files.Baseline)
	return &swap{folder, folder + ".old", folder + ".partial", m.Part != nil, files, baseline, map[string]string{}}, nil
}

func mustKnow(name string) {
	if !slices.Contains(resultNames, name) {
		panic("store: " + name + " is not among the files of a results folder")
	}
}

// encode writes the manifest as JSON with the digests of files: the same bytes for the same content.
func (m Manifest) encode(files map[string][]byte) ([]byte, error) {
	m.Digests = map[string]string{}
	for name, content := range files {
		m.Digests[name] = digestOf(content)
	}
	if m.Methods == nil {
		m.Methods = []string{}
	}
	return encodeJSON(m)
}

func encodeJSON(v any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return text.Bytes(), err
}

func digestOf(content []byte) string {
	sum := sha256.Sum256(content)
	return digestText(sum[:])
}

func digestText(sum []byte) string { return "sha256:" + hex.EncodeToString(sum) }

// unchanged tells whether the folder holds what the new one does.
func (s *swap) unchanged() bool {
	for name, content := range s.baseline {
		there, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil || !bytes.Equal(there, content) {
			return false
		}
	}
	return !s.part && len(unlike(s.dir, s.digests)) == 0
}

// steps are the moves of a swap in order, of which the first so many can be undone. A process may die after any of them; restore
// and the first step repair that. Each is durable before the next.
func (s *swap) steps() []func() error {
	return []func() error{s.writePartial, s.setAside, s.moveIn, func() error { return endProgress(s.dir) }, s.removeOld}
}

const committed = 2 // moveIn

// writePartial puts the new folder together, beside the chunks of the run in progress.
func (s *swap) writePartial() error {
	if err := knownOnly(s.partial); err != nil {
		return err
	}
	if err := makeFolders(s.partial); err != nil {
		return err
	}
	if err := s.clearResults(); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.files.Others)) {
		sum := sha256.New()
		err := writeFile(filepath.Join(s.partial, name), func(w io.Writer) error {
			return s.files.Others[name](io.MultiWriter(w, sum))
		})
		if err != nil {
			return err
		}
		s.digests[name] = digestText(sum.Sum(nil))
	}
	if len(s.digests) > 0 {
		text, err := encodeJSON(s.digests)
		if err != nil {
			return err
		}
		s.baseline[digestsName] = text
	}
	for _, name := range slices.Sorted(maps.Keys(s.baseline)) {
		if err := writeSynced(filepath.Join(s.partial, name), s.baseline[name]); err != nil {
			return err
		}
	}
	if s.files.Environment != nil {
		if err := writeSynced(filepath.Join(s.partial, EnvironmentName), s.files.Environment()); err != nil {
			return err
		}
	}
	return syncFolder(s.partial)
}

// clearResults removes what an interrupted Write left of its files.
func (s *swap) clearResults() error {
	for _, name := range resultNames {
		if err := os.Remove(filepath.Join(s.partial, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// setAside moves the present results away, if there are any.
func (s *swap) setAside() error {
	if !holdsFiles(s.dir) {
		return nil
	}
	if err := inTheWay(s.dir, s.dir); err != nil {
		return err
	}
	if err := writeSynced(filepath.Join(s.dir, replacedMarker), nil); err != nil {
		return err
	}
	if err := syncFolder(s.dir); err != nil {
		return err
	}
	if err := os.Rename(s.dir, s.old); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.dir))
}

// moveIn gives the new folder its name, in place of an empty folder if there is one.
func (s *swap) moveIn() error {
	if err := removeEmpty(s.dir); err != nil {
		return err
	}
	if err := os.Rename(s.partial, s.dir); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(s.dir))
}

func (s *swap) removeOld() error {
	if !marked(s.old) {
		return nil
	}
	return removeReplaced(s.old)
}

// undo leaves the folder as it was before the swap, as far as the disk allows; the error that led here is what is reported.
func (s *swap) undo() {
	_ = restore(s.dir)
	if _, err := os.Stat(filepath.Join(s.partial, jobName)); err == nil {
		_ = s.clearResults()
	} else if knownOnly(s.partial) == nil {
		_ = os.RemoveAll(s.partial)
	}
}

// makeFolders makes a folder and its parents, and makes their names durable.
func makeFolders(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != dir {
		if err := makeFolders(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return syncFolder(filepath.Dir(dir))
}

// writeWhole writes a file that is there whole or not at all, whatever ends the process.
func writeWhole(path string, content []byte) error {
	if err := writeSynced(path+unfinished, content); err != nil {
		return err
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

func holdsFiles(dir string) bool {
	entries, err := os.ReadDir(dir)
	return err == nil && len(entries) > 0
}

// removeEmpty makes room for a rename, which does not replace folders.
func removeEmpty(dir string) error {
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s: %w: it is a file", dir, ErrNotOurs)
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func writeSynced(path string, content []byte) error {
	return writeFile(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeFile writes a file and makes it durable.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	err = write(f)
	return errors.Join(err, f.Sync(), f.Close())
}

// syncFolder makes the names in a folder durable. Some file systems cannot; the files themselves are synced all the same.
func syncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	_ = f.Sync()
	return f.Close()
}
