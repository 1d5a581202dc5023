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
	"sync"

	"failsim/measure"
	"failsim/sim"

	"github.com/klauspost/compress/zstd"
)

// A stored chunk is a row of sections, written as its trials are played: pieces of the outage windows and states of tallies, as they
// come, and last what the trials came to. Each reader takes what it needs.
type section struct {
	Kind   int64
	From   int64 // its first trial; of a tally, that of its chunk
	Trials int64
	Length int64 // in bytes, without this
}

const (
	sectionWindows int64 = iota + 1
	sectionTally
	sectionTrials

	sectionSize = 4 * 8
)

// trials is the gob of a sectionTrials, compressed. A sectionTally is gobs of measure.State, compressed.
type trials struct {
	Seed         uint64
	Columns      int
	Rows         []int64
	WindowTrials int64
}

// Storing gives everything to write, a section of a chunk at a time; last says that the chunk is whole.
func Storing(write func(chunk Range, section []byte, last bool) error) Sink {
	var idle packers
	return Sink{
		Windows: func(chunk Range, w *Windows) error {
			return write(chunk, section{sectionWindows, w.From, w.Trials, 0}.with(w.packed), false)
		},
		Tally: func(chunk Range, t *measure.Tally) error {
			text, err := idle.compressed(func(e *gob.Encoder) error {
				for state := range t.States() {
					if err := e.Encode(state); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				return err
			}
			return write(chunk, section{sectionTally, chunk.From, t.Trials(), 0}.with(text), false)
		},
		Chunk: func(c *Chunk) error {
			text, err := idle.compressed(func(e *gob.Encoder) error { return e.Encode(&trials{c.Seed, c.Columns, c.Rows, c.WindowTrials}) })
			if err != nil {
				return err
			}
			return write(c.Range, section{sectionTrials, c.From, c.To - c.From, 0}.with(text), true)
		},
	}
}

// with gives the section with its content.
func (s section) with(content []byte) []byte {
	s.Length = int64(len(content))
	text, err := binary.Append(nil, binary.LittleEndian, &s)
	if err != nil {
		panic("experiment: " + err.Error())
	}
	return append(text, content...)
}

// packers are compressors that are not in use: each has megabytes of its own.
type packers struct{ sync.Pool }

// compressed gives gobs that were compressed.
func (p *packers) compressed(write func(*gob.Encoder) error) ([]byte, error) {
	packer, ok := p.Get().(*zstd.Encoder)
	if !ok {
		var err error
		if packer, err = zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest)); err != nil {
			return nil, err
		}
	}
	defer p.Put(packer)
	var text bytes.Buffer
	packer.Reset(&text)
	err := write(gob.NewEncoder(packer))
	err = errors.Join(err, packer.Close())
	return text.Bytes(), err
}

// Stored is a chunk in storage.
type Stored struct {
	Range
	Seed    uint64
	Columns int
	Rows    []int64
	// Windows reads the outage windows that were kept, in the order of trials, or the error that ends them.
	Windows iter.Seq2[Window, error]
	tallies []piece
}

// Open begins to read a chunk of the same configuration. It checks what the shape of the data says; that the bytes are whole is for
// the caller to know.
func Open(cfg *sim.Config, in io.ReaderAt, size int64) (*Stored, error) {
	var c Stored
	var windows []piece
	for at := int64(0); at < size; {
		p, err := readSection(in, at, size)
		if err != nil {
			return nil, err
		}
		at += sectionSize + p.Length
		switch {
		case p.Kind == sectionWindows:
			windows = append(windows, p)
		case p.Kind == sectionTally:
			c.tallies = append(c.tallies, p)
		case p.Kind == sectionTrials && at == size:
			kept, err := c.readTrials(p)
			if err != nil {
				return nil, err
			}
			return &c, c.takeWindows(cfg, windows, kept)
		default:
			return nil, fmt.Errorf("a section of kind %d in a chunk, %d bytes before its end", p.Kind, size-at)
		}
	}
	return nil, errors.New("a chunk without what its trials came to")
}

// piece is a section in storage.
type piece struct {
	section
	in *io.SectionReader
}

// readSection finds the section of a chunk that begins at a byte.
func readSection(in io.ReaderAt, at, size int64) (p piece, err error) {
	if err := binary.Read(io.NewSectionReader(in, at, size-at), binary.LittleEndian, &p.section); err != nil {
		return p, fmt.Errorf("a section of a chunk: %w", err)
	}
	at += sectionSize
	if p.Length < 0 || p.Length > size-at || p.From < 0 || p.Trials <= 0 || p.Trials > ChunkSize {
		return p, fmt.Errorf("a section of a chunk with %d trials from %d on in %d bytes of %d", p.Trials, p.From, p.Length, size-at)
	}
	p.in = io.NewSectionReader(in, at, p.Length)
	return p, nil
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
	for i := range c.tallies {
		if err := c.tallies[i].addTo(total); err != nil {
			return err
		}
	}
	if n := total.Trials() - before; n != c.To-c.From {
		return fmt.Errorf("tallies of %d trials; want %d", n, c.To-c.From)
	}
	return nil
}

func (p *piece) addTo(total *measure.Tally) error {
	return decompressed(io.NewSectionReader(p.in, 0, p.Length), func(d *gob.Decoder) error {
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
