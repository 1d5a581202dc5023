package store

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A run in progress lives in DIR.partial: job.json says what runs, chunks/ has one file for each finished chunk.
const (
	jobName    = "job.json"
	chunksName = "chunks"
	unfinished = ".tmp" // ends the name of a file that is being written
)

// Job is what a run in progress plays: chunks of one Job add up, those of two do not.
type Job struct {
	Engine   int    `json:"engine"`
	Name     string `json:"scenario"`
	Identity string `json:"identity"`
	Seed     uint64 `json:"seed"`
	// Range is the trials, Stop the stopping rule, both in words.
	Range string `json:"trials"`
	Stop  string `json:"stop"`
	// Outages is whose outage windows are kept, as --outages has it.
	Outages string `json:"outages"`
}

// ErrOtherJob says that DIR.partial is of another run than the one that is to be resumed.
var ErrOtherJob = errors.New("cannot be resumed")

// Chunk names a finished chunk by its trials, From to To-1.
type Chunk struct{ From, To int64 }

func (c Chunk) file() string { return fmt.Sprintf("%012d-%012d", c.From, c.To) }

// Partial is a run in progress.
type Partial struct{ dir, shown string }

// Dir names the folder that it lives in.
func (p *Partial) Dir() string { return p.shown }

// Open begins a run whose results will go to dir. With resume it goes on with what an interrupted run of the same Job has
// left, if anything; otherwise that is removed. ErrOtherJob names what differs.
func Open(dir string, job Job, resume bool) (*Partial, error) {
	folder, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	p := &Partial{folder + ".partial", strings.TrimRight(dir, "/") + ".partial"}
	if err := knownOnly(p.dir); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(job, "", "  ")
	if err != nil {
		return nil, err
	}
	old, err := os.ReadFile(filepath.Join(p.dir, jobName))
	switch {
	case resume && err == nil && len(old) > 0:
		var there Job
		if err := json.Unmarshal(old, &there); err != nil {
			return nil, fmt.Errorf("%s %w: its %s: %w", p.shown, ErrOtherJob, jobName, err)
		}
		if diffs := job.differsFrom(there); len(diffs) > 0 {
			return nil, fmt.Errorf("%s %w (%s): run it as it was, or without --resume to begin again", p.shown, ErrOtherJob,
				strings.Join(diffs, "; "))
		}
		return p, nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	if err := os.RemoveAll(p.dir); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(p.dir, chunksName), 0o755); err != nil {
		return nil, err
	}
	return p, writeWhole(filepath.Join(p.dir, jobName), text)
}

// writeWhole writes a file that is there whole or not at all, whatever ends the process.
func writeWhole(path string, content []byte) error {
	if err := writeSynced(path+unfinished, content); err != nil {
		return err
	}
	if err := os.Rename(path+unfinished, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// differsFrom lists in which respects the job that is there is another.
func (j Job) differsFrom(there Job) (diffs []string) {
	differs := func(format string, there, here any) {
		if there != here {
			diffs = append(diffs, fmt.Sprintf(format, there, here))
		}
	}
	differs("engine %v there, %v here", there.Engine, j.Engine)
	if there.Name != j.Name {
		diffs = append(diffs, fmt.Sprintf("scenario %s there, %s here", there.Name, j.Name))
	} else if there.Identity != j.Identity {
		diffs = append(diffs, fmt.Sprintf("scenario %s has changed since", j.Name))
	}
	differs("seed %v there, %v here", there.Seed, j.Seed)
	differs("trials %v there, %v here", there.Range, j.Range)
	differs("stopping rule %q there, %q here", there.Stop, j.Stop)
	differs("outage windows: %v there, %v here", there.Outages, j.Outages)
	return diffs
}

// knownOnly refuses a folder that holds anything but what a run in progress does.
func knownOnly(partial string) error {
	entries, err := os.ReadDir(partial)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := strings.TrimSuffix(entry.Name(), unfinished)
		if name != jobName && name != chunksName && !slices.Contains(resultNames, name) {
			return fmt.Errorf("%s is in the way: %w: it holds %s", partial, ErrNotOurs, name)
		}
	}
	return nil
}

// Save keeps a finished chunk: it is there whole or not at all, whatever ends the process. Several goroutines may save.
func (p *Partial) Save(c Chunk, content []byte) error {
	sum := sha256.Sum256(content)
	err := writeWhole(filepath.Join(p.dir, chunksName, c.file()), append(sum[:], content...))
	if err != nil {
		return fmt.Errorf("keeping trials %d to %d: %w", c.From, c.To, err)
	}
	return nil
}

// Chunks lists the finished chunks, ascending. Those whose bytes are not what was written are dropped.
func (p *Partial) Chunks() ([]Chunk, error) {
	return chunksIn(p.dir, func(c Chunk) error {
		return os.Remove(filepath.Join(p.dir, chunksName, c.file()))
	})
}

// Load reads a chunk.
func (p *Partial) Load(c Chunk) ([]byte, error) { return loadChunk(p.dir, c) }

// Discard removes the run in progress.
func (p *Partial) Discard() error { return os.RemoveAll(p.dir) }

// ErrTorn says that a chunk is not what was written.
var ErrTorn = errors.New("a damaged chunk")

func loadChunk(dir string, c Chunk) ([]byte, error) {
	path := filepath.Join(dir, chunksName, c.file())
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if len(text) < sha256.Size || sha256.Sum256(text[sha256.Size:]) != [sha256.Size]byte(text[:sha256.Size]) {
		return nil, fmt.Errorf("%s: %w", path, ErrTorn)
	}
	return text[sha256.Size:], nil
}

// chunksIn lists the chunks of a folder, ascending; torn is told of those that are damaged.
func chunksIn(dir string, torn func(Chunk) error) (chunks []Chunk, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, chunksName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	for _, entry := range entries {
		var c Chunk
		if n, _ := fmt.Sscanf(entry.Name(), "%d-%d", &c.From, &c.To); n != 2 || entry.Name() != c.file() {
			continue // one that was never finished
		}
		switch _, err := loadChunk(dir, c); {
		case errors.Is(err, ErrTorn):
			if err := torn(c); err != nil {
				return nil, err
			}
			continue
		case err != nil:
			return nil, err
		}
		chunks = append(chunks, c)
	}
	return chunks, nil
}
