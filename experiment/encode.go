package experiment

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"failsim/measure"
	"failsim/sim"

	"github.com/klauspost/compress/zstd"
)

// Stored is a chunk that was read from storage.
type Stored struct {
	Range
	Seed    uint64
	State   measure.State
	Columns int
	Rows    []int64
	Windows Windows
}

// head is what comes first of a stored chunk. The packed windows of WindowTrials trials follow one by one, since a message as long
// as all of them is slow to take in.
type head struct {
	Range
	Seed         uint64
	State        measure.State
	Columns      int
	Rows         []int64
	FirstWindows int64
	WindowTrials int
}

// Encode writes the chunk for storage: gob, compressed.
func (c *Chunk) Encode() ([]byte, error) {
	var out bytes.Buffer
	packer, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	encoder := gob.NewEncoder(packer)
	err = encoder.Encode(&head{c.Range, c.Seed, c.Tally.State(), len(c.Tally.Columns()), c.Rows, c.Windows.First, len(c.Windows.Packed)})
	if err != nil {
		return nil, err
	}
	for _, text := range c.Windows.Packed {
		if err := encoder.Encode(text); err != nil {
			return nil, err
		}
	}
	err = packer.Close()
	return out.Bytes(), err
}

// Decode reads what Encode wrote for the same configuration. It checks what the shape of the data says; that the bytes are
// whole is for the caller to know.
func Decode(cfg *sim.Config, text []byte) (*Stored, error) {
	unpacker, err := zstd.NewReader(bytes.NewReader(text), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	defer unpacker.Close()
	decoder := gob.NewDecoder(unpacker)
	var h head
	if err := decoder.Decode(&h); err != nil {
		return nil, err
	}
	if h.From < 0 || h.To <= h.From || int64(len(h.Rows)) != (h.To-h.From)*int64(h.Columns) {
		return nil, fmt.Errorf("a chunk of trials %d to %d with %d numbers", h.From, h.To, len(h.Rows))
	}
	c := &Stored{h.Range, h.Seed, h.State, h.Columns, h.Rows, Windows{First: h.FirstWindows}}
	for range h.WindowTrials {
		var text []byte
		if err := decoder.Decode(&text); err != nil {
			return nil, err
		}
		c.Windows.Packed = append(c.Windows.Packed, text)
	}
	return c, c.Windows.check(cfg)
}
