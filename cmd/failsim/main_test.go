package main

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the goldens")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"failsim": main})
}

func TestScripts(t *testing.T) {
	fixtures, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("TESTDATA", fixtures)
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "ports": ports, "http": request, "say": say, "terminate": terminate},
	})
}

// exits runs a command and checks its exit code: `exits 2 failsim run`.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func fixture(t *testing.T, name string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Error(diff)
	}
}

func TestGoldenOutputs(t *testing.T) {
	quickstart := filepath.Join(scenariosDir, "quickstart.toml")
	out := filepath.Join(t.TempDir(), "out")
	for name, args := range map[string][]string{
		"table.txt":     {"run", quickstart, "--trials", "300", "-o", out},
		"timeline.txt":  {"timeline", quickstart, "--trial", "3"},
		"timeline.json": {"timeline", quickstart, "--trial", "3", "--json"},
		"events.json":   {"timeline", quickstart, "--trial", "3", "--service-events", "--json"},
		"events.txt":    {"timeline", quickstart, "--trial", "3", "--service-events"},
		"check.txt":     {"check", "-v", quickstart},
	} {
		t.Run(name, func(t *testing.T) { golden(t, filepath.Join("testdata", "golden", name), call(t, args...)) })
	}
}

func TestProgressLine(t *testing.T) {
	for _, tt := range []struct {
		done, trials int64
		spent        time.Duration
		want         string
	}{
		{0, 1000, time.Second, "  0%"},
		{500, 2000, 2 * time.Second, " 25%  250 trials/s  6s left"},
		{2000, 2000, 4 * time.Second, "100%  500 trials/s  0s left"},
	} {
		if got := progressLine(tt.done, tt.trials, tt.spent); got != tt.want {
			t.Errorf("%d of %d in %v: %q, want %q", tt.done, tt.trials, tt.spent, got, tt.want)
		}
	}
}
