package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"failsim/report"
	"failsim/sim"
	"failsim/words"
)

// refusal is a mistake of the client, or of the service that it calls.
type refusal struct {
	status int
	Text   string `json:"error"`
	// Code is the service's, where its API refuses a call.
	Code string `json:"code,omitempty"`
}

func (r *refusal) Error() string { return r.Text }

func refuse(status int, format string, args ...any) error {
	return &refusal{status: status, Text: fmt.Sprintf(format, args...)}
}

func writeError(w http.ResponseWriter, err error) {
	r, ok := errors.AsType[*refusal](err)
	if !ok {
		r = &refusal{status: http.StatusInternalServerError, Text: err.Error()}
	}
	if r.status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	_ = writeJSON(w, r.status, r)
}

// writeJSON answers. That a client has gone is nothing that anybody could act on.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	text, err := encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(text)
	return nil
}

// encode writes v on one line, with the characters that only HTML would need escaped as they are.
func encode(v any) ([]byte, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return out.Bytes(), err
}

// readBody reads the JSON object of a request; want says what it may be. An empty body is an empty object where there is nothing that it
// must have.
func readBody(r *http.Request, into any, want string, optional bool) error {
	text, err := readText(r)
	if err != nil {
		return err
	}
	if optional && len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err = decoder.Decode(into); err == nil {
		err = checkCase(text)
	}
	if err == nil {
		if _, more := decoder.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("more than one object")
		}
	}
	switch wrong, isType := errors.AsType[*json.UnmarshalTypeError](err); {
	case err == nil:
		return nil
	case errors.Is(err, io.EOF):
		err = errors.New("empty")
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("the object is cut short")
	case isType && wrong.Field != "":
		err = fmt.Errorf("%s: is a JSON %s", wrong.Field, wrong.Value)
	case isType:
		err = fmt.Errorf("is a JSON %s", wrong.Value)
	}
	return refuse(http.StatusBadRequest, "body: %s; want %s", strings.TrimPrefix(err.Error(), "json: "), want)
}

// checkCase refuses names with capitals, which the decoder takes for those without.
func checkCase(text []byte) error {
	var members map[string]json.RawMessage
	_ = json.Unmarshal(text, &members) // no object, or more than one, is refused elsewhere
	for name := range members {
		if name != strings.ToLower(name) {
			return fmt.Errorf("unknown field %q", name)
		}
	}
	return nil
}

func readText(r *http.Request) ([]byte, error) {
	text, err := io.ReadAll(r.Body)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, refuse(http.StatusRequestEntityTooLarge, "body: too long; want %d bytes at most", mostBody)
	}
	if err != nil {
		return nil, refuse(http.StatusBadRequest, "body: %v", err)
	}
	return text, nil
}

// readAfter is how many lines of a list the client has.
func readAfter(r *http.Request) (int, error) {
	return readNumber(r, "after", "one number of lines that you have, 0 or more", numbers{0, 0, math.MaxInt})
}

// within refuses a client that has more of a list than there is: the fleet was put back to virtual zero meanwhile.
func within(after, count int) error {
	if after <= count {
		return nil
	}
	return refuse(http.StatusBadRequest, "after=%d; there are %d; begin with 0 again after a reset", after, count)
}

// numbers are what a parameter may be: from least to most, and usual where it is left out.
type numbers struct{ usual, least, most int }

// readNumber reads a parameter; want says what it may be.
func readNumber(r *http.Request, name, want string, may numbers) (int, error) {
	values := r.URL.Query()[name]
	if len(values) == 0 {
		return may.usual, nil
	}
	n, err := strconv.Atoi(values[0])
	if err != nil || n < may.least || n > may.most || len(values) > 1 {
		return 0, refuse(http.StatusBadRequest, "%s=%s; want %s", name, words.Quote(strings.Join(values, ",")), want)
	}
	return n, nil
}

// instant is written as seconds since virtual zero, exact to the nanosecond; null where it never comes.
type instant sim.Time

// MarshalJSON writes the number.
func (t instant) MarshalJSON() ([]byte, error) {
	if sim.Time(t) == sim.Never {
		return []byte("null"), nil
	}
	return []byte(report.Seconds(sim.Time(t))), nil
}

// span is written as seconds, exact to the nanosecond.
type span time.Duration

// MarshalJSON writes the number.
func (d span) MarshalJSON() ([]byte, error) { return []byte(report.Seconds(sim.Time(d))), nil }

// date is an instant of the calendar, to the millisecond as the service writes it; null where it never comes.
type date struct {
	start time.Time
	at    sim.Time
}

func dateOf(w *sim.World, at sim.Time) date { return date{w.Date(0), at} }

// MarshalJSON writes the text.
func (d date) MarshalJSON() ([]byte, error) {
	if d.at == sim.Never {
		return []byte("null"), nil
	}
	return []byte(d.start.Add(time.Duration(d.at)).UTC().Truncate(time.Millisecond).Format(`"2006-01-02T15:04:05.000Z"`)), nil
}
