package store

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
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
	digests, err := readDigests(folder, dir)
	if err != nil {
		return err
	}
	if len(digests) == 0 {
		return fmt.Errorf("%s has only what is to be committed", dir)
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

// Digest gives the digest of one of the files in dir that are not to be committed. ErrOtherRun says that it is another than
// digests.json has of it; where that lists none, any is right.
func Digest(dir, name string) (string, error) {
	folder, err := resolve(dir)
	if err != nil {
		return "", err
	}
	digests, err := readDigests(folder, dir)
	if err != nil {
		return "", err
	}
	digest, err := digestOfFile(filepath.Join(folder, name))
	if known := digests[name]; err == nil && known != "" && digest != known {
		err = fmt.Errorf("%s is damaged, or %w: %s has another digest of it", filepath.Join(dir, name), ErrOtherRun, digestsName)
	}
	return digest, err
}

// readDigests reads the digests.json of a folder; one without has none. shown is its name in messages.
func readDigests(folder, shown string) (map[string]string, error) {
	digests := map[string]string{}
	text, err := os.ReadFile(filepath.Join(folder, digestsName))
	if errors.Is(err, fs.ErrNotExist) {
		return digests, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &digests)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", filepath.Join(shown, digestsName), err)
	}
	return digests, err
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
