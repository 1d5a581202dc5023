package report

import (
	"bytes"
	"io"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// grid is rows of cells whose columns line up.
type grid struct {
	aligns string // per column, l or r; columns beyond are as the last
	rows   [][]string
}

func (g *grid) add(cells ...string) { g.rows = append(g.rows, cells) }

// grid writes a grid.
func (p *page) grid(g grid) error {
	lines, err := g.render()
	for _, line := range lines {
		p.printf("%s\n", line)
	}
	return err
}

// render returns one line for each row.
func (g *grid) render() ([]string, error) {
	if len(g.rows) == 0 {
		return nil, nil
	}
	columns := 0
	for _, row := range g.rows {
		columns = max(columns, len(row))
	}
	var out bytes.Buffer
	t := newTable(&out, g.alignment(columns))
	for _, row := range g.rows {
		for len(row) < columns {
			row = append(row, "")
		}
		if err := t.Append(row); err != nil {
			return nil, err
		}
	}
	if err := t.Render(); err != nil {
		return nil, err
	}
	lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines, nil
}

// newTable makes a table of bare columns, two blanks apart: no borders, no wrapping, and words as they are given.
func newTable(w io.Writer, aligns []tw.Align) *tablewriter.Table {
	bare := tw.Rendition{
		Borders: tw.Border{Left: tw.Off, Right: tw.Off, Top: tw.Off, Bottom: tw.Off},
		Symbols: tw.NewSymbols(tw.StyleNone),
		Settings: tw.Settings{
			Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.Off, ShowFooter: tw.Off},
			Lines:      tw.LinesNone,
		},
	}
	return tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(bare)),
		// The width of ± and ≥ must not follow the locale.
		tablewriter.WithEastAsian(tw.Off),
		tablewriter.WithRowAutoFormat(tw.Off),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithTrimSpace(tw.Off),
		tablewriter.WithRowAlignmentConfig(tw.CellAlignment{PerColumn: aligns}),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: "  ", Overwrite: true}),
	)
}

// alignment is the alignment of each column.
func (g *grid) alignment(columns int) []tw.Align {
	aligns := make([]tw.Align, columns)
	for i := range aligns {
		aligns[i] = tw.AlignLeft
		if g.aligns[min(i, len(g.aligns)-1)] == 'r' {
			aligns[i] = tw.AlignRight
		}
	}
	return aligns
}
