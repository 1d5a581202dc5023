package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"iter"

	"github.com/parquet-go/parquet-go"
)

// guarded turns a panic of the Parquet library, which some damaged files bring about, into an error.
func guarded(read func() error) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("a damaged file: %v", cause)
		}
	}()
	return read()
}

// open opens a file that has the columns of want, and lets its others be.
func open(r io.ReaderAt, size int64, want *parquet.Schema) (file *parquet.File, err error) {
	if err := framed(r, size); err != nil {
		return nil, fmt.Errorf("not a Parquet file: %w", err)
	}
	err = guarded(func() (err error) {
		// Pages are read in order and whole, so what helps to find them is not needed.
		file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
		if err != nil {
			return fmt.Errorf("not a Parquet file: %w", err)
		}
		for _, path := range want.Columns() {
			leaf, _ := want.Lookup(path...)
			if err := hasColumn(file.Schema(), path[0], leaf.Node); err != nil {
				return err
			}
		}
		var rows int64
		for _, group := range file.RowGroups() {
			if group.NumRows() < 0 {
				return fmt.Errorf("a row group of %d rows", group.NumRows())
			}
			rows += group.NumRows()
		}
		if rows != file.NumRows() {
			return fmt.Errorf("%d rows, and %d in its row groups", file.NumRows(), rows)
		}
		return nil
	})
	return file, err
}

// framed checks that a file begins and ends as Parquet does, with a footer that fits into it: the library believes whatever
// length it finds.
func framed(r io.ReaderAt, size int64) error {
	const magic = "PAR1"
	var head [4]byte
	var tail [8]byte // the footer's length, and the magic again
	least := int64(len(head) + len(tail))
	if size < least {
		return fmt.Errorf("%d bytes; want %d at least", size, least)
	}
	if _, err := r.ReadAt(head[:], 0); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if _, err := r.ReadAt(tail[:], size-int64(len(tail))); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if string(head[:]) != magic || string(tail[4:]) != magic {
		return errors.New("it does not begin and end with " + magic)
	}
	if footer := int64(binary.LittleEndian.Uint32(tail[:4])); footer > size-least {
		return fmt.Errorf("a footer of %d bytes in a file of %d", footer, size)
	}
	return nil
}

// hasColumn looks for a column of a type: with a value in each row or, if it is optional, in some.
func hasColumn(schema *parquet.Schema, name string, want parquet.Node) error {
	leaf, ok := schema.Lookup(name)
	if !ok {
		return fmt.Errorf("no column %s", name)
	}
	node, presence := leaf.Node, "required"
	if want.Optional() {
		presence = "optional"
	}
	if !node.Leaf() || node.Type().Kind() != want.Type().Kind() || node.Optional() != want.Optional() || node.Repeated() {
		return fmt.Errorf("column %s is of another type; want %v, %s", name, want.Type().Kind(), presence)
	}
	return nil
}

// cells are the values of a row by the columns that were asked for. What is of another type than its column is an error: the
// library itself believes what a damaged file says.
type cells struct {
	names []string
	row   []parquet.Value
	err   error
}

// cell gives a value of a kind; false for one that is missing or of another kind.
func (c *cells) cell(i int, kind parquet.Kind) (parquet.Value, bool) {
	v := c.row[i]
	if v.IsNull() || v.Kind() != kind {
		c.err = fmt.Errorf("a damaged file: column %s holds what is no %v", c.names[i], kind)
		return v, false
	}
	return v, true
}

func (c *cells) integer(i int) (n int64) {
	if v, ok := c.cell(i, parquet.Int64); ok {
		n = v.Int64()
	}
	return n
}

func (c *cells) number(i int) (x float64) {
	if v, ok := c.cell(i, parquet.Double); ok {
		x = v.Double()
	}
	return x
}

// numberIfAny gives nil for null.
func (c *cells) numberIfAny(i int) *float64 {
	if c.row[i].IsNull() {
		return nil
	}
	x := c.number(i)
	return &x
}

func (c *cells) text(i int) (text string) {
	if v, ok := c.cell(i, parquet.ByteArray); ok {
		text = string(v.ByteArray())
	}
	return text
}

func (c *cells) flag(i int) (set bool) {
	if v, ok := c.cell(i, parquet.Boolean); ok {
		set = v.Boolean()
	}
	return set
}

// readAll gives the rows of a file of one type; take makes one of its cells, which are in the order of the type's fields.
func readAll[T any](r io.ReaderAt, size int64, take func(*cells) T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		want := parquet.SchemaOf(new(T))
		file, err := open(r, size, want)
		if err != nil {
			yield(nil, err)
			return
		}
		for _, group := range file.RowGroups() {
			for row, err := range newGroupReader(group, want, file.Schema()).all() {
				if err != nil {
					yield(nil, err)
					return
				}
				made := take(row)
				if row.err != nil {
					yield(nil, row.err)
					return
				}
				if !yield(&made, nil) {
					return
				}
			}
		}
	}
}

// groupReader reads the rows of a row group, a batch at a time.
type groupReader struct {
	group parquet.RowGroup
	in    parquet.Rows
	batch [batchRows]parquet.Row
	cells cells
	place map[int]int // by column of the file: its place in cells
}

