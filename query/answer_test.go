package query

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"
)

const namespace = "http://elasticache.amazonaws.com/doc/2015-02-02/"

// describeEvents has a list, an optional member and an instant, as answers do.
type describeEvents struct {
	Marker string  `xml:",omitempty"`
	Events []event `xml:"Events>Event"`
}

type event struct {
	Message string
	Date    Timestamp
}

func TestResultsAreWrittenAsModelled(t *testing.T) {
	w := httptest.NewRecorder()
	at := time.Date(2020, 3, 18, 19, 51, 34, 457_999_999, time.FixedZone("", -4*3600))
	err := WriteResult(w, Answer{"DescribeEvents", namespace, "id-1"}, describeEvents{Events: []event{{`a < "b"`, Timestamp(at)}}})
	// The instant in UTC is 23:51:34.457999999, cut to milliseconds.
	want := `<DescribeEventsResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><DescribeEventsResult><Events><Event>` +
		`<Message>a &lt; &#34;b&#34;</Message><Date>2020-03-18T23:51:34.457Z</Date></Event></Events></DescribeEventsResult>` +
		`<ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></DescribeEventsResponse>`
	if got := w.Body.String(); err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	headers(t, w, http.StatusOK)
}

func headers(t *testing.T, w *httptest.ResponseRecorder, status int) {
	t.Helper()
	if w.Code != status || w.Header().Get("Content-Type") != "text/xml" || w.Header().Get("x-amzn-RequestId") != "id-1" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
}

func TestNoResultLeavesTheElementOut(t *testing.T) {
	w := httptest.NewRecorder()
	err := WriteResult(w, Answer{"A", "ns", "id-1"}, nil)
	want := `<AResponse xmlns="ns"><ResponseMetadata><RequestId>id-1</RequestId></ResponseMetadata></AResponse>`
	if got := w.Body.String(); err != nil || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
}

func TestErrorsAreWrittenAsModelled(t *testing.T) {
	for _, c := range []struct {
		e      Error
		status int
		kind   string
	}{
		{Error{"NodeGroupNotFoundFault", "m", 404, true}, 404, "Sender"},
		{Error{"Throttling", "m", 0, true}, 400, "Sender"},
		{Error{"InternalFailure", "m", 0, false}, 500, "Receiver"},
		{Error{"ServiceUnavailable", "m", 503, false}, 503, "Receiver"},
	} {
		w := httptest.NewRecorder()
		WriteError(w, Answer{"TestFailover", namespace, "id-1"}, &c.e)
		want := `<ErrorResponse xmlns="http://elasticache.amazonaws.com/doc/2015-02-02/"><Error><Type>` + c.kind + `</Type><Code>` + c.e.Code +
			`</Code><Message>m</Message></Error><RequestId>id-1</RequestId></ErrorResponse>`
		if got := w.Body.String(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		headers(t, w, c.status)
	}
}

// TestNoTextBreaksADocument: a client may send what XML cannot carry, and messages repeat what clients send.
func TestNoTextBreaksADocument(t *testing.T) {
	for text, want := range map[string]string{
		"</Message><Code>x": "</Message><Code>x", "]]>&amp;": "]]>&amp;", "\x00\x1f\ufffe": "\ufffd\ufffd\ufffd", "\xff": "\ufffd",
		"a\r\n\tb": "a\r\n\tb", "é\U0001f600": "é\U0001f600",
	} {
		failed, done := httptest.NewRecorder(), httptest.NewRecorder()
		WriteError(failed, Answer{Namespace: namespace, RequestID: text}, &Error{text, text, 400, true})
		var e errorResponse
		if err := xml.Unmarshal(failed.Body.Bytes(), &e); err != nil || e.Error.Message != want || e.Error.Code != want || e.RequestID != want {
			t.Errorf("%q: %v, %+v", text, err, e)
		}
		var response struct{ Result describeEvents }
		if err := WriteResult(done, Answer{"DescribeEvents", text, text}, describeEvents{Events: []event{{Message: text}}}); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		document := strings.ReplaceAll(done.Body.String(), "DescribeEventsResult", "Result")
		if err := xml.Unmarshal([]byte(document), &response); err != nil || response.Result.Events[0].Message != want {
			t.Errorf("%q: %v, %+v", text, err, response)
		}
	}
}

// UnmarshalText lets the tests read answers.
func (t *Timestamp) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	*t = Timestamp(at)
	return err
}

func TestResultWithoutAFormIsAnInternalFailure(t *testing.T) {
	w := httptest.NewRecorder()
	err := WriteResult(w, Answer{"A", "ns", "id-1"}, struct{ F func() }{func() {}})
	want := `<ErrorResponse xmlns="ns"><Error><Type>Receiver</Type><Code>InternalFailure</Code><Message>The answer has no XML form.` +
		`</Message></Error><RequestId>id-1</RequestId></ErrorResponse>`
	if got := w.Body.String(); err == nil || !strings.HasPrefix(err.Error(), "A: answer as XML: ") || got != want {
		t.Errorf("%v\n%s\nwant\n%s", err, got, want)
	}
	headers(t, w, http.StatusInternalServerError)
}

func TestRequestIDs(t *testing.T) {
	shape := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	seen := map[string]bool{}
	for seed := range uint64(30) {
		for n := range uint64(30) {
			id := RequestID(seed, n)
			if !shape.MatchString(id) || seen[id] || id != RequestID(seed, n) {
				t.Errorf("seed %d, call %d: %s", seed, n, id)
			}
			seen[id] = true
		}
	}
	// `echo 00000000000000010000000000000002 | xxd -r -p | sha256sum` begins with 8c7654ecfd7b0b623b803e2f4e02ad1c: the 13th
	// digit becomes 4, and the 17th, 3 or 0011, becomes 1011 or b.
	if id := RequestID(1, 2); id != "8c7654ec-fd7b-4b62-bb80-3e2f4e02ad1c" {
		t.Error(id)
	}
}

func BenchmarkCall(b *testing.B) {
	result := describeEvents{}
	for range 20 {
		result.Events = append(result.Events, event{Message: "Recovering cache nodes 0001", Date: Timestamp(time.Unix(1e9, 0))})
	}
	b.ReportAllocs()
	for n := range uint64(b.N) {
		q, err := Read(httptest.NewRecorder(), post("/", "Action=DescribeEvents&Version=2015-02-02&MaxRecords=20"))
		if err != nil || q.Int("MaxRecords", 20, 100, 100) != 20 {
			b.Fatal(err)
		}
		w := httptest.NewRecorder()
		w.Body = nil
		if err := WriteResult(w, Answer{q.Action, namespace, RequestID(1, n)}, result); err != nil {
			b.Fatal(err)
		}
	}
}
