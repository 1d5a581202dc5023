package export

import (
	"bytes"
	"encoding/json"
)

// jsonText quotes a text as JSON, and leaves <, > and & as they are.
func jsonText(s string) string {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("export: a text that is no JSON: " + err.Error())
	}
	return string(bytes.TrimRight(text.Bytes(), "\n"))
}
