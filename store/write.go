package store

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
)

// Write makes dir hold the manifest and the files (contents by name) and nothing else. Where they are there already, byte
// by byte, it changes nothing. On an error the folder is as it was before. Parents are created.
func Write(dir string, m Manifest, files map[string][]byte) error {
	s, err := newSwap(dir, m, files)
	if err != nil || s.unchanged() {
		return err
	}
	for _, step := range s.steps() {
		if err := step(); err != nil {
			s.undo()
			return fmt.Errorf("writing results to %s: %w", dir, err)
		}
	}
	return nil
}

// swap replaces one results folder by another.
type swap struct {
	dir, old, partial string
	files             map[string][]byte // the manifest included
}

func newSwap(dir string, m Manifest, files map[string][]byte) (*swap, error) {
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
	manifest, err := m.encode(files)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(files)
	if all == nil {
		all = map[string][]byte{}
	}
	all[ManifestName] = manifest
	return &swap{dir: folder, old: folder + ".old", partial: folder + ".partial", files: all}, nil
}

// encode writes the manifest as JSON with the digests of files: the same bytes for the same content.
func (m Manifest) encode(files map[string][]byte) ([]byte, error) {
	m.Digests = map[string]string{}
	for name, content := range files {
		sum := sha256.Sum256(content)
		m.Digests[name] = "sha256:" + hex.EncodeToString(sum[:])
	}
	if m.Methods == nil {
		m.Methods = []string{}
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(m)
	return text.Bytes(), err
}

// unchanged tells whether every file is there already.
func (s *swap) unchanged() bool {
	for name, content := range s.files {
		there, err := os.ReadFile(filepath.Join(s.dir, name))
		if err != nil || !bytes.Equal(there, content) {
			return false
		}
	}
	return true
}

// steps are the moves of a swap in order. A process may die after any of them; restore and the first step repair that.
func (s *swap) steps() []func() error {
	return []func() error{s.clearPartial, s.writePartial, s.setAside, s.moveIn, s.removeOld}
}

// clearPartial removes what an interrupted Write left of its new folder: nothing but the files that a Write makes.
func (s *swap) clearPartial() error {
	entries, err := os.ReadDir(s.partial)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if _, known := s.files[entry.Name()]; !known {
			return fmt.Errorf("%s is in the way: %w: it holds %s", s.partial, ErrNotOurs, entry.Name())
		}
	}
	return os.RemoveAll(s.partial)
}

func (s *swap) writePartial() error {
	if err := os.MkdirAll(s.partial, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(s.files)) {
		if err := writeSynced(filepath.Join(s.partial, name), s.files[name]); err != nil {
			return err
		}
	}
	return syncFolder(s.partial)
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
	return os.Rename(s.dir, s.old)
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
	_ = s.clearPartial()
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
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
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
