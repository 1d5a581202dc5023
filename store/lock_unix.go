//go:build unix

package store

import (
	"errors"
	"os"
	"syscall"
)

// lock takes hold of an open folder until it is closed, by whatever ends the process; false if somebody else has it.
func lock(folder *os.File) (bool, error) {
	err := syscall.Flock(int(folder.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return false, nil
	}
	return err == nil, err
}

// isMountPoint tells whether a folder is on another file system than its parent, so that it cannot be renamed.
func isMountPoint(folder, parent os.FileInfo) bool {
	a, aOK := folder.Sys().(*syscall.Stat_t)
	b, bOK := parent.Sys().(*syscall.Stat_t)
	return aOK && bOK && a.Dev != b.Dev
}
