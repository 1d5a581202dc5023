package failsim_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// checkPackageVariables finds package variables outside tests that change or can only serve by changing: assigned,
// counted, cleared, addressed, called through a pointer method, or empty to begin with. Tables, error values, compiled
// patterns and embedded files stay. Tests count as writers: a variable that exists to be swapped in a test is state.
func checkPackageVariables(s *source) (findings []string) {
	declared := map[string]bool{}
	for _, p := range s.packages {
		for _, f := range p.files {
			if f.test {
				continue
			}
			for _, decl := range f.ast.Decls {
				gen, ok := decl.(*ast.GenDecl)
				if !ok || gen.Tok != token.VAR {
					continue
				}
				for _, spec := range gen.Specs {
					spec := spec.(*ast.ValueSpec)
					findings = append(findings, s.emptyVariables(p, gen, spec)...)
					for _, id := range spec.Names {
						declared[p.types.Path()+"."+id.Name] = true
					}
				}
			}
		}
	}
	s.each(func(p *pkg, f *file) {
		ast.Inspect(f.ast, func(n ast.Node) bool {
			for _, x := range p.written(n) {
				key := p.variable(x)
				name := strings.TrimPrefix(key, module+"/")
				_, addressed := n.(*ast.UnaryExpr)
				if addressed && slices.Contains(constantTables, name) {
					continue
				}
				if declared[key] {
					findings = append(findings, s.at(x.Pos(), "the package variable %s may change here", name))
				}
			}
			return true
		})
	})
	return findings
}

// emptyVariables finds variables that start without a value, or with an empty map, slice or cell to be filled.
func (s *source) emptyVariables(p *pkg, gen *ast.GenDecl, spec *ast.ValueSpec) (findings []string) {
	if embedded(gen.Doc) || embedded(spec.Doc) {
		return nil
	}
	for i, id := range spec.Names {
		empty := len(spec.Values) == 0
		if i < len(spec.Values) {
			name := p.builtin(spec.Values[i])
			empty = name == "make" || name == "new"
		}
		if empty {
			findings = append(findings, s.at(id.Pos(), "the package variable %s starts empty, so it must change later", id.Name))
		}
	}
	return findings
}

func embedded(doc *ast.CommentGroup) bool {
	if doc == nil {
		return false
	}
	for _, c := range doc.List {
		if strings.HasPrefix(c.Text, "//go:embed ") {
			return true
		}
	}
	return false
}

// builtin returns the name of the builtin function that the expression calls, or "".
func (p *pkg) builtin(x ast.Expr) string {
	call, ok := x.(*ast.CallExpr)
	if !ok {
		return ""
	}
	id, ok := ast.Unparen(call.Fun).(*ast.Ident)
	if !ok {
		return ""
	}
	if b, ok := p.info.Uses[id].(*types.Builtin); ok {
		return b.Name()
	}
	return ""
}

// written returns the expressions whose variable the node may change.
func (p *pkg) written(n ast.Node) []ast.Expr {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok != token.DEFINE {
			return n.Lhs
		}
	case *ast.RangeStmt:
		if n.Tok == token.ASSIGN {
			return []ast.Expr{n.Key, n.Value}
		}
	case *ast.IncDecStmt:
		return []ast.Expr{n.X}
	case *ast.UnaryExpr:
		if _, literal := n.X.(*ast.CompositeLit); n.Op == token.AND && !literal {
			return []ast.Expr{n.X}
		}
	case *ast.CallExpr:
		switch p.builtin(n) {
		case "clear", "copy", "delete":
			return n.Args[:1]
		case "":
			return p.pointerReceiver(n)
		}
	}
	return nil
}

// pointerReceiver returns x of a call x.M() that takes the address of x unseen.
func (p *pkg) pointerReceiver(call *ast.CallExpr) []ast.Expr {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	method := p.info.Selections[sel]
	if method == nil || method.Kind() != types.MethodVal {
		return nil
	}
	recv := method.Obj().Type().(*types.Signature).Recv()
	if recv == nil || !isPointer(recv.Type()) || isPointer(method.Recv()) {
		return nil
	}
	return []ast.Expr{sel.X}
}

func isPointer(t types.Type) bool {
	_, ok := t.Underlying().(*types.Pointer)
	return ok
}

// variable returns `importpath.name` of the package variable that holds what the expression denotes, or "".
func (p *pkg) variable(x ast.Expr) string {
	for {
		switch e := x.(type) {
		case *ast.ParenExpr:
			x = e.X
		case *ast.IndexExpr:
			x = e.X
		case *ast.SliceExpr:
			x = e.X
		case *ast.StarExpr:
			x = e.X
		case *ast.SelectorExpr:
			if from := p.importOf(e.X); from != "" {
				return from + "." + e.Sel.Name
			}
			x = e.X
		case *ast.Ident:
			v, ok := p.info.Uses[e].(*types.Var)
			if ok && v.Parent() == p.types.Scope() {
				return p.types.Path() + "." + v.Name()
			}
			return ""
		default:
			return ""
		}
	}
}
