// Package store keeps the results folder of a run: whole or not at all, and never in place of something else.
//
// A folder belongs to failsim when it holds a manifest.json of failsim; only such a folder, or an empty one, is ever
// replaced. Check decides before a run whether its results may go there, so that no run ends in a refusal. Write puts
// the new folder together beside the old one, in DIR.partial, and swaps the two: DIR -> DIR.old, DIR.partial -> DIR,
// remove DIR.old. A process that dies between these steps leaves a state that the next Check or Write recognizes and
// repairs. The old folder carries a marker while it is set aside, so that a copy which somebody named DIR.old is never
// taken for a leftover.
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
)

// ManifestName is the file that makes a folder failsim's.
const ManifestName = "manifest.json"

// replacedMarker stands in the old results from before they are set aside until they are removed.
const replacedMarker = ".failsim-replaced"

// ErrNotOurs says that a path holds something that failsim did not write, and will not replace.
var ErrNotOurs = errors.New("not a results folder of failsim")

// ErrInPlace says that a folder cannot be replaced as a whole.
var ErrInPlace = errors.New("cannot be replaced as a whole")

// ErrOtherRun says that a folder holds the results of another run.
var ErrOtherRun = errors.New("holds results of another run")

// Manifest says what ran, so that it can be run again, and what came out, by digest.
type Manifest struct {
	Failsim  string   `json:"failsim"` // semantic version
	Engine   int      `json:"engine"`
	Scenario Scenario `json:"scenario"`
	Seed     uint64   `json:"seed"`
	Trials   int64    `json:"trials"`
	// Part is which of the trials are here; nil: all.
	Part *TrialRange `json:"part,omitempty"`
	// Outages is whose outage windows are here, as --outages has it.
	Outages string `json:"outages"`
	// Precision is the rule that ended the run, as `--precision` has it; empty where the number of trials was given.
	Precision string `json:"precision,omitempty"`
	// MaxTrials is the ceiling of a run that ends by its precision.
	MaxTrials  int64   `json:"max_trials,omitempty"`
	Confidence float64 `json:"confidence"`
	// Methods name how estimates and intervals were made, one short string each.
	Methods []string `json:"methods"`
	// Digests are "sha256:<hex>" by file name. Write fills them in.
	Digests map[string]string `json:"digests"`
}

// TrialRange is trials From to To-1, counted from 0.
type TrialRange struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// String writes `0 to 100`: without the last number.
func (r TrialRange) String() string { return fmt.Sprintf("%d to %d", r.From, r.To) }

// Scenario is the question that was asked. Identity is the hash of its parsed meaning, Text the file as it stood, and Files
// the contents of those that it names, by their names in it.
type Scenario struct {
	Name     string            `json:"name"`
	Identity string            `json:"identity"`
	Text     string            `json:"text"`
	Files    map[string]string `json:"files,omitempty"`
}

// Check tells before a run whether its results may be written to dir: nil when dir is absent, empty, or holds results of
// the same run (scenario identity, seed, trials, confidence); with update, of any run. Otherwise the error is ErrNotOurs or
// ErrOtherRun. It first repairs what an interrupted Write left.
func Check(dir string, m Manifest, update bool) error {
	folder, err := resolve(dir)
	if err != nil {
		return err
	}
	if err := movable(folder, dir); err != nil {
		return err
	}
	if err := mustBeFree(folder+".partial", dir); err != nil {
		return err
	}
	if err := restore(folder); err != nil {
		return err
	}
	old, err := read(folder, dir)
	if err != nil || old == nil {
		return err
	}
	if err := inTheWay(folder, dir); err != nil {
		return err
	}
	if diffs := m.differsFrom(old); len(diffs) > 0 && !update {
		return fmt.Errorf("%s %w (%s): write elsewhere with -o DIR, or replace it with --update",
			dir, ErrOtherRun, strings.Join(diffs, "; "))
	}
	return nil
}

// Read returns the manifest of the results in dir.
func Read(dir string) (*Manifest, error) {
	folder, err := resolve(dir)
	if err != nil {
		return nil, err
	}
	m, err := read(folder, dir)
	if m == nil && err == nil {
		err = fmt.Errorf("%s: %w: no %s", dir, ErrNotOurs, ManifestName)
	}
	return m, err
}

// Holds tells whether content is what the manifest has as a file of the results.
func (m *Manifest) Holds(name string, content []byte) bool {
	return m.Digests[name] == digestOf(content)
}

// Owns tells whether a path names what a run leaves in a results folder, there or not.
func Owns(path string) bool {
	name := filepath.Base(path)
	if !slices.Contains(resultNames, name) && name != chunksName {
		return false
	}
	_, err := Read(filepath.Dir(path))
	return err == nil
}

// differsFrom lists in which respects old is of another run than m.
func (m *Manifest) differsFrom(old *Manifest) (diffs []string) {
	if old.Scenario.Identity != m.Scenario.Identity {
		if old.Scenario.Name != m.Scenario.Name {
			diffs = append(diffs, fmt.Sprintf("scenario %s there, %s here", old.Scenario.Name, m.Scenario.Name))
		} else {
			diffs = append(diffs, fmt.Sprintf("scenario %s has changed since", m.Scenario.Name))
		}
	}
	if old.Seed != m.Seed {
		diffs = append(diffs, fmt.Sprintf("seed %d there, %d here", old.Seed, m.Seed))
	}
	if there, here := old.extent(), m.extent(); there != here {
		diffs = append(diffs, fmt.Sprintf("%s there, %s here", there, here))
	}
	if old.Confidence != m.Confidence {
		diffs = append(diffs, fmt.Sprintf("confidence %v there, %v here", old.Confidence, m.Confidence))
	}
	return diffs
}

