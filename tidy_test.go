// Package failsim_test holds the source rules of STYLE.md as tests.
//
// A rule is a pure function from parsed source to findings. That lets one test run all rules over this module, and
// another plant a fault of each kind in a synthetic module and see that this rule, and no other, finds it.
// Names are resolved by go/types with empty stand-ins for the imported packages, so nothing has to compile or be fetched.
//
// The tables below are meant to be amended, in the commit that needs it and with the reason in its body.
package failsim_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is the path of this module; `module/sim` is the folder sim.
const module = "failsim"

// Sizes of STYLE.md, Shape. Lines count from `func` to the closing brace; parameters count names, not the receiver.
const (
	maxFuncLines     = 70
	maxFileLines     = 400
	maxTestFileLines = 600
	maxParams        = 4
)

// row says what one folder may import outside its tests.
type row struct {
	own   []string // folders of this module
	third []string // modules of others, with all of their packages
	std   []string // the standard library; nil: all of it
}

// importTable is the direction of imports: cmd -> scenario, experiment, store, report -> measure -> sim -> dist, and
// measure -> stats; cmd -> server -> query, sigv4, sim. A folder that has no row here may not exist.
var importTable = map[string]row{
	".":           {},
	"bench/serve": {},
	"cmd/failsim": {
		own: []string{"compare", "control", "describe", "dist", "experiment", "export", "measure", "query", "report", "rows", "scenario",
			"server", "sigv4", "sim", "stats", "store", "words"},
		third: []string{"github.com/spf13/cobra", "github.com/spf13/pflag", "golang.org/x/term"},
	},
	"compare":    {own: []string{"measure", "stats", "words"}},
	"describe":   {},
	"scenario":   {own: []string{"dist", "measure", "sim", "words"}, third: []string{"github.com/BurntSushi/toml"}},
	"experiment": {own: []string{"measure", "sim"}, third: []string{"github.com/klauspost/compress"}},
	"rows": {
		own:   []string{"experiment", "measure", "sim"},
		third: []string{"github.com/parquet-go/parquet-go"},
	},
	"export": {own: []string{"measure", "rows", "sim"}},
	"report": {
		own:   []string{"compare", "experiment", "measure", "sim", "stats", "words"},
		third: []string{"github.com/olekukonko/tablewriter"},
	},
	"measure": {own: []string{"dist", "sim", "stats", "words"}},
	"sim":     {own: []string{"dist", "words"}, std: pureStd},
	"dist":    {own: []string{"words"}, std: pureStd},
	"words":   {std: pureStd},
	"stats": {
		third: []string{"gonum.org/v1/gonum"},
		std:   pureStd,
	},
	"store":   {},
	"query":   {own: []string{"words"}},
	"sigv4":   {own: []string{"words"}},
	"server":  {own: []string{"query", "sigv4", "sim", "words"}},
	"control": {own: []string{"dist", "report", "scenario", "server", "sim", "words"}},
}

// testThird may be imported by any test. What tests import of this module is free: Go itself refuses cycles.
var testThird = []string{
	"github.com/HdrHistogram/hdrhistogram-go",
	"github.com/goccy/go-yaml",
	"github.com/google/go-cmp",
	"github.com/rogpeppe/go-internal",
	"github.com/santhosh-tekuri/jsonschema/v6",
	"golang.org/x/perf",
	"gonum.org/v1/gonum",
	"pgregory.net/rapid",
}

// pureStd is the standard library of the pure packages: nothing that knows the machine, the wall clock or chance.
var pureStd = []string{
	"bytes", "cmp", "encoding/binary", "errors", "fmt", "hash", "hash/fnv", "io", "iter", "maps", "math", "math/big",
	"math/bits", "slices", "sort", "strconv", "strings", "time", "unicode", "unicode/utf8",
}

// constantTables are package variables that are read through a pointer, for speed. Any other change of them is a finding.
var constantTables = []string{"dist.wichuraFarTail", "dist.wichuraMiddle", "dist.wichuraTail"}

// pureFolders are functions of their arguments: no clock, no goroutine, no channel, no terminal.
var pureFolders = []string{"dist", "sim", "stats"}

// portableFolders give the same bits on every architecture, so they use no function of math that may differ.
var portableFolders = []string{"dist", "sim"}

// portableMath names what IEEE 754 makes exact, in assembly or not. Constants of math are exact too: see mathConstant.
var portableMath = []string{
	"Abs", "Ceil", "Copysign", "Float32bits", "Float32frombits", "Float64bits", "Float64frombits", "Floor", "Frexp", "Inf",
	"IsInf", "IsNaN", "Ldexp", "Max", "Min", "Mod", "Modf", "NaN", "Nextafter", "Round", "RoundToEven", "Signbit", "Sqrt",
	"Trunc",
}

