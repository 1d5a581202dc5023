package rows

import (
	"fmt"
	"io"
	"iter"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// table writes rows of int64 under names that are known only when the scenario is.
type table struct {
	out   *parquet.Writer
	order []int // by column of the file: its place in a row
	row   parquet.Row
	rows  int
}

// newTable begins a file. Parquet's group orders its columns by name; order maps them.
func newTable(w io.Writer, names []string) *table {
	group := parquet.Group{}
	for _, name := range names {
		group[name] = parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.DeltaBinaryPacked)
	}
	schema := parquet.NewSchema("trial", group)
	t := &table{out: parquet.NewWriter(w, options(schema)...)}
	for _, column := range schema.Columns() {
		t.order = append(t.order, slices.Index(names, column[0]))
	}
	t.row = make(parquet.Row, len(names))
	return t
}

func (t *table) write(values []int64) error {
	for column, at := range t.order {
		t.row[column] = parquet.Int64Value(values[at]).Level(0, 0, column)
	}
	if _, err := t.out.WriteRows([]parquet.Row{t.row}); err != nil {
		return err
	}
	if t.rows++; t.rows%groupRows == 0 {
		return t.out.Flush()
	}
	return nil
}

func (t *table) close() error { return t.out.Close() }

// writeAll writes a file of rows of one type.
func writeAll[T any](w io.Writer, rows iter.Seq2[*T, error]) error {
	out := parquet.NewGenericWriter[T](w, options(parquet.SchemaOf(new(T)))...)
	written := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if _, err := out.Write([]T{*row}); err != nil {
			return err
		}
		if written++; written%groupRows == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	return out.Close()
}

// readAll gives the rows of a file of one type.
func readAll[T any](r io.ReaderAt, size int64) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		file, err := parquet.OpenFile(r, size)
		if err != nil {
			yield(nil, err)
			return
		}
		in := parquet.NewGenericReader[T](file)
		defer in.Close()
		buffer := make([]T, 1024)
		for {
			n, err := in.Read(buffer)
			for i := range n {
				if !yield(&buffer[i], nil) {
					return
				}
			}
			if err == io.EOF {
				return
			}
			if err != nil {
				yield(nil, err)
				return
			}
		}
	}
}

// Trials reads columns of trials.parquet.
type Trials struct{ file *parquet.File }

// OpenTrials opens trials.parquet.
func OpenTrials(r io.ReaderAt, size int64) (*Trials, error) {
	file, err := parquet.OpenFile(r, size)
	if err != nil {
		return nil, err
	}
	return &Trials{file}, nil
}

// Len is how many trials there are.
func (t *Trials) Len() int64 { return t.file.NumRows() }

// Names lists the columns.
func (t *Trials) Names() (names []string) {
	for _, column := range t.file.Schema().Columns() {
		names = append(names, column[0])
	}
	return names
}

// Column reads one column, by trial.
func (t *Trials) Column(name string) ([]int64, error) {
	leaf, ok := t.file.Schema().Lookup(name)
	if !ok {
		return nil, fmt.Errorf("no column %s", name)
	}
	all := make([]int64, 0, t.file.NumRows())
	buffer := make([]parquet.Value, 1024)
	for _, group := range t.file.RowGroups() {
		pages := group.ColumnChunks()[leaf.ColumnIndex].Pages()
		for {
			page, err := pages.ReadPage()
			if err == io.EOF {
				break
			}
			if err != nil {
				pages.Close()
				return nil, err
			}
			values := page.Values()
			for {
				n, err := values.ReadValues(buffer)
				for _, v := range buffer[:n] {
					all = append(all, v.Int64())
				}
				if err == io.EOF {
					break
				}
				if err != nil {
					pages.Close()
					return nil, err
				}
			}
			parquet.Release(page)
		}
		if err := pages.Close(); err != nil {
			return nil, err
		}
	}
	return all, nil
}
