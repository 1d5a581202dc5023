package report

import (
	"fmt"
	"io"
	"strings"

	"failsim/sim"
)

// grades explains the grades, best known first.
var grades = []struct {
	grade sim.Grade
	means string
}{
	{sim.GradeDocumented, "documented by AWS"},
	{sim.GradeSource, "read in the engine's source"},
	{sim.GradeMeasured, "measured or logged by a named user"},
	{sim.GradeInferred, "inferred from what is known; every result that rests on it says so"},
}

// Defaults writes the defaults as a table, with a legend of the grades.
func Defaults(w io.Writer, defaults []sim.Default) error {
	p := &page{}
	name, value := len("Default"), len("Value")
	for _, d := range defaults {
		name, value = max(name, runes(d.Name)), max(value, runes(d.Value))
	}
	row := func(d sim.Default) {
		first := fmt.Sprintf("%-*s  %-*s  %-5s  ", name, d.Name, value, d.Value, d.Grade)
		p.wrap(first, strings.Repeat(" ", runes(first)), d.Source)
	}
	row(sim.Default{Name: "Default", Value: "Value", Grade: "Grade", Source: "Source"})
	for _, d := range defaults {
		row(d)
	}
	p.printf("\n")
	for _, g := range grades {
		p.printf("%-4s  %s\n", g.grade, g.means)
	}
	_, err := w.Write(p.out.Bytes())
	return err
}

// DefaultsJSON writes the defaults as one array of objects.
func DefaultsJSON(w io.Writer, defaults []sim.Default) error {
	type object struct {
		Name   string    `json:"name"`
		Value  string    `json:"value"`
		Grade  sim.Grade `json:"grade"`
		Source string    `json:"source"`
	}
	objects := make([]object, len(defaults))
	for i, d := range defaults {
		objects[i] = object(d)
	}
	return writeJSON(w, objects, "  ")
}
