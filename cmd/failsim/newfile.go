package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"failsim/store"
)

// newFile is a file that is to be written.
type newFile struct {
	path  string
	write func(io.Writer) error
}

// writeNew writes files, each of them whole, and none where one fails. Folders are made. What is there already is an error of
// the user, unless it is to be replaced, and so is a file of a results folder; its page alone can be made again.
func writeNew(files []newFile, replace bool) (err error) {
	for _, f := range files {
		info, err := os.Stat(f.path)
		dir := filepath.Dir(f.path)
		switch {
		case store.Owns(f.path):
			return usagef("%s is a file of the results in %s; want another name", f.path, dir)
		case err == nil && info.IsDir():
			return usagef("%s is a folder; want the name of a file", f.path)
		case err == nil && !replace:
			return usagef("%s is there already: write elsewhere with -o, or replace it with --update", f.path)
		}
	}
	var written []string
	defer func() {
		for _, name := range written {
			_ = os.Remove(name) // gone where all went well
		}
	}()
	for _, f := range files {
		name, err := writeBeside(f)
		if name != "" {
			written = append(written, name)
		}
		if err != nil {
			return fmt.Errorf("writing %s: %w", f.path, err)
		}
	}
	for i, f := range files {
		if err := os.Rename(written[i], f.path); err != nil {
			return err
		}
	}
	return nil
}

// writeBeside writes a file under another name in its folder.
func writeBeside(f newFile) (name string, err error) {
	dir := filepath.Dir(f.path)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() || errors.Is(err, fs.ErrExist) || errors.Is(err, syscall.ENOTDIR) {
			return "", usageError{err}
		}
		return "", err
	}
	out, err := os.CreateTemp(dir, "."+filepath.Base(f.path)+"-*")
	if err != nil {
		return "", err
	}
	err = errors.Join(f.write(out), out.Chmod(0o644), out.Sync(), out.Close())
	return out.Name(), err
}

// stoppable makes a writing end with the error of ctx once that has ended.
func stoppable(ctx context.Context, write func(io.Writer) error) func(io.Writer) error {
	return func(w io.Writer) error { return write(stopWriter{ctx, w}) }
}

type stopWriter struct {
	ctx context.Context
	to  io.Writer
}

func (s stopWriter) Write(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.to.Write(p)
}
