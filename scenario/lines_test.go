package scenario

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
)

// trickyTOML marks expected paths by a comment `#@ path …` on their line. Where a value goes on over many lines no comment
// can stand on the first; then `path-is-open` on a later line says that it began before.
var trickyTOML = map[string]string{
	"dotted and quoted keys": `
a.b.c = 1 #@ a a.b a.b.c
a.b."c.d" = 2 #@ a.b."c.d"
'e f' . "g\u0068" = 3 #@1
"" = 4 #@ ""
"\"#[" = 5 #@ "\"#["
"tab\te\x41" = 6 #@ "tab\teA"
`,
	"tables": `
[a] #@ a
b = 1 #@ a.b
[ "a" . 'c' ] # comment #@ a.c
b = 2 #@ a.c.b
[x.y.z] #@ x x.y x.y.z
`,
	"arrays of tables": `
[[g]] #@ g g[1]
id = 1 #@ g[1].id
[g.sub] #@ g[1].sub
k = 1 #@ g[1].sub.k
[[g.n]] #@ g[1].n g[1].n[1]
[[g.n]] #@ g[1].n[2]
k = 1 #@ g[1].n[2].k
[[g]] #@ g[2]
[[g.n]] #@ g[2].n g[2].n[1]
k = 2 #@ g[2].n[1].k
`,
	"values over many lines": `
a = [ # [[ ] " #@ a
  "]", '[', #@ a[1] a[2]
  # ]
  { b = "}", c = [1, #@ a[3] a[3].b a[3].c a[3].c[1]
    2] }, #@ a[3].c[2]
] # end
d = 1979-05-27 07:32:00Z #@ d
e = { f.g = 1, "h" = { i = 2 } } #@ e e.f e.f.g e.h e.h.i
`,
	"strings over many lines": `
a = """ #@ a
b = 1
[c] \""" """" #@ a-is-open
d = ''' #@ d
\''''' #@ d-is-open
e = "\\" #@ e
f = "#\"" #@ f
g = '\' #@ g
h = """\
""" #@ h-is-open
i = 1 #@ i
j = ["""k"""", #@ j j[1]
'''l''''', #@ j[2]
"]"] #@ j[3]
m = 1 #@ m
`,
	"carriage returns": "a = 1 #@ a\r\n[b] #@ b\r\nc = [\r\n1, #@ b.c[1]\r\n] #@ b.c-is-open\r\n",
	"no line end":      "a = 1\nb = 2 #@ b",
}

func TestLinesOfTrickyTOML(t *testing.T) {
	for name, text := range trickyTOML {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			if _, err := toml.Decode(text, &map[string]any{}); err != nil {
				t.Fatal("the test is no TOML:", err)
			}
			lines, tooDeep := findLines(text)
			if tooDeep != 0 {
				t.Fatal("too deep in line", tooDeep)
			}
			for i, line := range strings.Split(text, "\n") {
				_, marks, _ := strings.Cut(line, "#@ ")
				for _, path := range strings.Fields(marks) {
					if open, ok := strings.CutSuffix(path, "-is-open"); ok {
						if got := lines[open]; got == 0 || got > i {
							t.Errorf("%s stands on line %d, want one before %d", open, got, i+1)
						}
					} else if lines[path] != i+1 {
						t.Errorf("%s stands on line %d, want %d", path, lines[path], i+1)
					}
				}
			}
		})
	}
}

func TestLinesKnowNoOtherPaths(t *testing.T) {
	lines, _ := findLines("a = \"\"\"\nb = 1\n\"\"\"\n[[c]]\nd = [1]\ne = { f = '=' }\n")
	want := []string{"a", "c", "c[1]", "c[1].d", "c[1].d[1]", "c[1].e", "c[1].e.f"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(lines))); diff != "" {
		t.Error(diff)
	}
}

func TestNestingIsBounded(t *testing.T) {
	for name, text := range map[string]string{
		"arrays":    "a = " + strings.Repeat("[", 1_000_000),
		"tables":    "a = " + strings.Repeat("{a=", 1_000_000),
		"dots":      "\n[" + strings.Repeat("a.", 1_000_000) + "a]",
		"long keys": strings.Repeat("a", 1_000_000) + " = 1",
	} {
		_, err := Parse("x.toml", []byte(text), nil)
		if err == nil || !strings.Contains(err.Error(), "nested more than 8 deep") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// paths gives the path of every key, table and element below a decoded value.
func paths(path string, value any, visit func(string)) {
	switch v := value.(type) {
	case map[string]any:
		for key, inner := range v {
			visit(join(path, key))
			paths(join(path, key), inner, visit)
		}
	case []map[string]any:
		for i, inner := range v {
			visit(element(path, i))
			paths(element(path, i), inner, visit)
		}
	case []any:
		for i, inner := range v {
			visit(element(path, i))
			paths(element(path, i), inner, visit)
		}
	}
}

// FuzzLines holds the finder to the parser: what is valid TOML has a line for every path that the parser sees.
func FuzzLines(f *testing.F) {
	f.Add("a = 1\n[b]\nc.d = [1, {e = \"x\"}]\n[[f]]\n[[f]]\n'g h' = '''\n'''\n")
	f.Add("a = \"\"\"\\\"\"\"\\\n\"\"\"\"\"\n\"\\u0062\" = 1979-05-27 07:32:00 # c\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		lines, tooDeep := findLines(text)
		values := map[string]any{}
		if tooDeep > 0 {
			return
		}
		if _, err := toml.Decode(text, &values); err != nil {
			return
		}
		last := strings.Count(text, "\n") + 1
		paths("", values, func(path string) {
			if line := lines[path]; line < 1 || line > last {
				t.Errorf("%s has line %d of %d in\n%s", path, line, last, text)
			}
		})
	})
}
