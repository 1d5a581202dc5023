package experiment

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"failsim/measure"
	"failsim/sim"

	"github.com/klauspost/compress/zstd"
)

// A stored chunk is a row of sections, so that it is written while its trials are played, and each reader takes what it needs: pieces
// of the outage windows, as they came; what the trials came to; last, up to the end, the state of the tally.
type section struct {
	Kind   int64
	From   int64 // its first trial
	Trials int64
	Length int64 // in bytes, without this; toEnd for the last
}

const (
	sectionWindows int64 = iota + 1
	sectionTrials
	sectionState

	toEnd       = -1
	sectionSize = 4 * 8
)

// trials is the gob of a sectionTrials, compressed. A sectionState is gobs of measure.State, compressed.
type trials struct {
	Seed         uint64
	Columns      int
	Rows         []int64
	WindowTrials int64
}

// Encode gives a piece of a chunk's windows for storage.
func (w *Windows) Encode() []byte {
	return append((&section{sectionWindows, w.From, w.Trials, int64(len(w.packed))}).bytes(), w.packed...)
}

func (s *section) bytes() []byte {
	text, err := binary.Append(nil, binary.LittleEndian, s)
	if err != nil {
		panic("experiment: " + err.Error())
	}
	return text
}

// Encode writes the chunk to storage. Its windows have to be there already.
func (c *Chunk) Encode(out io.Writer) error {
	var text bytes.Buffer
	err := compressed(&text, func(e *gob.Encoder) error {
		return e.Encode(&trials{c.Seed, len(c.Tally.Columns()), c.Rows, c.WindowTrials})
	})
	if err != nil {
		return err
	}
	head := section{sectionTrials, c.From, c.To - c.From, int64(text.Len())}
	if _, err := out.Write(append(head.bytes(), text.Bytes()...)); err != nil {
		return err
	}
	last := section{sectionState, c.From, c.To - c.From, toEnd}
	if _, err := out.Write(last.bytes()); err != nil {
		return err
	}
	return compressed(out, func(e *gob.Encoder) error {
		for state := range c.Tally.States() {
			if err := e.Encode(state); err != nil {
				return err
			}
		}
		return nil
	})
}

// compressed writes gobs.
func compressed(out io.Writer, write func(*gob.Encoder) error) error {
	packer, err := zstd.NewWriter(out, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
	if err != nil {
		return err
	}
	err = write(gob.NewEncoder(packer))
	return errors.Join(err, packer.Close())
}

// Stored is a chunk in storage.
type Stored struct {
	Range
	Seed    uint64
	Columns int
	Rows    []int64
	// Windows reads the outage windows that were kept, in the order of trials, or the error that ends them.
	Windows iter.Seq2[Window, error]
	state   *io.SectionReader
}

// Open begins to read a chunk of the same configuration. It checks what the shape of the data says; that the bytes are whole is for
// the caller to know.
func Open(cfg *sim.Config, in io.ReaderAt, size int64) (*Stored, error) {
	var pieces []piece
	for at := int64(0); at < size; {
		var s section
		if err := binary.Read(io.NewSectionReader(in, at, size-at), binary.LittleEndian, &s); err != nil {
			return nil, fmt.Errorf("a section of a chunk: %w", err)
		}
		at += sectionSize
		if s.Length == toEnd {
			s.Length = size - at
		}
		if s.Length < 0 || s.Length > size-at || s.From < 0 || s.Trials <= 0 || s.Trials > ChunkSize {
			return nil, fmt.Errorf("a section of a chunk with %d trials from %d on in %d bytes of %d", s.Trials, s.From, s.Length, size-at)
		}
		pieces = append(pieces, piece{s, io.NewSectionReader(in, at, s.Length)})
		at += s.Length
	}
	windows := len(pieces) - 2
	if windows < 0 || pieces[windows].Kind != sectionTrials || pieces[windows+1].Kind != sectionState {
		return nil, fmt.Errorf("a chunk of %d sections, without what its trials came to", len(pieces))
	}
	c := &Stored{state: pieces[windows+1].in}
	kept, err := c.readTrials(pieces[windows])
	if err == nil {
		err = c.takeWindows(cfg, pieces[:windows], kept)
	}
	return c, err
}

// piece is a section in storage.
type piece struct {
	section
	in *io.SectionReader
}

// readTrials reads what the trials came to, and tells of how many the windows are kept.
func (c *Stored) readTrials(p piece) (windowTrials int64, err error) {
	var t trials
	err = decompressed(p.in, func(d *gob.Decoder) error { return d.Decode(&t) })
	if err != nil {
		return 0, err
	}
	c.Range, c.Seed, c.Columns, c.Rows = Range{p.From, p.From + p.Trials}, t.Seed, t.Columns, t.Rows
	if c.Columns < 0 || int64(len(c.Rows)) != p.Trials*int64(c.Columns) {
		return 0, fmt.Errorf("a chunk of trials %d to %d with %d numbers", c.From, c.To, len(c.Rows))
	}
	return t.WindowTrials, nil
}

// takeWindows checks that the pieces are of the first trials of the chunk, each of them once.
func (c *Stored) takeWindows(cfg *sim.Config, pieces []piece, kept int64) error {
	slices.SortFunc(pieces, func(a, b piece) int { return int(a.From - b.From) })
	next := c.From
	for _, p := range pieces {
		if p.Kind != sectionWindows || p.From != next {
			return fmt.Errorf("a chunk with outage windows of trials from %d on, where those from %d on belong", p.From, next)
		}
		next += p.Trials
	}
	if next-c.From != kept {
		return fmt.Errorf("a chunk with outage windows of %d trials; want %d", next-c.From, kept)
	}
	c.Windows = func(yield func(Window, error) bool) {
		for i := range pieces {
			if !pieces[i].windows(cfg, yield) {
				return
			}
		}
	}
	return nil
}

// AddTo lets a Tally take up all trials of the chunk. After an error that Tally is of no further use.
func (c *Stored) AddTo(total *measure.Tally) error {
	before := total.Trials()
	err := decompressed(io.NewSectionReader(c.state, 0, c.state.Size()), func(d *gob.Decoder) error {
		for {
			var state measure.State
			err := d.Decode(&state)
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err == nil {
				err = total.AddState(state)
			}
			if err != nil {
				return err
			}
		}
	})
	if n := total.Trials() - before; err == nil && n != c.To-c.From {
		err = fmt.Errorf("the state of %d trials; want %d", n, c.To-c.From)
	}
	return err
}

// decompressed reads gobs.
func decompressed(in io.Reader, read func(*gob.Decoder) error) error {
	unpacker, err := zstd.NewReader(in, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer unpacker.Close()
	return read(gob.NewDecoder(unpacker))
}
