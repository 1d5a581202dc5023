package failsim_test

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// each calls visit for every file of the module.
func (s *source) each(visit func(*pkg, *file)) {
	for _, p := range s.packages {
		for _, f := range p.files {
			visit(p, f)
		}
	}
}

// inspect calls visit for every node of every file outside tests.
func (s *source) inspect(visit func(*pkg, ast.Node)) {
	s.each(func(p *pkg, f *file) {
		if f.test {
			return
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if n != nil {
				visit(p, n)
			}
			return true
		})
	})
}

// at formats a finding at a position.
func (s *source) at(pos token.Pos, format string, args ...any) string {
	p := s.fset.Position(pos)
	return fmt.Sprintf("%s:%d: %s", p.Filename, p.Line, fmt.Sprintf(format, args...))
}

func checkImports(s *source) (findings []string) {
	unknown := map[string]bool{}
	s.each(func(p *pkg, f *file) {
		allowed, known := importTable[p.dir]
		if !known {
			if !unknown[p.dir] {
				findings = append(findings, s.at(f.ast.Name.Pos(), "the folder %s has no row in importTable", p.dir))
			}
			unknown[p.dir] = true
			return
		}
		for _, spec := range f.ast.Imports {
			if what := refused(allowed, spec, f.test); what != "" {
				findings = append(findings, s.at(spec.Pos(), "%s may not import %s", p.dir, what))
			}
		}
	})
	return findings
}

// refused names the import if the row forbids it.
func refused(allowed row, spec *ast.ImportSpec, test bool) string {
	name, _ := strconv.Unquote(spec.Path.Value)
	first, _, _ := strings.Cut(name, "/")
	ok := true
	switch {
	case spec.Name != nil && spec.Name.Name == ".":
		return "into its own scope: " + name
	case first == module:
		own := strings.TrimPrefix(strings.TrimPrefix(name, module), "/")
		ok = test || slices.Contains(allowed.own, own)
	case strings.Contains(first, "."):
		ok = within(name, allowed.third) || test && within(name, testThird)
	case name != "unsafe":
		ok = test || allowed.std == nil || slices.Contains(allowed.std, name)
	}
	if ok {
		return ""
	}
	return name
}

func within(importPath string, modules []string) bool {
	return slices.ContainsFunc(modules, func(m string) bool {
		return importPath == m || strings.HasPrefix(importPath, m+"/")
	})
}

func checkUnsafe(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		for _, spec := range f.ast.Imports {
			if spec.Path.Value == `"unsafe"` {
				findings = append(findings, s.at(spec.Pos(), "nothing here needs unsafe"))
			}
		}
	})
	return findings
}

func checkFunctionSize(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			name := "function literal"
			switch n := n.(type) {
			case *ast.FuncDecl:
				name = n.Name.Name
			case *ast.FuncLit:
			default:
				return true
			}
			start := n.Pos()
			if decl, ok := n.(*ast.FuncDecl); ok {
				start = decl.Type.Func
			}
			lines := s.fset.Position(n.End()).Line - s.fset.Position(start).Line + 1
			if lines > maxFuncLines {
				findings = append(findings, s.at(start, "%s has %d lines, at most %d", name, lines, maxFuncLines))
			}
			return true
		})
	})
	return findings
}

func checkParameters(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if t, ok := n.(*ast.FuncType); ok && t.Params.NumFields() > maxParams {
				findings = append(findings, s.at(t.Pos(), "%d parameters, at most %d", t.Params.NumFields(), maxParams))
			}
			return true
		})
	})
	return findings
}

func checkFileSize(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		limit := maxFileLines
		if f.test {
			limit = maxTestFileLines
		}
		if lines := strings.Count(f.text, "\n"); lines > limit {
			findings = append(findings, fmt.Sprintf("%s:1: %d lines, at most %d", f.path, lines, limit))
		}
	})
	return findings
}

func checkPurity(s *source) (findings []string) {
	s.inspect(func(p *pkg, n ast.Node) {
		if !slices.Contains(pureFolders, p.dir) {
			return
		}
		if what := impurity(p, n); what != "" {
			findings = append(findings, s.at(n.Pos(), "%s is pure: no %s", p.dir, what))
		}
	})
	return findings
}

// impurity names what makes the node impure.
func impurity(p *pkg, n ast.Node) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "goroutine"
	case *ast.ChanType, *ast.SendStmt, *ast.SelectStmt:
		return "channel"
	case *ast.UnaryExpr:
		if n.Op == token.ARROW {
			return "channel"
		}
	case *ast.SelectorExpr:
		if from := p.importOf(n.X); slices.Contains(impure[from], n.Sel.Name) {
			return from + "." + n.Sel.Name
		}
	case *ast.Ident:
		if b, ok := p.info.Uses[n].(*types.Builtin); ok && (b.Name() == "print" || b.Name() == "println") {
			return b.Name()
		}
	}
	return ""
}

// importOf returns the import path that the expression names, or "".
func (p *pkg) importOf(x ast.Expr) string {
	if id, ok := x.(*ast.Ident); ok {
		if name, ok := p.info.Uses[id].(*types.PkgName); ok {
			return name.Imported().Path()
		}
	}
	return ""
}

func checkPortableMath(s *source) (findings []string) {
	s.inspect(func(p *pkg, n ast.Node) {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(portableFolders, p.dir) || p.importOf(sel.X) != "math" {
			return
		}
		if name := sel.Sel.Name; !slices.Contains(portableMath, name) && !mathConstant.MatchString(name) {
			findings = append(findings, s.at(n.Pos(), "math.%s may differ between architectures", name))
		}
	})
	return findings
}

