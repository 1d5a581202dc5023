package experiment

import (
	"encoding/binary"
	"fmt"
	"iter"

	"failsim/sim"
)

// Window is an outage window of a node group in a trial.
type Window struct {
	Trial int64
	sim.OutageWindow
}

// Windows are outage windows of node groups, packed to 17 bytes or so each: a year of a fleet of 3,000 nodes has ten thousand
// of them a trial, and a chunk holds those of thousands of trials. The zero Windows has none.
type Windows struct {
	First  int64    // the trial of the first element of Packed
	Packed [][]byte // by trial
}

// Add takes up the windows of one trial, which comes after those of all trials before it. Windows of groups and of the fleet are
// left out: they follow from the others.
func (w *Windows) Add(trial int64, windows []sim.OutageWindow) {
	if len(w.Packed) == 0 {
		w.First = trial
	}
	for w.First+int64(len(w.Packed)) < trial {
		w.Packed = append(w.Packed, nil)
	}
	w.Packed = append(w.Packed, appendWindows(nil, windows))
}

// All gives the windows in the order of trials. What Decode let through is sound.
func (w *Windows) All() iter.Seq[Window] {
	return func(yield func(Window) bool) {
		for i, text := range w.Packed {
			window := Window{Trial: w.First + int64(i)}
			for len(text) > 0 {
				var err error
				if text, err = unpackWindow(text, &window.OutageWindow); err != nil {
					panic("experiment: " + err.Error())
				}
				if !yield(window) {
					return
				}
			}
		}
	}
}

// check finds windows that are not of the configuration, or no windows at all.
func (w *Windows) check(cfg *sim.Config) error {
	for _, text := range w.Packed {
		var window sim.OutageWindow
		for len(text) > 0 {
			var err error
			if text, err = unpackWindow(text, &window); err != nil {
				return err
			}
			if window.Group < 0 || int(window.Group) >= len(cfg.Groups) || window.NodeGroup < 0 ||
				int(window.NodeGroup) >= len(cfg.Groups[window.Group].NodeGroups) || window.Cause >= sim.NumCauses ||
				window.Campaign < -1 || int(window.Campaign) >= len(cfg.Campaigns) {
				return fmt.Errorf("an outage window of node group %d of group %d, campaign %d, which is not here", window.NodeGroup,
					window.Group, window.Campaign)
			}
		}
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
