package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"failsim/scenario"
	"failsim/server"
	"failsim/sim"
)

const recordedFleet = "name = \"fleet\"\nhorizon = \"1h\"\n[[replication_group]]\nid = \"carts\"\ncluster_mode = \"disabled\"\n"

// recordTo writes a session of 20 calls to a file, as serve does at its end.
func recordTo(t *testing.T, path, text string) (stdout string, err error) {
	t.Helper()
	sc, err := scenario.Parse("fleet.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	fleet := server.NewFleet(&sc.Config, 1, server.Clock{Wall: func() time.Time { return time.Unix(0, 0) }, Speed: 1, Paused: true})
	for range 20 {
		fleet.Call(sim.CallConfig{Group: "carts", NodeGroup: "0001"}, func(*sim.World) {})
	}
	var out bytes.Buffer
	a := &app{stdout: &output{to: &out}}
	err = a.writeRecord(&serveFlags{record: path, seed: 1}, sc, fleet)
	return out.String(), err
}

// TestARecordedSessionIsNeverLost: a text that is too long to be read again, a file that came to be meanwhile, and a folder that went.
func TestARecordedSessionIsNeverLost(t *testing.T) {
	holds := func(path string) bool {
		text, err := os.ReadFile(path)
		return err == nil && strings.Count(string(text), "[[call]]") == 20
	}
	complaint := func(err error, parts ...string) {
		t.Helper()
		for _, part := range parts {
			if err == nil || exitCode(err) == exitFine || !strings.Contains(err.Error(), part) {
				t.Errorf("%v; want %q", err, part)
			}
		}
	}
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	fine := filepath.Join(dir, "sub", "fine.toml")
	if _, err := recordTo(t, fine, recordedFleet); err != nil || !holds(fine) {
		t.Error(err)
	}

	long := filepath.Join(dir, "long.toml")
	_, err := recordTo(t, long, recordedFleet+strings.Repeat("# what else is there to say\n", 4<<20/28-24))
	complaint(err, "cannot be read again", "what was recorded is in "+long+".unreadable")
	if !holds(long+".unreadable") || exists(long) {
		t.Error("the long session is lost")
	}

	there := filepath.Join(dir, "there.toml")
	for _, name := range []string{"there.toml", "there-2.toml"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	beside := filepath.Join(dir, "there-3.toml")
	_, err = recordTo(t, there, recordedFleet)
	complaint(err, there+" came to be meanwhile, and stays as it is; what was recorded is in "+beside)
	if text, _ := os.ReadFile(there); string(text) != "mine" || !holds(beside) {
		t.Errorf("%s: %s", there, text)
	}

	_, err = recordTo(t, filepath.Join(there, "session.toml"), recordedFleet)
	complaint(err, "not a directory", "what was recorded is in "+dir)
	if found, _ := filepath.Glob(filepath.Join(dir, "failsim-session-*.toml")); len(found) != 1 || !holds(found[0]) {
		t.Errorf("in the folder for temporary files: %v", found)
	}
	t.Setenv("TMPDIR", there)
	stdout, err := recordTo(t, filepath.Join(there, "session.toml"), recordedFleet)
	complaint(err, "what was recorded is in stdout")
	if strings.Count(stdout, "[[call]]") != 20 {
		t.Error("not in stdout either")
	}
}

// TestAFileThatCannotBeMadeIsKnownBefore, and looking leaves no trace.
func TestAFileThatCannotBeMadeIsKnownBefore(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(dir, "new.toml"):          "",
		filepath.Join(dir, "sub/deep/new.toml"): "",
		file:                                    "is there already",
		filepath.Join(file, "new.toml"):         "not a directory",
		"/proc/failsim/new.toml":                "/proc",
		dir:                                     "is there already",
		dir + "/nope/../new.toml":               "no such file",
		dir + "/nope/../sub/new.toml":           "no such file",
		dir + "/../" + filepath.Base(dir) + "/sub/new.toml": "",
		filepath.Join(file, "sub", "x/new.toml"):            "not a directory",
	} {
		if err := mayCreate(path); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v; want %q", path, err, want)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
