package query

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// Answer says which call is answered. Action is the name of an operation that exists; errors do without it. Namespace is the
// service's, e.g. http://elasticache.amazonaws.com/doc/2015-02-02/.
type Answer struct {
	Action, Namespace, RequestID string
}

// Error is a refusal or a failure: a code that SDKs choose their exception by, and a text for people. Sender tells whose fault
// it is. A Status of 0 stands for 400 where it is the sender's, else 500.
type Error struct {
	Code, Message string
	Status        int
	Sender        bool
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// WriteResult answers with status 200 and the result as the content of <ActionResult>, in the order of its fields and as
// encoding/xml names them; nil leaves the element out. What XML cannot carry becomes U+FFFD. A result that has no XML form is
// answered as InternalFailure, and is the error returned.
func WriteResult(w http.ResponseWriter, a Answer, result any) error {
	var text bytes.Buffer
	enc := xml.NewEncoder(&text)
	response := xml.StartElement{Name: xml.Name{Local: a.Action + "Response"}, Attr: []xml.Attr{xmlns(a.Namespace)}}
	err := enc.EncodeToken(response)
	if err == nil && result != nil {
		err = enc.EncodeElement(result, element(a.Action+"Result"))
	}
	if err == nil {
		err = enc.EncodeElement(metadata{a.RequestID}, element("ResponseMetadata"))
	}
	if err == nil {
		err = enc.EncodeToken(response.End())
	}
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		WriteError(w, a, &Error{Code: "InternalFailure", Message: "The answer has no XML form."})
		return fmt.Errorf("%s: answer as XML: %w", a.Action, err)
	}
	write(w, a.RequestID, http.StatusOK, text.Bytes())
	return nil
}

// WriteError answers with the error's status and an <ErrorResponse>.
func WriteError(w http.ResponseWriter, a Answer, e *Error) {
	status, text := e.encode(a)
	write(w, a.RequestID, status, text)
}

// encode gives the status and the body of the answer.
func (e *Error) encode(a Answer) (status int, text []byte) {
	kind, status := "Receiver", http.StatusInternalServerError
	if e.Sender {
		kind, status = "Sender", http.StatusBadRequest
	}
	body := errorResponse{Error: errorDetail{kind, e.Code, e.Message}, RequestID: a.RequestID, Xmlns: a.Namespace}
	text, err := xml.Marshal(body)
	if err != nil {
		panic(fmt.Sprintf("query: an error of four texts has no XML form: %v", err))
	}
	return cmp.Or(e.Status, status), text
}

type metadata struct {
	RequestID string `xml:"RequestId"`
}

// errorResponse has the request id outside of the error, unlike ResponseMetadata.
type errorResponse struct {
	XMLName   xml.Name `xml:"ErrorResponse"`
	Xmlns     string   `xml:"xmlns,attr"`
	Error     errorDetail
	RequestID string `xml:"RequestId"`
}

type errorDetail struct {
	Type, Code, Message string
}

func xmlns(namespace string) xml.Attr {
	return xml.Attr{Name: xml.Name{Local: "xmlns"}, Value: namespace}
}

func element(name string) xml.StartElement {
	return xml.StartElement{Name: xml.Name{Local: name}}
}

// write sends headers and body. That a client has gone is nothing that anybody could act on.
func write(w http.ResponseWriter, requestID string, status int, text []byte) {
	w.Header().Set("Content-Type", "text/xml")
	w.Header().Set("Content-Length", strconv.Itoa(len(text)))
	w.Header().Set("X-Amzn-Requestid", requestID)
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

// RequestID returns the id of the n-th call of a session, in the shape of a UUID. The same seed and n give the same id.
func RequestID(seed, n uint64) string {
	var key [16]byte
	binary.BigEndian.PutUint64(key[:8], seed)
	binary.BigEndian.PutUint64(key[8:], n)
	id := sha256.Sum256(key[:])
	id[6] = id[6]&0x0f | 0x40 // version 4
	id[8] = id[8]&0x3f | 0x80 // variant of RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:16])
}

// Timestamp is an instant as the service writes it: UTC, with three digits of a second's fraction.
type Timestamp time.Time

// MarshalText cuts what is finer than a millisecond.
func (t Timestamp) MarshalText() ([]byte, error) {
	return time.Time(t).UTC().AppendFormat(nil, "2006-01-02T15:04:05.000Z"), nil
}
