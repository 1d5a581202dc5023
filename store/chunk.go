package store

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"sync"
)

// A chunk's file is the SHA-256 of its content, and the content.

// NewChunk is a chunk that is being written. Keep makes it a finished one: it is there whole or not at all, whatever ends the process.
type NewChunk struct {
	partial *Partial
	chunk   Chunk
	file    *os.File
	mutex   sync.Mutex
	sum     hash.Hash
}

// Begin starts to write a chunk, over what nobody has finished of it.
func (p *Partial) Begin(c Chunk) (*NewChunk, error) {
	n := &NewChunk{partial: p, chunk: c, sum: sha256.New()}
	var err error
	if n.file, err = os.OpenFile(n.path()+unfinished, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644); err != nil {
		return nil, n.failed(err)
	}
	if _, err := n.file.Write(make([]byte, sha256.Size)); err != nil {
		n.Drop()
		return nil, n.failed(err)
	}
	return n, nil
}

func (n *NewChunk) path() string { return filepath.Join(n.partial.dir, chunksName, n.chunk.file()) }

func (n *NewChunk) failed(err error) error {
	return fmt.Errorf("keeping trials %d to %d: %w", n.chunk.From, n.chunk.To, err)
}

// Write adds to the content. Several goroutines may write: what each gives at a time stays together.
func (n *NewChunk) Write(text []byte) (int, error) {
	n.mutex.Lock()
	defer n.mutex.Unlock()
	n.sum.Write(text)
	written, err := n.file.Write(text)
	if err != nil {
		err = n.failed(err)
	}
	return written, err
}

// Keep ends the chunk.
func (n *NewChunk) Keep() error {
	_, err := n.file.WriteAt(n.sum.Sum(nil), 0)
	err = errors.Join(err, n.file.Sync(), n.file.Close())
	if err == nil {
		err = os.Rename(n.path()+unfinished, n.path())
	}
	if err == nil {
		err = syncFolder(filepath.Dir(n.path()))
	}
	if err != nil {
		return n.failed(err)
	}
	n.partial.mutex.Lock()
	defer n.partial.mutex.Unlock()
	n.partial.sound[n.chunk] = true
	return nil
}

// Drop gives the chunk up.
func (n *NewChunk) Drop() {
	_ = n.file.Close()
	_ = os.Remove(n.path() + unfinished)
}

// KeptChunk is the content of a finished chunk.
type KeptChunk struct {
	*io.SectionReader
	file *os.File
}

// Close ends reading.
func (k *KeptChunk) Close() { _ = k.file.Close() }

// ErrTorn says that a chunk is not what was written.
var ErrTorn = errors.New("a damaged chunk")

// loadChunk opens a chunk whose bytes are what was written.
func loadChunk(dir string, c Chunk) (*KeptChunk, error) {
	path := filepath.Join(dir, chunksName, c.file())
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	k := &KeptChunk{file: file}
	whole, err := k.verify()
	if err == nil && !whole {
		err = fmt.Errorf("%s: %w", path, ErrTorn)
	}
	if err != nil {
		k.Close()
		return nil, err
	}
	return k, nil
}

// verify finds the content, and tells whether it is what was written.
func (k *KeptChunk) verify() (whole bool, err error) {
	info, err := k.file.Stat()
	if err != nil {
		return false, err
	}
	if info.Size() < sha256.Size {
		return false, nil
	}
	k.SectionReader = io.NewSectionReader(k.file, sha256.Size, info.Size()-sha256.Size)
	var want [sha256.Size]byte
	if _, err := k.file.ReadAt(want[:], 0); err != nil {
		return false, err
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(k, 0, k.Size())); err != nil {
		return false, err
	}
	return [sha256.Size]byte(sum.Sum(nil)) == want, nil
}

func checkChunk(dir string, c Chunk) error {
	k, err := loadChunk(dir, c)
	if err == nil {
		k.Close()
	}
	return err
}
