package store

import (
	"bytes"
	"errors"
	"fmt"
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
	digests, err := readDigests(folder, dir)
	if err != nil {
		return err
	}
	digests[name] = digestOf(content)
	listed, err := encodeJSON(digests)
	if err != nil {
		return err
	}
	for _, file := range []struct {
		name    string
		content []byte
	}{{name, content}, {digestsName, listed}} {
		if err := replaceFile(filepath.Join(folder, file.name), file.content); err != nil {
			return fmt.Errorf("writing %s: %w", filepath.Join(dir, file.name), err)
		}
	}
	return syncFolder(folder)
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
