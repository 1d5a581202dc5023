package failsim_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// plant is one fault in an otherwise empty module, and the nearest thing that is allowed.
type plant struct {
	rule  string // the one rule that must find it
	path  string // the file that holds it, opened with its package comment and clause
	bad   string
	finds string // part of the finding
	good  string
}

var plants = []plant{
	// Who may import whom.
	{"imports", "dist/a.go", `import _ "failsim/sim"`, "dist may not import failsim/sim", `import _ "strings"`},
	{"imports", "sim/a.go", `import _ "failsim/measure"`, "sim may not import failsim/measure", `import _ "failsim/dist"`},
	{"imports", "store/a.go", `import _ "failsim/sim"`, "store may not import failsim/sim", `import _ "os"`},
	{"imports", "report/a.go", `import _ "github.com/BurntSushi/toml"`, "report may not import github.com/BurntSushi/toml",
		`import _ "github.com/olekukonko/tablewriter/tw"`},
	{"imports", "measure/a_test.go", `import _ "github.com/stretchr/testify"`,
		"measure may not import", `import _ "pgregory.net/rapid"`},
	{"imports", "stats/a.go", `import _ "gonum.org/v1/gonumb"`, "stats may not import", `import _ "gonum.org/v1/gonum/stat"`},
	{"imports", "sim/a.go", `import _ "os"`, "sim may not import os", `import _ "errors"`},
	{"imports", "dist/a.go", `import _ "net/http"`, "dist may not import net/http", `import _ "math/bits"`},
	{"imports", "stats/a.go", `import _ "math/rand/v2"`, "stats may not import math/rand/v2", `import _ "math"`},
	{"imports", "sim/a.go", `import _ "sync/atomic"`, "sim may not import sync/atomic", `import _ "slices"`},
	{"imports", "sim/a.go", `import . "math"`, "into its own scope", `import _ "math"`},
	{"imports", "util/a.go", "", "the folder util has no row", onlyBad},
	{"unsafe", "sim/world.go", `import _ "unsafe"`, "nothing here needs unsafe", onlyBad},
	{"unsafe", "store/a_test.go", `import _ "unsafe"`, "nothing here needs unsafe", `import _ "os"`},

	// Sizes.
	{"function size", "store/a.go", function(71), "f has 71 lines, at most 70", function(70)},
	{"function size", "store/a_test.go", function(71), "f has 71 lines, at most 70", function(70)},
	{"function size", "store/a.go", "var _ = " + strings.Replace(function(71), "func f", "func", 1),
		"function literal has 71 lines", onlyBad},
	{"file size", "store/a.go", strings.Repeat("\n", 399), "401 lines, at most 400", strings.Repeat("\n", 398)},
	{"file size", "store/a_test.go", strings.Repeat("\n", 599), "601 lines, at most 600", strings.Repeat("\n", 598)},
	{"parameters", "store/a.go", "func f(a, b int, c, d, e string) {}",
		"5 parameters, at most 4", "func (r run) f(a, b int, c, d string) {}\ntype run struct{}"},
	{"parameters", "store/a.go", "type f interface{ m(int, int, int, int, int) }",
		"5 parameters", "type f interface{ m(int, int, int, int) }"},

	// Purity.
	{"purity", "sim/a.go", "import \"time\"\nvar _ = time.Now", "no time.Now", "import \"time\"\nconst _ = time.Second"},
	{"purity", "dist/a.go", "import clock \"time\"\nvar _ = clock.Since", "no time.Since", "import \"time\"\nvar _ = time.Unix"},
	{"purity", "stats/a.go", "import \"fmt\"\nfunc f() { fmt.Println() }",
		"no fmt.Println", "import \"fmt\"\nfunc f() { _ = fmt.Sprintln() }"},
	{"purity", "sim/a.go", "func f() { go f() }", "no goroutine", "func f() { defer f() }"},
	{"purity", "stats/a.go", "type f chan int", "no channel", "type f []int"},
	{"purity", "sim/a.go", "func f() { select {} }", "no channel", "func f() { switch {} }"},
	{"purity", "sim/a.go", "func f() { println() }", "no println", "func f() { println() }\nfunc println() {}"},
	{"portable math", "dist/a.go", "import \"math\"\nvar _ = math.Exp",
		"math.Exp may differ", "import \"math\"\nvar _ = math.Sqrt(math.MaxInt64)"},
	{"portable math", "sim/a.go", "import m \"math\"\nvar _ = m.FMA", "math.FMA may differ", onlyBad},
	{"portable math", "sim/a.go", "import \"math\"\nfunc f() { _ = math.Log(2) }", "math.Log may differ",
		"import \"math\"\nvar _ = math.Abs\nfunc f(math struct{ Log func() }) { math.Log() }"},

	// State that no argument brings.
	{"package variables", "store/a.go", "var n = 1\nfunc f() { n = 2 }",
		"store.n may change", "var n = 1\nfunc f() { n := 1; n = 2 }"},
	{"package variables", "store/a.go", "var n = 1\nfunc f() { n++ }",
		"store.n may change", "var n = 1\nfunc f() int { return n + 1 }"},
	{"package variables", "store/a.go", "var n = 1\nfunc f() { n += 2 }", "store.n may change", "func f(n int) { n += 2 }"},
	{"package variables", "store/a.go", "var n = []int{1}\nfunc f() { n[0] = 2 }",
		"store.n may change", "var n = []int{1}\nfunc f() { _ = n[0] }"},
	{"package variables", "store/a.go", "var n = struct{ x int }{1}\nfunc f() { n.x = 2 }",
		"store.n may change", "var n = struct{ x int }{1}\nfunc f() { n := n; n.x = 2 }"},
	{"package variables", "store/a.go", "var n = 1\nfunc f() *int { return &n }",
		"store.n may change", "type t struct{}\nfunc f() *t { return &t{} }"},
	{"package variables", "dist/a.go", "var wichuraTail = t{1}\ntype t [1]int\nfunc f() { wichuraTail[0] = 1 }",
		"dist.wichuraTail may change", "var wichuraTail = t{1}\ntype t [1]int\nfunc f() *t { return &wichuraTail }"},
	{"package variables", "store/a.go", "var n = 1\nfunc f() { for n = range 3 {} }",
		"store.n may change", "var n = 1\nfunc f() { for n := range 3 { _ = n } }"},
	{"package variables", "store/a.go", "var n = map[int]int{1: 1}\nfunc f() { clear(n) }",
		"store.n may change", "var n = map[int]int{1: 1}\nfunc f() { _ = len(n) }"},
	{"package variables", "store/a.go", "var n = t{}\ntype t struct{}\nfunc (*t) m() {}\nfunc f() { n.m() }",
		"store.n may change", "var n = t{}\ntype t struct{}\nfunc (t) m() {}\nfunc f() { n.m() }"},
	{"package variables", "store/a.go", "var n int", "n starts empty", "//go:embed a.txt\nvar n string"},
	{"package variables", "store/a.go", "var n = make(map[int]int)",
		"n starts empty", "import \"errors\"\nvar errN = errors.New(\"n\")"},

	{"init", "store/a.go", "func init() {}", "init runs unseen", "type t struct{}\nfunc (t) init() {}"},

	// What readers meet.
	{"comments", "store/a.go", "// TO" + "DO: later", `a comment says "TODO"`, "// The list of things to do."},
	{"comments", "store/a_test.go", "// See issue #12.", `a comment says "issue #12"`, "// Seen in redisson #3897."},
	{"comments", "store/a.go", "// As PR 7 wants.", `a comment says "PR 7"`, "// The issue of stale names."},
	{"comments", "store/a.go", "// As DESIGN.md 4 has it.", `a comment says "DESIGN.md"`, "// As ARCHITECTURE.md has it."},
	{"machine paths", "store/a.go", `const a = "/home/me/a"`,
		"is a path of one machine", `const a = "https://example.org/home/me"`},
	{"machine paths", "store/a.go", "// Written to /work/main.", "is a path of one machine", "// Written to results/work."},
	{"machine paths", "store/a.go", `const a = "../shared/a"`, "is a path of one machine", `const a = "../scenarios/a"`},
	{"documentation", "store/a.go", "func F() {}", "the comment of F", "// F is documented.\nfunc F() {}\nfunc f() {}"},
	{"documentation", "store/a.go", "// Files are many.\ntype File int", "the comment of File", "// File is one.\ntype File int"},
	{"documentation", "store/a.go", "// T is one.\ntype T[P any] struct{}\nfunc (*T[P]) M() {}",
		"the comment of M", "type t[P any] struct{}\nfunc (*t[P]) M() {}"},
	{"documentation", "store/a.go", "const (\n\tA = 1\n)", "the comment of A", "// Kinds of files.\nconst (\n\tA = 1\n)"},
	{"documentation", "store/a.go", "// It is one.\nvar A = 1", "the comment of A", "// A is one.\nvar A = 1"},
	{"glossary", "store/a.go", "var newMaster = 1", "newMaster: say primary and replica", `const wording = "master"`},
	{"glossary", "store/a.go", "func f(slaves int) {}", "slaves: say primary and replica", "func f(replicas int) {}"},
	{"glossary", "store/a.go", "type t struct{ Slave int }", "Slave: say primary and replica", "type t struct{ Replica int }"},
	{"glossary", "store/a_test.go", "type Cluster struct{}", "Cluster has three meanings", "type t struct{ Cluster int }"},
}