func checkInit(s *source) (findings []string) {
	s.inspect(func(_ *pkg, n ast.Node) {
		if decl, ok := n.(*ast.FuncDecl); ok && decl.Recv == nil && decl.Name.Name == "init" {
			findings = append(findings, s.at(n.Pos(), "init runs unseen: call it from a constructor or from main"))
		}
	})
	return findings
}

var (
	unfinished  = regexp.MustCompile(`\b(TODO|FIXME|XXX)\b`)
	citesTicket = regexp.MustCompile(`(?i)\b(issues?|tickets?|PRs?|pull requests?|rules?)\s*#?\d+`)
	citesAway   = regexp.MustCompile(`\.\./shared|\bDESIGN\.md\b`)
	machinePath = regexp.MustCompile(`(^|[^\w.$~})/-])/(work|home|root)(/|\b)|\.\./shared`)
)

// checkComments holds comments to the present: nothing unfinished, no tickets, nothing that a reader cannot open.
// `redisson #3897` stays legitimate: it is the source of a fact, and names whose ticket it is.
func checkComments(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		for _, group := range f.ast.Comments {
			for _, c := range group.List {
				for _, re := range []*regexp.Regexp{unfinished, citesTicket, citesAway} {
					if hit := re.FindString(c.Text); hit != "" {
						findings = append(findings, s.at(c.Pos(), "a comment says %q", hit))
					}
				}
			}
		}
	})
	return findings
}

func checkMachinePaths(s *source) (findings []string) {
	s.each(func(_ *pkg, f *file) {
		if f.test {
			return
		}
		for i, line := range strings.Split(f.text, "\n") {
			if hit := machinePath.FindString(line); hit != "" {
				findings = append(findings, fmt.Sprintf("%s:%d: %q is a path of one machine", f.path, i+1, hit))
			}
		}
	})
	return findings
}

var oldWord = regexp.MustCompile(`(?i)master|slave`)

// checkGlossary looks at the names that the module declares; the wordings of service events live in string literals.
func checkGlossary(s *source) (findings []string) {
	s.each(func(p *pkg, f *file) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			id, ok := n.(*ast.Ident)
			if !ok || p.info.Defs[id] == nil {
				return true
			}
			if oldWord.MatchString(id.Name) {
				findings = append(findings, s.at(id.Pos(), "%s: say primary and replica", id.Name))
			}
			if _, isType := p.info.Defs[id].(*types.TypeName); isType && id.Name == "Cluster" {
				findings = append(findings, s.at(id.Pos(), "Cluster has three meanings: ReplicationGroup, NodeGroup or Node"))
			}
			return true
		})
	})
	return findings
}

// checkDocumentation wants a package comment, and a sentence that starts with the name for every exported identifier.
func checkDocumentation(s *source) (findings []string) {
	for _, p := range s.packages {
		files := slices.DeleteFunc(slices.Clone(p.files), func(f *file) bool { return f.test })
		if len(files) == 0 {
			continue
		}
		if !slices.ContainsFunc(files, func(f *file) bool { return f.ast.Doc != nil }) {
			findings = append(findings, s.at(files[0].ast.Name.Pos(), "package %s has no comment", p.dir))
		}
		if p.name == "main" {
			continue
		}
		for _, f := range files {
			for _, decl := range f.ast.Decls {
				for _, id := range undocumented(decl) {
					findings = append(findings, s.at(id.Pos(), "the comment of %s must start with its name", id.Name))
				}
			}
		}
	}
	return findings
}

// undocumented returns the exported names of a declaration that no comment explains. In a parenthesized group of
// constants or variables the group's comment, or one at the end of the line, is enough.
func undocumented(decl ast.Decl) (names []*ast.Ident) {
	want := func(id *ast.Ident, docs ...*ast.CommentGroup) {
		if id.IsExported() && !slices.ContainsFunc(docs, func(doc *ast.CommentGroup) bool { return opensWith(doc, id.Name) }) {
			names = append(names, id)
		}
	}
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil || ast.IsExported(receiver(decl)) {
			want(decl.Name, decl.Doc)
		}
	case *ast.GenDecl:
		group := decl.Lparen.IsValid()
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				want(spec.Name, decl.Doc, spec.Doc)
			case *ast.ValueSpec:
				if group && (decl.Doc != nil || spec.Doc != nil || spec.Comment != nil) {
					continue
				}
				want(spec.Names[0], decl.Doc, spec.Doc)
			}
		}
	}
	return names
}

// receiver returns the name of a method's type.
func receiver(decl *ast.FuncDecl) string {
	x := decl.Recv.List[0].Type
	for {
		switch t := x.(type) {
		case *ast.StarExpr:
			x = t.X
		case *ast.ParenExpr:
			x = t.X
		case *ast.IndexExpr:
			x = t.X
		case *ast.IndexListExpr:
			x = t.X
		case *ast.Ident:
			return t.Name
		default:
			return ""
		}
	}
}

func opensWith(doc *ast.CommentGroup, name string) bool {
	rest, ok := strings.CutPrefix(doc.Text(), name)
	return ok && (rest == "" || !token.IsIdentifier(rest[:1]) && !strings.ContainsAny(rest[:1], "0123456789"))
}
