// Package query speaks the AWS Query protocol: a request is a form, an answer is XML. It knows no service and no operation.
//
// The stance: what comes in is bounded, complete and unambiguous, or it is refused as XML with a code of AWS's "Common Errors";
// what goes out is a whole document. Parameters that nobody asked for are named by Unknown, so that no option is taken and
// then ignored.
//
// The flow: a listener with a cap (limit.go) and a server with deadlines (server.go) hand requests to a handler, which calls
// Read, asks the Request for its parameters (parameters.go), looks at Err once, and answers with WriteResult or WriteError
// (answer.go). What is no request at all never comes that far (refused.go).
package query

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"failsim/words"
)

// Bounds of a request, far above what any call needs that asks about failovers.
const (
	MaxBody       = 64 << 10
	MaxParameters = 1000
)

const formType = "application/x-www-form-urlencoded"

// Request is one call. Its getters are in parameters.go; they may be called from one goroutine.
type Request struct {
	Action, Version string
	Body            []byte // as it was sent, for the signature
	values          map[string]string
	asked           map[string]bool
	err             *Error
}

// Read reads the form of a POST request's body and of the query string, which GET has alone. Any error is an *Error: a method,
// content type or coding that the protocol does not have, more than MaxBody bytes or MaxParameters parameters, a body that
// breaks off, what is not UTF-8 or badly escaped, a parameter given twice, no Action.
func Read(w http.ResponseWriter, r *http.Request) (*Request, error) {
	if r.Method != http.MethodPost && r.Method != http.MethodGet {
		w.Header().Set("Allow", "GET, POST")
		w.Header().Set("Connection", "close")
		return nil, refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The method %s is not allowed: use POST or GET.", r.Method)
	}
	body, err := readBody(w, r)
	if err != nil {
		return nil, err
	}
	q := &Request{Body: body, values: map[string]string{}, asked: map[string]bool{}}
	if err := q.parse(r.URL.RawQuery); err != nil {
		return nil, err
	}
	if err := checkForm(r, body); err != nil {
		return nil, err
	}
	if err := q.parse(string(body)); err != nil {
		return nil, err
	}
	q.Action, q.Version = q.String("Action"), q.String("Version")
	if q.Action == "" {
		return nil, refuse(http.StatusBadRequest, "MissingAction", "The request is missing an Action.")
	}
	return q, nil
}

// readBody returns all of it. A body that announces too much is refused unread: with `Connection: close`, as net/http would
// otherwise wait for the rest of it before it answers.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	if r.ContentLength > MaxBody {
		w.Header().Set("Connection", "close")
		return nil, tooLarge()
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, MaxBody))
	if err == nil {
		return body, nil
	}
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, tooLarge()
	}
	if late, ok := errors.AsType[net.Error](err); ok && late.Timeout() {
		return nil, refuse(http.StatusRequestTimeout, "RequestTimeoutException", "Reading the request timed out.")
	}
	return nil, malformed("The body could not be read: %v.", err)
}

// checkForm wants the body to be what the header says, and a form.
func checkForm(r *http.Request, body []byte) error {
	if len(body) == 0 {
		return nil
	}
	if r.Method == http.MethodGet {
		return malformed("GET takes its parameters from the URL; the body must be empty.")
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if !strings.EqualFold(strings.TrimSpace(kind), formType) {
		return malformed("The content type is %s, want %s.", words.Quote(kind), formType)
	}
	if coding := r.Header.Get("Content-Encoding"); coding != "" && !strings.EqualFold(coding, "identity") {
		return malformed("The content encoding is %s, want none.", words.Quote(coding))
	}
	return nil
}

// parse adds the parameters of `name=value&…`.
func (q *Request) parse(form string) error {
	for pair := range strings.SplitSeq(form, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if err := errors.Join(nameErr, valueErr); err != nil {
			return badSyntax("%s has a malformed escape; want %% and two hexadecimal digits.", pair)
		}
		if !utf8.ValidString(name) || !utf8.ValidString(value) {
			return badSyntax("%s is not UTF-8.", pair)
		}
		if name == "" {
			return badSyntax("%s has no name.", pair)
		}
		if _, twice := q.values[name]; twice {
			return refuse(http.StatusBadRequest, "InvalidQueryParameter", "The parameter %s is given twice.", words.Quote(name))
		}
		if len(q.values) == MaxParameters {
			return refuse(http.StatusBadRequest, "InvalidQueryParameter", "More than %d parameters.", MaxParameters)
		}
		q.values[name] = value
	}
	return nil
}

// refuse is an error that the sender causes. The codes and their statuses are those of AWS's "Common Errors"; only
// MethodNotAllowed is not in that list, but in S3's.
func refuse(status int, code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...), Status: status, Sender: true}
}

func tooLarge() *Error {
	return refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLargeException", "The body is larger than %d bytes.", MaxBody)
}

// malformed is for what is wrong at the level of HTTP.
func malformed(format string, args ...any) *Error {
	return refuse(http.StatusBadRequest, "MalformedHttpRequestException", format, args...)
}

// badSyntax has the status that AWS documents for it.
func badSyntax(format, pair string) *Error {
	return refuse(http.StatusNotFound, "MalformedQueryString", "The query string contains a syntax error: "+format, words.Quote(pair))
}