// onlyBad stands where the nearest allowed thing is a plant of its own.
const onlyBad = "\x00"

// function returns a function f of so many lines.
func function(lines int) string { return "func f() {" + strings.Repeat("\n", lines-1) + "}" }

func TestTidySkipsWhatTheGoCommandSkips(t *testing.T) {
	module := fstest.MapFS{}
	names := []string{"go.mod", "a.go", "b/b.go", "b/testdata/c.go", "d/go.mod", "d/d.go", ".e/e.go", "_f/f.go", "b/g.txt"}
	for _, name := range names {
		module[name] = &fstest.MapFile{}
	}
	texts, err := readModule(module)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"a.go", "b/b.go"}
	if got := slices.Sorted(maps.Keys(texts)); !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

func TestTidyCatchesAPlantedFaultOfEachKind(t *testing.T) {
	planted := map[string]bool{}
	for _, p := range plants {
		planted[p.rule] = true
		t.Run(strings.ReplaceAll(p.rule, " ", "_")+"/"+p.finds, func(t *testing.T) {
			for _, r := range rules {
				got := findings(t, r, p.path, p.bad)
				switch {
				case r.name != p.rule && len(got) > 0:
					t.Errorf("%s finds in the fault of another rule: %q", r.name, got)
				case r.name == p.rule && (len(got) != 1 || !strings.Contains(got[0], p.finds)):
					t.Errorf("%s finds %q, want one that says %q", r.name, got, p.finds)
				}
				if p.good == onlyBad {
					continue
				}
				if got := findings(t, r, p.path, p.good); len(got) > 0 {
					t.Errorf("%s finds in what is allowed: %q", r.name, got)
				}
			}
		})
	}
	for _, r := range rules {
		if !planted[r.name] {
			t.Errorf("no fault is planted for the rule %q", r.name)
		}
	}
}

// findings runs one rule over a module of one file; a path of a test stands beside an empty file of its package.
func findings(t *testing.T, r rule, name, body string) []string {
	t.Helper()
	folder, _, _ := strings.Cut(name, "/")
	texts := map[string]string{folder + "/doc.go": "// Package " + folder + " is planted.\npackage " + folder + "\n"}
	texts[name] = "package " + folder + "\n" + body + "\n"
	src, err := parse(texts)
	if err != nil {
		t.Fatal(err)
	}
	return r.check(src)
}