var mathConstant = regexp.MustCompile(
	`^((Max|Min)(Int|Uint|Float)\d*|SmallestNonzeroFloat\d+|E|Pi|Phi|Sqrt(2|E|Pi|Phi)|(Ln|Log)(2|10)E?)$`)

// impure names what a pure package may not use of the packages that it may import.
var impure = map[string][]string{
	"time": {
		"After", "AfterFunc", "LoadLocation", "Local", "NewTicker", "NewTimer", "Now", "Since", "Sleep", "Tick", "Until",
	},
	"fmt": {"Print", "Printf", "Println", "Scan", "Scanf", "Scanln"},
}

// source is a parsed module: what every rule judges.
type source struct {
	fset     *token.FileSet
	packages []*pkg
}

// pkg is one package of one folder; a folder's external tests are a package of their own.
type pkg struct {
	dir   string // relative to the module's root
	name  string
	files []*file
	types *types.Package
	info  *types.Info
}

type file struct {
	path string // relative to the module's root
	text string
	ast  *ast.File
	test bool
}

// rule is one source rule. check returns findings as `file:line: what is wrong`.
type rule struct {
	name  string
	check func(*source) []string
}

var rules = []rule{
	{"imports", checkImports},
	{"unsafe", checkUnsafe},
	{"function size", checkFunctionSize},
	{"parameters", checkParameters},
	{"file size", checkFileSize},
	{"purity", checkPurity},
	{"portable math", checkPortableMath},
	{"package variables", checkPackageVariables},
	{"init", checkInit},
	{"comments", checkComments},
	{"machine paths", checkMachinePaths},
	{"documentation", checkDocumentation},
	{"glossary", checkGlossary},
}

func TestSourceFollowsTheRules(t *testing.T) {
	texts, err := readModule(os.DirFS("."))
	if err != nil {
		t.Fatal(err)
	}
	src, err := parse(texts)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules {
		t.Run(strings.ReplaceAll(r.name, " ", "_"), func(t *testing.T) {
			for _, finding := range r.check(src) {
				t.Error(finding)
			}
		})
	}
}

// readModule returns the text of every Go file of the module by its path. Folders that the go command skips and folders
// that are modules themselves are left out.
func readModule(root fs.FS) (map[string]string, error) {
	texts := map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name != "." && skipped(root, name) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		texts[name] = string(text)
		return err
	})
	return texts, err
}

func skipped(root fs.FS, dir string) bool {
	base := path.Base(dir)
	if base == "testdata" || strings.HasPrefix(base, ".") || strings.HasPrefix(base, "_") {
		return true
	}
	_, err := fs.Stat(root, path.Join(dir, "go.mod"))
	return err == nil
}

// parse turns texts by path into a source whose packages and files come in the order of their paths.
func parse(texts map[string]string) (*source, error) {
	src := &source{fset: token.NewFileSet()}
	byKey := map[string]*pkg{}
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		tree, err := parser.ParseFile(src.fset, name, texts[name], parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		dir := path.Dir(name)
		key := dir + " " + tree.Name.Name
		p := byKey[key]
		if p == nil {
			p = &pkg{dir: dir, name: tree.Name.Name}
			byKey[key] = p
			src.packages = append(src.packages, p)
		}
		p.files = append(p.files, &file{name, texts[name], tree, strings.HasSuffix(name, "_test.go")})
	}
	for _, p := range src.packages {
		p.resolve(src.fset)
	}
	return src, nil
}

// resolve finds what each identifier stands for. Every imported package is taken to be empty, so type errors abound and
// are ignored: what matters is which names are imports, which are package variables, and which are shadowed.
func (p *pkg) resolve(fset *token.FileSet) {
	p.info = &types.Info{
		Types:      map[ast.Expr]types.TypeAndValue{},
		Defs:       map[*ast.Ident]types.Object{},
		Uses:       map[*ast.Ident]types.Object{},
		Selections: map[*ast.SelectorExpr]*types.Selection{},
	}
	var trees []*ast.File
	for _, f := range p.files {
		trees = append(trees, f.ast)
	}
	conf := types.Config{Importer: emptyImporter{}, FakeImportC: true, Error: func(error) {}}
	importPath := path.Join(module, p.dir)
	if strings.HasSuffix(p.name, "_test") {
		importPath += "_test" // external tests are nobody's import, and share no variable with what they test
	}
	p.types, _ = conf.Check(importPath, fset, trees, p.info)
}

// emptyImporter answers every import with an empty package of the likely name.
type emptyImporter struct{}

var majorVersion = regexp.MustCompile(`/v\d+$`)

func (emptyImporter) Import(importPath string) (*types.Package, error) {
	if importPath == "unsafe" {
		return types.Unsafe, nil
	}
	p := types.NewPackage(importPath, path.Base(majorVersion.ReplaceAllString(importPath, "")))
	p.MarkComplete()
	return p, nil
}
