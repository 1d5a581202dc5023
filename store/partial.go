package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// A run in progress lives in DIR.partial: job.json says what runs, chunks/ has one file for each finished chunk. The process
// that runs holds a lock on the folder.
const (
	jobName    = "job.json"
	chunksName = "chunks"
	unfinished = ".tmp" // ends the name of a file that is being written
)

// Job is what a run in progress plays: chunks of one Job add up, those of two do not.
type Job struct {
	Failsim  string `json:"failsim"`
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

// ErrOtherJob says that DIR.partial keeps trials of another run than the one that is to be begun or resumed.
var ErrOtherJob = errors.New("keeps trials of another run")

// ErrBusy says that another process works on the same results.
var ErrBusy = errors.New("another run is writing there")

// Chunk names a finished chunk by its trials, From to To-1.
type Chunk struct{ From, To int64 }

func (c Chunk) file() string { return fmt.Sprintf("%012d-%012d", c.From, c.To) }

func (c Chunk) trials() int64 { return c.To - c.From }

// chunkNamed reads the name of a chunk's file.
func chunkNamed(name string) (c Chunk, ok bool) {
	n, _ := fmt.Sscanf(name, "%d-%d", &c.From, &c.To)
	return c, n == 2 && name == c.file() && c.From < c.To
}

// Partial is a run in progress. Close gives it up.
type Partial struct {
	dir, shown string
	held       *os.File // keeps the lock
	mutex      sync.Mutex
	sound      map[Chunk]bool // chunks that this process has written or checked
	dropped    int64
}

// How says what Open does about trials that an interrupted run has kept.
type How struct {
	Resume  bool // go on with those of the same Job
	Replace bool // drop those of another Job
}

// Open begins a run whose results will go to dir. With Resume it goes on with what an interrupted run of the same Job has
// left, if anything. Without, that is dropped (see Dropped); trials of another Job are dropped only with Replace, and
// otherwise ErrOtherJob names what differs. ErrBusy says that another process is at it.
func Open(dir string, job Job, how How) (*Partial, error) {
	folder, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	p := &Partial{dir: folder + ".partial", sound: map[Chunk]bool{}}
	p.shown = p.dir
	if there, err := filepath.Abs(dir); err == nil && there == folder {
		p.shown = filepath.Clean(dir) + ".partial"
	}
	if err := p.hold(); err != nil {
		return nil, err
	}
	resumed, err := p.settle(job, how)
	if err == nil && !resumed {
		err = p.begin(job)
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	return p, nil
}

// hold makes the folder, if need be, and locks it.
func (p *Partial) hold() error {
	if err := knownOnly(p.dir); err != nil {
		return err
	}
	if err := makeFolders(p.dir); err != nil {
		return err
	}
	held, err := os.Open(p.dir)
	if err != nil {
		return err
	}
	free, err := lock(held)
	if err == nil && free {
		// The holder before may have given the folder another name since: it became the results.
		locked, lockedErr := held.Stat()
		there, thereErr := os.Stat(p.dir)
		free = lockedErr == nil && thereErr == nil && os.SameFile(locked, there)
	}
	switch {
	case err == nil && free:
		p.held = held
		return nil
	case err == nil:
		err = fmt.Errorf("%s: %w", p.shown, ErrBusy)
	}
	return errors.Join(err, held.Close())
}

// mustBeFree says ErrBusy while another process holds a run in progress.
func mustBeFree(partial, shown string) error {
	folder, err := os.Open(partial)
	if err != nil {
		return nil // there is none
	}
	defer folder.Close()
	if free, err := lock(folder); err != nil || !free {
		return errors.Join(err, fmt.Errorf("%s: %w", shown, ErrBusy))
	}
	return nil
}

// settle decides about what an interrupted run has left; true if the run goes on with it.
func (p *Partial) settle(job Job, how How) (resumed bool, err error) {
	text, err := os.ReadFile(filepath.Join(p.dir, jobName))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var there Job
	diffs := []string{jobName + " cannot be read"}
	if json.Unmarshal(text, &there) == nil {
		diffs = job.differsFrom(there)
	}
	if len(diffs) == 0 && how.Resume {
		return true, nil
	}
	kept, err := p.Chunks()
	if err != nil {
		return false, err
	}
	if len(kept) == 0 && !how.Resume {
		return false, nil
	}
	if len(diffs) > 0 && (how.Resume || !how.Replace) {
		mend := "finish that one with --resume as it was, or replace it with --update"
		if how.Resume {
			mend = "run it as it was, or with --update and without --resume to begin again"
		}
		return false, fmt.Errorf("%s %w (%s): %s", p.shown, ErrOtherJob, strings.Join(diffs, "; "), mend)
	}
	for _, c := range kept {
		p.dropped += c.trials()
	}
	return false, nil
}

// begin empties the folder and says what runs. The old job goes first: without one no chunk counts.
func (p *Partial) begin(job Job) error {
	for _, name := range append([]string{jobName, chunksName}, resultNames...) {
		if err := os.RemoveAll(filepath.Join(p.dir, name)); err != nil {
			return err
		}
	}
	clear(p.sound)
	if err := makeFolders(filepath.Join(p.dir, chunksName)); err != nil {
		return err
	}
	text, err := json.MarshalIndent(job, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(p.dir, jobName), text)
}

// Dir names the folder that it lives in.
func (p *Partial) Dir() string { return p.shown }

// Dropped is how many trials an interrupted run had kept, which this one does not go on with.
func (p *Partial) Dropped() int64 { return p.dropped }

// Close gives the folder up to others.
func (p *Partial) Close() { _ = p.held.Close() }

// differsFrom lists in which respects the job that is there is another.
func (j Job) differsFrom(there Job) (diffs []string) {
	differs := func(format string, there, here any) {
		if there != here {
			diffs = append(diffs, fmt.Sprintf(format, there, here))
		}
	}
	differs("failsim %v there, %v here", there.Failsim, j.Failsim)
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
	known := func(name string) bool {
		return name == jobName || name == chunksName || slices.Contains(resultNames, name)
	}
	if err := eachKnown(partial, partial, known); err != nil {
		return err
	}
	return eachKnown(filepath.Join(partial, chunksName), partial, func(name string) bool {
		_, ok := chunkNamed(name)
		return ok
	})
}

// eachKnown refuses the first name in a folder that is not known, be its file finished or not.
func eachKnown(folder, shown string, known func(name string) bool) error {
	entries, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !known(strings.TrimSuffix(entry.Name(), unfinished)) {
			return fmt.Errorf("%s is in the way: %w: it holds %s", shown, ErrNotOurs, entry.Name())
		}
	}
	return nil
}

// Chunks lists the finished chunks, ascending and apart from each other. Those whose bytes are not what was written are
// dropped.
func (p *Partial) Chunks() ([]Chunk, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	chunks, err := chunksIn(p.dir, p.sound, func(c Chunk) error {
		return os.Remove(filepath.Join(p.dir, chunksName, c.file()))
	})
	for _, c := range chunks {
		p.sound[c] = true
	}
	return chunks, err
}

// Load opens a chunk.
func (p *Partial) Load(c Chunk) (*KeptChunk, error) { return loadChunk(p.dir, c) }

// Discard removes the run in progress.
func (p *Partial) Discard() error { return os.RemoveAll(p.dir) }

// chunksIn lists the chunks of a folder, ascending. Those that are not known to be sound are read; torn is told of those that
// are damaged, or have trials that one before has.
func chunksIn(dir string, sound map[Chunk]bool, torn func(Chunk) error) (chunks []Chunk, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, chunksName))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	next := int64(0)
	for _, entry := range entries {
		c, ok := chunkNamed(entry.Name())
		if !ok {
			continue // one that was never finished
		}
		if !sound[c] {
			err = checkChunk(dir, c)
		}
		switch {
		case errors.Is(err, ErrTorn), err == nil && c.From < next:
			if err := torn(c); err != nil {
				return nil, err
			}
			err = nil
			continue
		case err != nil:
			return nil, err
		}
		chunks = append(chunks, c)
		next = c.To
	}
	return chunks, nil
}
