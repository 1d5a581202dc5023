package report

import (
	"bytes"
	"encoding/json"
	"io"

	"failsim/measure"
)

// JSON writes summary.json.
func JSON(w io.Writer, s *measure.Summary) error { return writeJSON(w, s, "  ") }

// writeJSON writes v indented, with the characters that only HTML would need escaped as they are.
func writeJSON(w io.Writer, v any, indent string) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	if err := enc.Encode(v); err != nil {
		return err
	}
	_, err := w.Write(out.Bytes())
	return err
}

// quote writes a string as JSON. Strings cannot fail to encode.
func quote(s string) string {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)
	return string(bytes.TrimSuffix(out.Bytes(), []byte("\n")))
}
