package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// example is a command of the manual; shown is what the manual has under it, up to the next command.
type example struct {
	line    int // of the command, from 0
	command string
	shown   []string
}

// shellExamples finds the examples of a page: blocks that are set in by four blanks. Where a command begins with `$ `, what does not is output.
func shellExamples(lines []string) (examples []example) {
	dollars := false
	for i, line := range lines {
		text, isCode := strings.CutPrefix(line, "    ")
		if !isCode {
			dollars = false
			continue
		}
		command, isCommand := strings.CutPrefix(text, "$ ")
		dollars = dollars || isCommand
		if isCommand || !dollars {
			examples = append(examples, example{line: i, command: command})
			continue
		}
		last := &examples[len(examples)-1]
		last.shown = append(last.shown, text)
	}
	return examples
}

const (
	servePage = "../../docs/serve.md"
	mark      = "=== example " // begins the line before each example's output

	// What the page shows; a server of the test has the token, and addresses of its own.
	apiAddress, controlAddress = "127.0.0.1:6390", "127.0.0.1:6391"
	pageToken                  = "5KQ2J6N7WXVQ3LZBVAD4TRI5AE"
)

// TestExamplesOfTheManualAreAsShown runs every shell example of docs/serve.md as it is written, in the order of the page and in one shell, and
// compares what the page shows. Ports are whichever are free; aws and a second terminal have stand-ins (testdata/standins.sh; crosscheck/aws runs
// the AWS CLI itself).
func TestExamplesOfTheManualAreAsShown(t *testing.T) {
	for _, tool := range []string{"bash", "curl", "jq"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("the examples need %s: %v; .ci/run installs it", tool, err)
		}
	}
	text, err := os.ReadFile(servePage)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(text), "\n")
	examples := shellExamples(lines)
	if len(examples) < 25 {
		t.Fatalf("%d examples: what is looked for has another form now", len(examples))
	}
	got := runExamples(t, examples)
	for i := range slices.Backward(examples) {
		e := &examples[i]
		where := fmt.Sprintf("docs/serve.md:%d: %s", e.line+1, e.command)
		code, output, _ := strings.Cut(got[i], "\n")
		told := strings.Split(strings.TrimSuffix(output, "\n"), "\n")
		switch {
		case code != "0":
			t.Errorf("%s: exit code %s: %s", where, code, output)
		case len(e.shown) == 0 && strings.Contains(output, `"error"`):
			t.Errorf("%s: %s", where, output)
		case len(e.shown) > 0 && !slices.Equal(told, e.shown):
			t.Errorf("%s: %s", where, cmp.Diff(e.shown, told))
			lines = slices.Replace(lines, e.line+1, e.line+1+len(e.shown), indented(told)...)
		}
	}
	if *update {
		if err := os.WriteFile(servePage, []byte(strings.Join(lines, "\n")), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func indented(lines []string) []string {
	all := make([]string, len(lines))
	for i, line := range lines {
		all[i] = "    " + line
	}
	return all
}

// runExamples runs the examples, and gives for each its exit code and, from the next line on, its output.
func runExamples(t *testing.T, examples []example) []string {
	t.Helper()
	var script strings.Builder
	fmt.Fprintf(&script, ". %s\n", fixture(t, "standins.sh"))
	for _, e := range examples {
		command := strings.NewReplacer(apiAddress, "$SERVED_API", controlAddress, "$SERVED_CONTROL").Replace(e.command)
		if strings.Contains(command, "/v1/live") {
			command = "watch " + command
		}
		fmt.Fprintf(&script, "%s > output.txt 2>&1\necho '%s'$?\ncat output.txt\n", block(command), mark)
	}
	script.WriteString("stop && wait $watcher && echo '" + mark + "'$? && cat watched.txt\n")
	dir := t.TempDir()
	path := filepath.Join(dir, "examples.sh")
	if err := os.WriteFile(path, []byte(script.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", path)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "API=127.0.0.1:0", "CONTROL=127.0.0.1:0", "PAGE_API="+apiAddress, "PAGE_CONTROL="+controlAddress, "SERVED_TOKEN="+pageToken, "GROUPS_JSON="+fixture(t, "carts.json"))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // with the shell ends what it has started
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
	said := strings.Split(string(out), mark)[1:]
	if err != nil || len(said) != len(examples)+1 {
		t.Fatalf("%v, after %d of %d examples: %s", err, len(said), len(examples), out)
	}
	if watched := said[len(examples)]; !strings.Contains(watched, "event: begin\n") || !strings.HasSuffix(watched, "event: end\ndata: {}\n\n") {
		t.Errorf("the stream: %s", watched)
	}
	return said[:len(examples)]
}

// block runs a command in this shell, a comment at its end included.
func block(command string) string { return "{ " + command + "\n}" }
