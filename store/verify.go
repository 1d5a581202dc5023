package store

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Verify checks that dir holds all of a run's results, not only those to commit, and that each file is what its digest says;
// of a part, that it has all of its chunks. An error says what is wrong.
func Verify(dir string) error {
	folder, err := resolve(dir)
	if err != nil {
		return err
	}
	m, err := read(folder, dir)
	if err != nil {
		return err
	}
	if m == nil {
		return fmt.Errorf("%s: %w: no %s", dir, ErrNotOurs, ManifestName)
	}
	digests := map[string]string{}
	text, err := os.ReadFile(filepath.Join(folder, digestsName))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, &digests); err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, digestsName), err)
	}
	maps.Copy(digests, m.Digests)
	if damaged := unlike(folder, digests); len(damaged) > 0 {
		return fmt.Errorf("%s: missing or damaged: %s", dir, strings.Join(damaged, ", "))
	}
	if m.Part != nil {
		_, err = openPart(folder)
	}
	return err
}

// unlike names the files of a folder that are not what their digests say.
func unlike(folder string, digests map[string]string) (names []string) {
	for _, name := range slices.Sorted(maps.Keys(digests)) {
		if sum, err := digestOfFile(filepath.Join(folder, name)); err != nil || sum != digests[name] {
			names = append(names, name)
		}
	}
	return names
}

func digestOfFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return digestText(sum.Sum(nil)), nil
}
