package rows

import (
	"io"
	"iter"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// batchRows is how many rows are collected before they are handed on: pages end between batches, and a group is a whole
// number of them.
const batchRows = 1024

// table writes rows of int64 under names that are known only when the scenario is.
type table struct {
	out     *parquet.GenericWriter[any]
	columns []column // in the order of the file
	rows    int
}

// column is a column of a table: its place in a row, and its part of the batch.
type column struct {
	at    int
	out   *parquet.ColumnWriter
	batch []parquet.Value
}

// newTable begins a file. Parquet's group orders its columns by name.
func newTable(w io.Writer, names []string) *table {
	group := parquet.Group{}
	for _, name := range names {
		group[name] = parquet.Encoded(parquet.Leaf(parquet.Int64Type), &parquet.DeltaBinaryPacked)
	}
	schema := parquet.NewSchema("trial", group)
	t := &table{out: parquet.NewGenericWriter[any](w, options(schema)...)}
	for i, path := range schema.Columns() {
		t.columns = append(t.columns, column{
			slices.Index(names, path[0]), t.out.ColumnWriters()[i], make([]parquet.Value, 0, batchRows),
		})
	}
	return t
}

func (t *table) write(row []int64) error {
	for i := range t.columns {
		c := &t.columns[i]
		c.batch = append(c.batch, parquet.Int64Value(row[c.at]))
	}
	t.rows++
	if t.rows%batchRows != 0 {
		return nil
	}
	if err := t.handOn(); err != nil {
		return err
	}
	if t.rows%groupRows == 0 {
		return t.out.Flush()
	}
	return nil
}

// handOn empties the batch.
func (t *table) handOn() error {
	for i := range t.columns {
		c := &t.columns[i]
		if _, err := c.out.WriteRowValues(c.batch); err != nil {
			return err
		}
		c.batch = c.batch[:0]
	}
	return nil
}

func (t *table) close() error {
	if err := t.handOn(); err != nil {
		return err
	}
	return t.out.Close()
}

// writeAll writes a file of rows of one type.
func writeAll[T any](w io.Writer, rows iter.Seq2[*T, error]) error {
	out := parquet.NewGenericWriter[T](w, options(parquet.SchemaOf(new(T)))...)
	batch := make([]T, 0, batchRows)
	written := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		if batch = append(batch, *row); len(batch) < batchRows {
			continue
		}
		if _, err := out.Write(batch); err != nil {
			return err
		}
		batch = batch[:0]
		if written += batchRows; written%groupRows == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
	if _, err := out.Write(batch); err != nil {
		return err
	}
	return out.Close()
}
