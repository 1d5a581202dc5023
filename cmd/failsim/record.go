package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"failsim/scenario"
	"failsim/server"
	"failsim/sim"
	"failsim/store"
)

// session is one in which nothing has been done yet.
func (f *serveFlags) session(sc *scenario.Scenario) scenario.Session {
	return scenario.Session{Start: sc.Config.Start, Seed: f.seed, Unattended: !f.operator}
}

// mayRecord says before anything is served what would keep the session from being written, and gives what it has to keep to; nil where
// it is not recorded.
func (f *serveFlags) mayRecord(sc *scenario.Scenario) (*server.Bounds, error) {
	if f.record == "" {
		return nil, nil
	}
	if err := mayCreate(f.record); err != nil {
		return nil, usagef("--record: %w", err)
	}
	session := f.session(sc)
	if f.start == startNow {
		session.Start = time.Now()
	}
	end, err := sc.Recordable(session)
	if err != nil {
		return nil, usagef("--record: %w", err)
	}
	return &server.Bounds{End: end, Seed: scenario.MostSeed}, nil
}

// mayCreate tells what keeps a file from being made, and leaves no trace.
func mayCreate(path string) error {
	if exists(path) {
		return fmt.Errorf("%s is there already; want the name of a new file", path)
	}
	dir := filepath.Dir(path)
	if store.Owns(path) {
		return fmt.Errorf("%s is a file of the results in %s; want another name", path, dir)
	}
	if up := strings.LastIndex(path, "/../"); up >= 0 { // no folder is made to go up from
		if _, err := os.Stat(path[:up+len("/..")]); err != nil {
			return err
		}
	}
	for !exists(dir) && dir != filepath.Dir(dir) { // it will be made
		dir = filepath.Dir(dir)
	}
	probe, err := os.CreateTemp(dir, ".failsim-*")
	if err != nil {
		return err
	}
	return errors.Join(probe.Close(), os.Remove(probe.Name()))
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// writeRecord writes what was done to the fleet as a scenario. Whatever goes wrong, the text is kept somewhere, and the error says where.
func (a *app) writeRecord(f *serveFlags, sc *scenario.Scenario, fleet *server.Fleet) error {
	if f.record == "" {
		return nil
	}
	session := f.session(sc)
	clock := fleet.Clock()
	session.Start, session.Seed, session.Until = clock.Start, fleet.Seed(), clock.Now
	for _, deed := range fleet.Deeds() {
		if deed.Call != nil {
			session.Calls = append(session.Calls, *deed.Call)
		} else {
			session.Faults = append(session.Faults, *deed.Fault)
		}
	}
	slices.SortStableFunc(session.Faults, func(a, b sim.FaultConfig) int { return cmp.Compare(a.At, b.At) })
	text, err := sc.Record(&session)
	path := f.record
	if err != nil {
		path += ".unreadable"
	}
	where, unwritten := a.keep(path, text)
	switch {
	case err == nil && unwritten == nil && where == f.record:
		return nil
	case err == nil && unwritten == nil:
		err = fmt.Errorf("--record: %s came to be meanwhile, and stays as it is", f.record)
	case err == nil:
		err = unwritten
	case unwritten != nil:
		err = fmt.Errorf("%w; %w", err, unwritten)
	}
	return fmt.Errorf("%w; what was recorded is in %s", err, where)
}

// keep writes a text to a new file of that name, or where one came to be meanwhile, of a name like it; where that cannot be, to a temporary
// file, or else to stdout. It says where the text is.
func (a *app) keep(path string, text []byte) (where string, err error) {
	suffix := filepath.Ext(path)
	stem := strings.TrimSuffix(path, suffix)
	where = path
	for n := 2; exists(where); n++ {
		where = fmt.Sprintf("%s-%d%s", stem, n, suffix)
	}
	write := func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	}
	if err = writeNew([]newFile{{where, write}}, false); err == nil {
		return where, nil
	}
	temporary, failed := os.CreateTemp("", "failsim-session-*.toml")
	if failed == nil {
		if failed = errors.Join(write(temporary), temporary.Sync(), temporary.Close()); failed == nil {
			return temporary.Name(), err
		}
	}
	return "stdout", errors.Join(err, failed, write(a.stdout))
}
