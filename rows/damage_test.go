package rows_test

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"failsim/measure"
	"failsim/rows"

	"github.com/parquet-go/parquet-go"
)

// readAs reads a file as one of trials, outages and sketches, to its first error.
func readAs(kind int, text []byte) error {
	in, size := bytes.NewReader(text), int64(len(text))
	switch kind {
	case 0:
		t, err := rows.OpenTrials(in, size)
		if err != nil {
			return err
		}
		for _, err := range t.Rows(t.Names()) {
			if err != nil {
				return err
			}
		}
	case 1:
		for _, err := range rows.ReadOutages(in, size) {
			if err != nil {
				return err
			}
		}
	case 2:
		_, err := rows.ReadSketches(in, size)
		return err
	}
	return nil
}

// small gives a file of each of the three.
func small(t testing.TB) map[string][]byte {
	t.Helper()
	all := made(50, 2)
	d := []measure.Distribution{{Metric: "promotion", Observer: "service", Values: []float64{1, 2.5},
		Counts: []int64{3, 4}, Censored: []int64{0, 1}}}
	return map[string][]byte{
		"trials":   written(t, func(w io.Writer) error { return rows.WriteTrials(w, makeColumns(2), each(all)) }),
		"outages":  outagesFile(t, twoGroups(), all),
		"sketches": written(t, func(w io.Writer) error { return rows.WriteSketches(w, slices.Values(d)) }),
	}
}

func TestFilesOfAnotherKindAreRefused(t *testing.T) {
	files := small(t)
	for name, want := range map[string][3]string{
		"trials":   {"", "no column group", "no column metric"},
		"outages":  {"column group is of another type", "", "no column metric"},
		"sketches": {"no column trial", "no column trial", ""},
	} {
		for i := range want {
			err := readAs(i, files[name])
			if (err == nil) != (want[i] == "") || err != nil && !strings.HasPrefix(err.Error(), want[i]) {
				t.Errorf("%s read as file %d: %v; want %q", name, i, err, want[i])
			}
		}
	}
	var optional bytes.Buffer
	type row struct {
		Trial *int64 `parquet:"trial"`
	}
	if err := parquet.Write(&optional, []row{{}}); err != nil {
		t.Fatal(err)
	}
	if err := readAs(0, optional.Bytes()); err == nil || !strings.HasSuffix(err.Error(), "want INT64, required") {
		t.Errorf("values that may be missing: %v", err)
	}
	for _, text := range []string{"", "PAR1", "PAR1PAR1", "PAR1\xff\xff\xff\x7fPAR1", strings.Repeat("nonsense", 100)} {
		if err := readAs(0, []byte(text)); err == nil || !strings.HasPrefix(err.Error(), "not a Parquet file: ") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

// Wherever a file is cut, reading it is an error; whichever byte is changed, it ends in an error or with rows.
func TestDamageIsNoPanic(t *testing.T) {
	for i, name := range []string{"trials", "outages", "sketches"} {
		text := small(t)[name]
		for at := range text {
			if at%7 == 0 && readAs(i, text[:at]) == nil {
				t.Errorf("%s cut at %d is read", name, at)
			}
			damaged := bytes.Clone(text)
			damaged[at] ^= [...]byte{1, 0x80, 0xff}[at%3]
			_ = readAs(i, damaged)
		}
	}
}

func FuzzReaders(f *testing.F) {
	for _, text := range small(f) {
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text []byte) {
		for kind := range 3 {
			_ = readAs(kind, text)
		}
	})
}
