package scenario

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestBrokenScenariosAreAnswered loads each scenario of testdata/broken. A line that begins with #! is a message that the
// nearest line above without one must give; there must be no others.
func TestBrokenScenariosAreAnswered(t *testing.T) {
	files, err := filepath.Glob("testdata/broken/*.toml")
	if err != nil || len(files) == 0 {
		t.Fatal("no broken scenarios:", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			_, err := Load(file)
			mistakes, ok := errors.AsType[Errors](err)
			if !ok {
				t.Fatalf("want mistakes, got %v", err)
			}
			var got []string
			for _, m := range mistakes {
				if m.File != file {
					t.Errorf("a mistake in %s is said to be in %s", file, m.File)
				}
				got = append(got, fmt.Sprintf("%d: %s: %s", m.Line, m.Key, m.Text))
			}
			if diff := cmp.Diff(wanted(t, file), got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// wanted gives the messages that the lines of a file ask for, as `line: key: text`.
func wanted(t *testing.T, file string) (messages []string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	above := 0
	for i, line := range strings.Split(string(text), "\n") {
		if message, ok := strings.CutPrefix(line, "#! "); ok {
			messages = append(messages, fmt.Sprintf("%d: %s", above, message))
		} else {
			above = i + 1
		}
	}
	return messages
}

func TestMistakeNamesFileLineAndKey(t *testing.T) {
	_, err := Load("testdata/broken/hang.toml")
	const want = "testdata/broken/hang.toml:8: campaign[1].retry_every: the horizon holds 259200000 of it; want 1000000 at most"
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestScenarioThatIsNotThere(t *testing.T) {
	if _, err := Load("testdata/nowhere.toml"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}
