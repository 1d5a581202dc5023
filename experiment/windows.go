package experiment

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"slices"

	"failsim/sim"
)

// Window is an outage window of a node group in a trial.
type Window struct {
	Trial int64
	sim.OutageWindow
}

// Windows are the outage windows of node groups in trials that follow each other, packed to 17 bytes or so each: a year of a fleet of
// 3,000 nodes has ten thousand of them a trial. The zero Windows has none.
type Windows struct {
	From, Trials int64
	// packed has for each trial the length of its windows in bytes, as lengthSize bytes, and the windows.
	packed []byte
}

const lengthSize = 4

// Add takes up the windows of one trial, which is the one after those before it. Windows of groups and of the fleet are left out: they
// follow from the others.
func (w *Windows) Add(trial int64, windows []sim.OutageWindow) {
	if w.Trials == 0 {
		w.From = trial
	}
	if trial != w.From+w.Trials {
		panic("experiment: outage windows of trials that do not follow each other")
	}
	w.Trials++
	at := len(w.packed)
	w.packed = appendWindows(append(w.packed, make([]byte, lengthSize)...), windows)
	binary.LittleEndian.PutUint32(w.packed[at:], uint32(len(w.packed)-at-lengthSize))
}

// reset empties the Windows; it keeps its memory.
func (w *Windows) reset() { w.Trials, w.packed = 0, w.packed[:0] }

// windows gives those of a section in the order of trials, or the error that ends them; false if no more are wanted.
func (p *piece) windows(cfg *sim.Config, yield func(Window, error) bool) bool {
	in := bufio.NewReaderSize(io.NewSectionReader(p.in, 0, p.in.Size()), readSize)
	var text []byte
	for trial := p.From; trial < p.From+p.Trials; trial++ {
		var err error
		if text, err = readPacked(in, text); err != nil {
			yield(Window{}, fmt.Errorf("outage windows of trial %d: %w", trial, err))
			return false
		}
		window := Window{Trial: trial}
		for rest := text; len(rest) > 0; {
			if rest, err = unpackWindow(rest, &window.OutageWindow); err == nil {
				err = check(cfg, &window.OutageWindow)
			}
			if !yield(window, err) || err != nil {
				return false
			}
		}
	}
	return true
}

// readSize is how many bytes of a section are read at a time.
const readSize = 1 << 16

// readPacked reads the packed windows of one trial over those of another.
func readPacked(in io.Reader, text []byte) ([]byte, error) {
	var length [lengthSize]byte
	if _, err := io.ReadFull(in, length[:]); err != nil {
		return nil, err
	}
	n := int(binary.LittleEndian.Uint32(length[:]))
	text = slices.Grow(text[:0], n)[:n]
	_, err := io.ReadFull(in, text)
	return text, err
}

// check finds a window that is not of the configuration.
func check(cfg *sim.Config, w *sim.OutageWindow) error {
	if w.Group < 0 || int(w.Group) >= len(cfg.Groups) || w.NodeGroup < 0 || int(w.NodeGroup) >= len(cfg.Groups[w.Group].NodeGroups) ||
		w.Cause >= sim.NumCauses || w.Campaign < -1 || int(w.Campaign) >= len(cfg.Campaigns) {
		return fmt.Errorf("an outage window of node group %d of group %d, campaign %d, which is not here", w.NodeGroup, w.Group, w.Campaign)
	}
	return nil
}

// A packed window is seven varints: group, node group, campaign, cause, kind, when it opened after the window before it, and
// how long it lasted. The kind is access and observer, and whether the window is censored, from the lowest bit on.
const (
	censoredBit  = 1
	observerBit  = 1 << 1
	accessShift  = 2
	highestKind  = int64(sim.AccessRedundancy)<<accessShift | observerBit | censoredBit
	packedFields = 7
)

// appendWindows packs the windows of node groups.
func appendWindows(text []byte, windows []sim.OutageWindow) []byte {
	var last sim.Time
	for i := range windows {
		w := &windows[i]
		if w.NodeGroup < 0 {
			continue
		}
		kind := int64(w.Access)<<accessShift | int64(w.Observer)*observerBit
		if w.Censored {
			kind |= censoredBit
		}
		for _, v := range [packedFields]int64{int64(w.Group), int64(w.NodeGroup), int64(w.Campaign), int64(w.Cause), kind,
			int64(w.From - last), int64(w.To - w.From)} {
			text = binary.AppendVarint(text, v)
		}
		last = w.From
	}
	return text
}

// unpackWindow reads the window that follows the one given, and gives the rest.
func unpackWindow(text []byte, w *sim.OutageWindow) ([]byte, error) {
	var fields [packedFields]int64
	for i := range fields {
		v, n := binary.Varint(text)
		if n <= 0 {
			return nil, fmt.Errorf("an outage window that ends in the middle")
		}
		fields[i], text = v, text[n:]
	}
	kind := fields[4]
	if kind < 0 || kind > highestKind || fields[3] < 0 || fields[3] >= int64(sim.NumCauses) || fields[0] != int64(int32(fields[0])) ||
		fields[1] != int64(int32(fields[1])) || fields[2] != int64(int32(fields[2])) {
		return nil, fmt.Errorf("an outage window of group %d, node group %d, campaign %d, cause %d and kind %d, which cannot be",
			fields[0], fields[1], fields[2], fields[3], kind)
	}
	from := w.From + sim.Time(fields[5])
	*w = sim.OutageWindow{
		From: from, To: from + sim.Time(fields[6]), Group: int32(fields[0]), NodeGroup: int32(fields[1]), Campaign: int32(fields[2]),
		Access: sim.Access(kind >> accessShift), Observer: sim.Observer(kind / observerBit & 1), Cause: sim.Cause(fields[3]),
		Censored: kind&censoredBit != 0,
	}
	return text, nil
}
