package store

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNoWhole says that parts do not make up all the trials of an experiment.
var ErrNoWhole = errors.New("the parts do not make a whole")

// Parts are the results of all the parts of one experiment.
type Parts struct {
	// Manifest is that of the part with the first trials, which lies in Dir.
	Manifest *Manifest
	Dir      string
	chunks   []Chunk
	homes    map[Chunk]string // the folder that has the chunk
}

// OpenParts reads what runs of parts of the trials left in the folders, given in any order. The parts must be of one run and
// have every trial of it once: ErrOtherRun and ErrNoWhole name the part that is of another, and the trials that are missing or
// there twice.
func OpenParts(dirs []string) (*Parts, error) {
	var parts []part
	for _, dir := range dirs {
		p, err := openPart(dir)
		if err != nil {
			return nil, err
		}
		parts = append(parts, p)
		if err := parts[0].sameRun(p); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(parts, func(a, b part) int { return cmp.Compare(a.manifest.Part.From, b.manifest.Part.From) })
	if err := whole(parts); err != nil {
		return nil, err
	}
	all := &Parts{Manifest: parts[0].manifest, Dir: parts[0].dir, homes: map[Chunk]string{}}
	for _, p := range parts {
		all.chunks = append(all.chunks, p.chunks...)
		for _, c := range p.chunks {
			all.homes[c] = p.dir
		}
	}
	return all, nil
}

// Chunks lists those of all parts, ascending.
func (p *Parts) Chunks() []Chunk { return p.chunks }

// Load opens a chunk.
func (p *Parts) Load(c Chunk) (*KeptChunk, error) { return loadChunk(p.homes[c], c) }

// part is the results of some of an experiment's trials.
type part struct {
	dir      string
	manifest *Manifest
	chunks   []Chunk
}

func openPart(dir string) (part, error) {
	m, err := Read(dir)
	if err != nil {
		return part{}, err
	}
	if m.Part == nil {
		return part{}, fmt.Errorf("%s %w: it has all %d trials; want what --shard, or --trials-from and --trials-to, left", dir,
			ErrOtherRun, m.Trials)
	}
	chunks, err := chunksIn(dir, nil, func(c Chunk) error {
		return fmt.Errorf("%s: trials %d to %d: %w: run this part again", dir, c.From, c.To, ErrTorn)
	})
	if err != nil {
		return part{}, err
	}
	next := m.Part.From
	for _, c := range chunks {
		if c.From != next {
			break
		}
		next = c.To
	}
	if next != m.Part.To {
		return part{}, fmt.Errorf("%s: of its trials %v, those from %d on are not there: run this part again", dir, m.Part, next)
	}
	return part{dir, m, chunks}, nil
}

// sameRun refuses a part of another run.
func (p part) sameRun(other part) error {
	diffs := other.manifest.partDiffers(p.manifest)
	if len(diffs) == 0 {
		return nil
	}
	return fmt.Errorf("%s %w than %s (%s)", other.dir, ErrOtherRun, p.dir, strings.Join(diffs, "; "))
}

// partDiffers lists in which respects a part is of another run than m, besides which trials it has.
func (m *Manifest) partDiffers(there *Manifest) []string {
	mine, theirs := *m, *there
	mine.Part, theirs.Part = nil, nil
	diffs := mine.differsFrom(&theirs)
	if mine.Engine != theirs.Engine {
		diffs = append(diffs, fmt.Sprintf("engine %d there, %d here", theirs.Engine, mine.Engine))
	}
	if mine.Failsim != theirs.Failsim {
		diffs = append(diffs, fmt.Sprintf("failsim %s there, %s here", theirs.Failsim, mine.Failsim))
	}
	if mine.Outages != theirs.Outages {
		diffs = append(diffs, fmt.Sprintf("outage windows: %s there, %s here", theirs.Outages, mine.Outages))
	}
	return diffs
}

// whole checks that parts, in the order of their first trials, have every trial once.
func whole(parts []part) error {
	next := int64(0)
	for i, p := range parts {
		switch r := p.manifest.Part; {
		case r.From > next:
			return missingTrials(next, r.From, p.manifest.Trials)
		case r.From < next:
			before := parts[i-1]
			return fmt.Errorf("%w: %s has trials %v, %s has trials %v", ErrNoWhole, before.dir, before.manifest.Part, p.dir, r)
		default:
			next = r.To
		}
	}
	if trials := parts[0].manifest.Trials; next < trials {
		return missingTrials(next, trials, trials)
	}
	return nil
}

func missingTrials(from, to, of int64) error {
	return fmt.Errorf("%w: no part has trials %v of %d", ErrNoWhole, TrialRange{from, to}, of)
}
