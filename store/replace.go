package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Replace writes one file of the results in dir again, one of those that digests.json has digests of, and keeps digests.json
// true. Where the file and its digest are there already nothing changes. Each of the two is written whole or not at all; a
// process that dies between them leaves a digest that the next Replace repairs.
func Replace(dir, name string, content []byte) error {
	mustKnow(name)
	folder, err := resolve(dir)
	if err != nil {
		return err
	}
	if err := restore(folder); err != nil {
		return err
	}
	if m, err := read(folder, dir); err != nil || m == nil {
		if err == nil {
			err = fmt.Errorf("%s: %w: no %s", dir, ErrNotOurs, ManifestName)
		}
		return err
	}
	digests, err := digestsWith(folder, name, content)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(dir, digestsName), err)
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{name, content}, {digestsName, digests}} {
		if err := replaceFile(filepath.Join(folder, file.name), file.content); err != nil {
			return fmt.Errorf("writing %s: %w", filepath.Join(dir, file.name), err)
		}
	}
	return syncFolder(folder)
}

// digestsWith is the folder's digests.json with the digest of one file changed or added.
func digestsWith(folder, name string, content []byte) ([]byte, error) {
	digests := map[string]string{}
	text, err := os.ReadFile(filepath.Join(folder, digestsName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	if err == nil {
		if err := json.Unmarshal(text, &digests); err != nil {
			return nil, err
		}
	}
	digests[name] = digestOf(content)
	return encodeJSON(digests)
}

// replaceFile puts content in the place of a file, unless it is there already.
func replaceFile(path string, content []byte) error {
	if there, err := os.ReadFile(path); err == nil && bytes.Equal(there, content) {
		return nil
	}
	written := path + ".new"
	if err := writeSynced(written, content); err != nil {
		return errors.Join(err, os.Remove(written))
	}
	return os.Rename(written, path)
}
