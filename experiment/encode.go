package experiment

import (
	"bytes"
	"encoding/gob"
	"fmt"

	"failsim/measure"
	"failsim/sim"

	"github.com/klauspost/compress/zstd"
)

// Stored is a chunk as it lies on disk: plain data.
type Stored struct {
	Range
	Seed    uint64
	State   measure.State
	Columns int
	Rows    []int64
	Windows []Window
}

// Encode writes the chunk for storage: gob, compressed.
func (c *Chunk) Encode() ([]byte, error) {
	var out bytes.Buffer
	packer, err := zstd.NewWriter(&out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return nil, err
	}
	stored := Stored{c.Range, c.Seed, c.Tally.State(), len(c.Tally.Columns()), c.Rows, c.Windows}
	if err := gob.NewEncoder(packer).Encode(&stored); err != nil {
		return nil, err
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
	var c Stored
	if err := gob.NewDecoder(unpacker).Decode(&c); err != nil {
		return nil, err
	}
	if c.From < 0 || c.To <= c.From || int64(len(c.Rows)) != (c.To-c.From)*int64(c.Columns) {
		return nil, fmt.Errorf("a chunk of trials %d to %d with %d numbers", c.From, c.To, len(c.Rows))
	}
	for _, w := range c.Windows {
		if w.Group < 0 || int(w.Group) >= len(cfg.Groups) || w.NodeGroup < 0 ||
			int(w.NodeGroup) >= len(cfg.Groups[w.Group].NodeGroups) || w.Cause >= sim.NumCauses {
			return nil, fmt.Errorf("an outage window of node group %d of group %d, which is not here", w.NodeGroup, w.Group)
		}
	}
	return &c, nil
}