// extent words how many trials were to be played. How many a precision needed is an outcome, not a part of the question.
func (m *Manifest) extent() string {
	switch {
	case m.Precision != "":
		return fmt.Sprintf("precision %s within %d trials", m.Precision, m.MaxTrials)
	case m.Part != nil:
		return fmt.Sprintf("trials %v of %d", m.Part, m.Trials)
	}
	return fmt.Sprintf("%d trials", m.Trials)
}

// read returns the manifest in the folder, nil if the folder is absent or empty. shown is its name in messages.
func read(folder, shown string) (*Manifest, error) {
	entries, err := os.ReadDir(folder)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		if info, statErr := os.Stat(folder); statErr == nil && !info.IsDir() {
			return nil, fmt.Errorf("%s: %w: it is a file", shown, ErrNotOurs)
		}
		return nil, err
	case len(entries) == 0:
		return nil, nil
	}
	text, err := os.ReadFile(filepath.Join(folder, ManifestName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w: it has files but no %s, and is left alone", shown, ErrNotOurs, ManifestName)
	}
	if err != nil {
		return nil, err
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil || m.Failsim == "" || m.Scenario.Identity == "" {
		return nil, fmt.Errorf("%s: %w: its %s is not one of failsim, and is left alone", shown, ErrNotOurs, ManifestName)
	}
	return &m, nil
}

// movable refuses a folder that cannot be renamed, or whose renaming would pull it from under the one who asks.
func movable(folder, shown string) error {
	if here, err := os.Getwd(); err == nil {
		if here, err = filepath.EvalSymlinks(here); err == nil && (here == folder || strings.HasPrefix(here, folder+"/")) {
			return fmt.Errorf("%s %w: it is the folder that you are in, or around it", shown, ErrInPlace)
		}
	}
	info, err := os.Stat(folder)
	parent, parentErr := os.Stat(filepath.Dir(folder))
	if err == nil && parentErr == nil && isMountPoint(info, parent) {
		return fmt.Errorf("%s %w: it is a mount point; want a folder in it", shown, ErrInPlace)
	}
	return nil
}

// inTheWay refuses to set dir aside under a name that something else has.
func inTheWay(folder, shown string) error {
	if _, err := os.Lstat(folder + ".old"); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	return fmt.Errorf("%s.old is in the way: %w left over from a run: move it elsewhere", shown, ErrNotOurs)
}

// restore repairs what an interrupted Write left: it brings DIR.old back where DIR is missing, and otherwise removes it if
// it was set aside by Write.
func restore(folder string) error {
	old := folder + ".old"
	if holdsFiles(folder) {
		if marked(old) {
			if err := removeReplaced(old); err != nil {
				return err
			}
		}
	} else if _, err := Read(old); err == nil { // otherwise not failsim's, so not a leftover either
		if err := removeEmpty(folder); err != nil {
			return err
		}
		if err := os.Rename(old, folder); err != nil {
			return err
		}
	}
	if marked(folder) {
		if err := os.Remove(filepath.Join(folder, replacedMarker)); err != nil {
			return err
		}
	}
	return endProgress(folder)
}

// endProgress removes what results keep of the run that gave them: its job and, unless they are of a part, its chunks.
func endProgress(folder string) error {
	if _, err := os.Lstat(filepath.Join(folder, jobName)); errors.Is(err, fs.ErrNotExist) {
		return nil // it came to its end
	}
	m, err := read(folder, folder)
	if err != nil || m == nil {
		return err
	}
	if m.Part == nil {
		if err := os.RemoveAll(filepath.Join(folder, chunksName)); err != nil {
			return err
		}
	}
	return os.Remove(filepath.Join(folder, jobName))
}

func marked(dir string) bool {
	_, err := os.Lstat(filepath.Join(dir, replacedMarker))
	return err == nil
}

// removeReplaced removes results that were set aside, the marker last: what is left of an interruption is still marked.
func removeReplaced(old string) error {
	entries, err := os.ReadDir(old)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // somebody else may be at it
		return err
	}
	for _, entry := range entries {
		if entry.Name() == replacedMarker {
			continue
		}
		if err := os.RemoveAll(filepath.Join(old, entry.Name())); err != nil {
			return err
		}
	}
	return os.RemoveAll(old)
}

// resolve follows dir to the folder that it means, symbolic links included, so that it is this folder that is replaced and
// not the link. Neither the folder nor its parents need to exist.
func resolve(dir string) (string, error) {
	path, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	const maxLinks = 40 // as Linux
	for range maxLinks {
		folder, err := filepath.EvalSymlinks(path)
		if err == nil {
			return folder, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
		target, _ := os.Readlink(path)
		if target == "" { // no link: a folder that is still to be made
			return path, nil
		}
		if !filepath.IsAbs(target) {
			target = filepath.Join(filepath.Dir(path), target)
		}
		path = target
	}
	return "", fmt.Errorf("%s: too many symbolic links", dir)
}