func newGroupReader(group parquet.RowGroup, want, have *parquet.Schema) *groupReader {
	g := &groupReader{group: group, place: map[int]int{}}
	for i, field := range want.Fields() {
		leaf, _ := have.Lookup(field.Name()) // open has looked
		g.place[leaf.ColumnIndex] = i
		g.cells.names = append(g.cells.names, field.Name())
	}
	g.cells.row = make([]parquet.Value, len(g.cells.names))
	return g
}

// all gives the cells of each row, valid until the next one.
func (g *groupReader) all() iter.Seq2[*cells, error] {
	return func(yield func(*cells, error) bool) {
		defer g.close()
		for left := g.group.NumRows(); left > 0; {
			n, err := g.next(left)
			if err != nil {
				yield(nil, err)
				return
			}
			left -= int64(n)
			for _, row := range g.batch[:n] {
				if !yield(g.fill(row), nil) {
					return
				}
			}
		}
	}
}

// next reads a batch. It asks for no more rows than there are: for each of those beyond the end the library looks for a page.
func (g *groupReader) next(left int64) (n int, err error) {
	err = guarded(func() error {
		if g.in == nil {
			g.in = g.group.Rows()
		}
		var err error
		n, err = g.in.ReadRows(g.batch[:min(batchRows, left)])
		if n > 0 && errors.Is(err, io.EOF) {
			err = nil // told again if rows are missing
		}
		if n == 0 && (err == nil || errors.Is(err, io.EOF)) {
			err = fmt.Errorf("a damaged file: it ends %d rows early", left)
		}
		return err
	})
	return n, err
}

// fill sorts a row's values by the columns that were asked for.
func (g *groupReader) fill(row parquet.Row) *cells {
	clear(g.cells.row)
	for _, v := range row {
		if i, ok := g.place[v.Column()]; ok {
			g.cells.row[i] = v
		}
	}
	return &g.cells
}

func (g *groupReader) close() {
	_ = guarded(func() error {
		if g.in == nil {
			return nil
		}
		return g.in.Close()
	})
}

// Trials reads trials.parquet.
type Trials struct {
	file  *parquet.File
	names []string
}

// OpenTrials opens trials.parquet.
func OpenTrials(r io.ReaderAt, size int64) (*Trials, error) {
	want := parquet.NewSchema("trial", parquet.Group{trialColumn: parquet.Leaf(parquet.Int64Type)})
	file, err := open(r, size, want)
	if err != nil {
		return nil, err
	}
	t := &Trials{file: file}
	err = guarded(func() error {
		for _, path := range file.Schema().Columns() {
			if err := hasColumn(file.Schema(), path[0], parquet.Leaf(parquet.Int64Type)); err != nil {
				return err
			}
			t.names = append(t.names, path[0])
		}
		return nil
	})
	return t, err
}

// Len is how many trials there are.
func (t *Trials) Len() int64 { return t.file.NumRows() }

// Names lists the columns, in the order of the file.
func (t *Trials) Names() []string { return t.names }

// Column reads one column, by trial.
func (t *Trials) Column(name string) (all []int64, err error) {
	leaf, ok := t.file.Schema().Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no column %s", name)
	}
	for _, group := range t.file.RowGroups() {
		if all, err = appendColumn(all, group, leaf.ColumnIndex); err != nil {
			return nil, fmt.Errorf("column %s: %w", name, err)
		}
	}
	return all, nil
}

// Rows gives the numbers of each trial under the names, which are all in Names. A row is valid until the next one.
func (t *Trials) Rows(names []string) iter.Seq2[[]int64, error] {
	return func(yield func([]int64, error) bool) {
		row, columns := make([]int64, len(names)), make([][]int64, len(names))
		for _, group := range t.file.RowGroups() {
			for i, name := range names {
				leaf, ok := t.file.Schema().Lookup(name)
				if !ok {
					yield(nil, fmt.Errorf("no column %s", name))
					return
				}
				var err error
				if columns[i], err = appendColumn(columns[i][:0], group, leaf.ColumnIndex); err != nil {
					yield(nil, fmt.Errorf("column %s: %w", name, err))
					return
				}
			}
			for at := range group.NumRows() {
				for i := range columns {
					row[i] = columns[i][at]
				}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
}

// appendColumn reads one column of a row group.
func appendColumn(all []int64, group parquet.RowGroup, index int) ([]int64, error) {
	had := int64(len(all))
	err := guarded(func() error {
		pages := group.ColumnChunks()[index].Pages()
		defer pages.Close()
		for {
			page, err := pages.ReadPage()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			all, err = appendPage(all, page)
			parquet.Release(page)
			if err != nil {
				return err
			}
		}
	})
	if got := int64(len(all)) - had; err == nil && got != group.NumRows() {
		err = fmt.Errorf("a damaged file: %d values for %d rows", got, group.NumRows())
	}
	return all, err
}

func appendPage(all []int64, page parquet.Page) ([]int64, error) {
	var buffer [batchRows]parquet.Value
	values := page.Values()
	for {
		n, err := values.ReadValues(buffer[:])
		for i := range n {
			all = append(all, buffer[i].Int64())
		}
		switch {
		case errors.Is(err, io.EOF):
			return all, nil
		case err != nil:
			return all, err
		case n == 0:
			return all, io.ErrNoProgress
		}
	}
}
