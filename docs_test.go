package failsim_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every test and every file that docs/behaviour.md points to is there.
func TestBehaviourPointsToWhatExists(t *testing.T) {
	page, err := os.ReadFile("docs/behaviour.md")
	if err != nil {
		t.Fatal(err)
	}
	var tests strings.Builder
	for _, path := range append(globAll(t, "*_test.go"), globAll(t, filepath.Join("*", "*_test.go"))...) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(text)
	}
	named := regexp.MustCompile("`(Test\\w+)`|scenario `([a-z-]+)`|`([a-z/]*/[a-zA-Z0-9._/-]+)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 50 {
		t.Fatalf("only %d names were found: what is looked for has another form now", len(named))
	}
	for _, name := range named {
		switch {
		case name[1] != "" && !strings.Contains(tests.String(), "\nfunc "+name[1]+"("):
			t.Errorf("there is no %s", name[1])
		case name[2] != "":
			exists(t, "scenarios/"+name[2]+".toml")
		case name[3] != "" && strings.HasPrefix(name[3], "sequences/"):
			exists(t, "cmd/failsim/testdata/"+name[3])
		case name[3] != "":
			exists(t, name[3])
		}
	}
}

func exists(t *testing.T, path string) {
	t.Helper()
	if _, err := fs.Stat(os.DirFS("."), path); err != nil {
		t.Errorf("there is no %s", path)
	}
}

func globAll(t *testing.T, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
