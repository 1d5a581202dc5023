//go:build linux

package main

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// onSmallDisk runs a shell script in a folder of a file system of its own, of 8 MiB. $failsim is the program and $scenario a
// scenario; nothing of it is seen outside. Making a file system asks for rights that not every machine grants.
func onSmallDisk(t *testing.T, script string) (output string, code int) {
	t.Helper()
	dir := t.TempDir()
	const mount = `mount -t tmpfs -o size=8m tmpfs "$dir" && cd "$dir"`
	unshare := func(script string) *exec.Cmd {
		cmd := exec.Command("unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script)
		failsim := program(t, dir)().Path
		cmd.Env = append(os.Environ(), "dir="+dir, "failsim="+failsim, "scenario="+fixture(t, "gap.toml"))
		return cmd
	}
	if out, err := unshare(mount).CombinedOutput(); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("no file system can be made here: %v: %s", err, out)
		}
		t.Skipf("no file system can be made here: %v: %s", err, out)
	}
	out, err := unshare(mount + " || exit 99\n" + script).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return string(out), exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	return string(out), 0
}

// A disk that is full, whether chunks or results no longer fit, or read-only is an error that leaves the old results whole;
// with room again the run goes on.
func TestFullDiskLeavesOldResultsWhole(t *testing.T) {
	const check = `
		"$failsim" run "$scenario" --trials 50 -o out --quiet || exit 90
		cp -r out before || exit 91
		FILL
		"$failsim" run "$scenario" --trials TRIALS -o out --update --resume; code=$?
		diff -r out before >&2 || exit 92
		rm -f fill
		mount -o remount,rw,size=100m . || exit 93
		"$failsim" run "$scenario" --trials TRIALS -o out --update --resume --quiet || exit 94
		"$failsim" run "$scenario" --trials TRIALS -o straight --quiet || exit 95
		diff -r -x environment.json out straight >&2 || exit 96
		exit $code`
	// Of 2,000 trials the chunk takes 310 KiB and the results three times that; the chunks of 12,000 take 1,030 KiB.
	const fill = `head -c $(($(df --output=avail -B1 . | tail -1) - 500000)) /dev/zero > fill`
	for name, c := range map[string]struct{ fill, trials, says string }{
		"chunks do not fit":  {fill, "12000", "failsim: keeping trials "},
		"results do not fit": {fill, "2000", "writing results to out: "},
		"read-only":          {`mount -o remount,ro .`, "2000", "read-only file system"},
	} {
		t.Run(name, func(t *testing.T) {
			script := strings.NewReplacer("FILL", c.fill, "TRIALS", c.trials).Replace(check)
			out, code := onSmallDisk(t, script)
			if code != exitFailed || !strings.Contains(out, c.says) || !strings.Contains(out, "failsim: ") {
				t.Errorf("exit %d; want %d and %q:\n%s", code, exitFailed, c.says, out)
			}
			if strings.Contains(out, "When a node group") {
				t.Error("a table was printed")
			}
		})
	}
}
