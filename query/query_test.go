package query

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// post is a request with a form, as boto sends it.
func post(target, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	return r
}

func get(query string) *http.Request {
	return httptest.NewRequest(http.MethodGet, "/?"+query, nil)
}

// read is Read of a good request.
func read(t testing.TB, r *http.Request) *Request {
	t.Helper()
	q, err := Read(httptest.NewRecorder(), r)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestPostAndGetCarryTheSame(t *testing.T) {
	const form = "Action=TestFailover&Version=2015-02-02&&ReplicationGroupId=a+b%26%C3%A9&Empty=&Bare"
	plain := post("/", form)
	plain.Header.Set("Content-Type", "Application/X-WWW-Form-Urlencoded")
	empty := post("/?"+form, "")
	empty.Header.Del("Content-Type")
	for name, r := range map[string]*http.Request{
		"POST": post("/", form), "GET": get(form), "without charset": plain, "POST without a body": empty,
		"both": post("/?Action=TestFailover&Bare", strings.TrimSuffix(strings.TrimPrefix(form, "Action=TestFailover&"), "&Bare")),
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			q := read(t, r)
			got := []string{q.Action, q.Version, q.String("ReplicationGroupId"), q.String("Empty"), q.String("Bare"), q.String("None")}
			want := []string{"TestFailover", "2015-02-02", "a b&é", "", "", ""}
			if diff := cmp.Diff(want, got); diff != "" || q.Err() != nil || q.Unknown() != nil {
				t.Errorf("%v, unknown %q\n%s", q.Err(), q.Unknown(), diff)
			}
		})
	}
	if q := read(t, post("/?x=1", form)); string(q.Body) != form {
		t.Errorf("the body is %q", q.Body)
	}
}

func TestRequestsOfAnotherFormAreRefused(t *testing.T) {
	many := func(n int) string { // Action and n-1 more
		var text strings.Builder
		text.WriteString("Action=A")
		for i := range n - 1 {
			fmt.Fprintf(&text, "&p%d=", i)
		}
		return text.String()
	}
	typed := func(header, value string) *http.Request {
		r := post("/", "Action=A")
		r.Header.Set(header, value)
		return r
	}
	getWithBody := httptest.NewRequest(http.MethodGet, "/?Action=A", strings.NewReader("x"))
	unsaid := post("/", strings.Repeat("a", MaxBody+1))
	unsaid.ContentLength = -1
	for _, c := range []struct {
		name   string
		r      *http.Request
		status int
		code   string
		says   string
	}{
		{"PUT", httptest.NewRequest(http.MethodPut, "/?Action=A", nil), 405, "MethodNotAllowed", "PUT is not allowed: use POST or GET"},
		{"HEAD", httptest.NewRequest(http.MethodHead, "/?Action=A", nil), 405, "MethodNotAllowed", "HEAD"},
		{"JSON", typed("Content-Type", "application/json"), 400, "MalformedHttpRequestException", `"application/json", want application/x-www-form-urlencoded`},
		{"no type", typed("Content-Type", ""), 400, "MalformedHttpRequestException", "content type"},
		{"gzip", typed("Content-Encoding", "gzip"), 400, "MalformedHttpRequestException", `"gzip"`},
		{"GET with a body", getWithBody, 400, "MalformedHttpRequestException", "the body must be empty"},
		{"too large", post("/", strings.Repeat("a", MaxBody+1)), 413, "RequestEntityTooLargeException", "65536"},
		{"too large, unsaid", unsaid, 413, "RequestEntityTooLargeException", "65536"},
		{"too many", get(many(1001)), 400, "InvalidQueryParameter", "1000"},
		{"too many in two places", post("/?"+many(600), many(600)[len("Action=A&"):]), 400, "InvalidQueryParameter", `"p0" is given twice`},
		{"twice", get("Action=A&x=1&x=1"), 400, "InvalidQueryParameter", `"x" is given twice`},
		{"twice, escaped", get("Action=A&x=1&%78"), 400, "InvalidQueryParameter", `"x" is given twice`},
		{"in URL and body", post("/?x=1", "Action=A&x=2"), 400, "InvalidQueryParameter", `"x" is given twice`},
		{"escape", get("Action=A&x=%4"), 404, "MalformedQueryString", `"x=%4" has a malformed escape`},
		{"escape in a name", post("/", "Action=A&%zz=1"), 404, "MalformedQueryString", `"%zz=1"`},
		{"not UTF-8", post("/", "Action=A&x=%ff"), 404, "MalformedQueryString", "not UTF-8"},
		{"no name", get("Action=A&=x"), 404, "MalformedQueryString", `"=x" has no name`},
		{"no action", get("Version=1"), 400, "MissingAction", "Action"},
		{"empty action", get("Action="), 400, "MissingAction", "Action"},
		{"nothing", post("/", ""), 400, "MissingAction", "Action"},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			w := httptest.NewRecorder()
			q, err := Read(w, c.r)
			refused, ok := errors.AsType[*Error](err)
			if q != nil || !ok || refused.Status != c.status || refused.Code != c.code || !refused.Sender ||
				!strings.Contains(refused.Message, c.says) {
				t.Errorf("%v, %+v; want %d %s: …%s…", q, err, c.status, c.code, c.says)
			}
			if allow := w.Header().Get("Allow"); (c.status == 405) != (allow == "GET, POST") {
				t.Errorf("Allow: %q", allow)
			}
		})
	}
	if q := read(t, post("/", strings.Repeat("a", MaxBody-len("&Action=A"))+"&Action=A")); len(q.Body) != MaxBody {
		t.Errorf("%d bytes", len(q.Body))
	}
	if q := read(t, get(many(1000))); len(q.Unknown()) != 999 {
		t.Errorf("%d parameters besides Action", len(q.Unknown()))
	}
}

func TestGettersReadWhatIsGiven(t *testing.T) {
	q := read(t, get("Action=A&Yes=true&No=False&N=20&Neg=-3&At=2026-01-02T03:04:05.123456789Z&Off=2026-01-02T03:04:05%2B02:00&R=+x"))
	yes, given := q.Bool("Yes")
	no, noGiven := q.Bool("No")
	none, noneGiven := q.Bool("None")
	flags := []bool{yes, given, no, noGiven, none, noneGiven}
	numbers := []int{q.Int("N", 20, 100, 50), q.Int("Neg", -3, -3, 0), q.Int("None", 20, 100, 50)}
	times := []time.Time{q.Time("At"), q.Time("Off"), q.Time("None")}
	if diff := cmp.Diff([]bool{true, true, false, true, false, false}, flags); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]int{20, -3, 50}, numbers); diff != "" {
		t.Error(diff)
	}
	want := []time.Time{
		time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC), time.Date(2026, 1, 2, 1, 4, 5, 0, time.UTC), {},
	}
	if diff := cmp.Diff(want, times); diff != "" {
		t.Error(diff)
	}
	if r := q.Required("R"); r != " x" || q.Err() != nil || q.Unknown() != nil {
		t.Errorf("%q, %v, %q", r, q.Err(), q.Unknown())
	}
}

func TestGettersRefuseWithAWSsTexts(t *testing.T) {
	instant := "Must be an instant such as 2026-01-02T03:04:05.678Z"
	for query, want := range map[string]string{
		"":                                  "The parameter ReplicationGroupId must be provided and must not be blank.",
		"R=":                                "The parameter R must be provided and must not be blank.",
		"R=+%09":                            "The parameter R must be provided and must not be blank.",
		"R=" + strings.Repeat("r", MaxID+1): "The parameter R has 256 bytes. Must be at most 255",
		"N=19":                              "Invalid value 19 for N. Must be between 20 and 100",
		"N=101":                             "Invalid value 101 for N. Must be between 20 and 100",
		"N=":                                `Invalid value "" for N. Must be a whole number between 20 and 100`,
		"N=2e1":                             `Invalid value "2e1" for N. Must be a whole number between 20 and 100`,
		"N=1" + strings.Repeat("0", 30):     `Invalid value "1` + strings.Repeat("0", 30) + `" for N. Must be a whole number between 20 and 100`,
		"B=yes":                             `Invalid value "yes" for B. Must be true or false`,
		"B=":                                `Invalid value "" for B. Must be true or false`,
		"T=":                                `Invalid value "" for T. ` + instant,
		"T=1767323045":                      `Invalid value "1767323045" for T. ` + instant,
		"T=2026-01-02T03:04:05":             `Invalid value "2026-01-02T03:04:05" for T. ` + instant,
		"T=2026-02-30T03:04:05Z":            `Invalid value "2026-02-30T03:04:05Z" for T. ` + instant,
		"T=2026-01-02T3:04:05Z":             `Invalid value "2026-01-02T3:04:05Z" for T. ` + instant,
		"T=2026-01-02T03:04:05,5Z":          `Invalid value "2026-01-02T03:04:05,5Z" for T. ` + instant,
		"T=2026-01-02T03:04:05.1234567890Z": `Invalid value "2026-01-02T03:04:05.1234567890Z" for T. ` + instant,
		"N=1&B=yes&T=x":                     "Invalid value 1 for N. Must be between 20 and 100",
	} {
		q := read(t, get("Action=A&"+query))
		switch {
		case query == "":
			q.Required("ReplicationGroupId")
		case query[0] == 'R':
			q.RequiredID("R")
		}
		number, _, at := q.Int("N", 20, 100, 50), first(q.Bool("B")), q.Time("T")
		refused, ok := errors.AsType[*Error](q.Err())
		if !ok {
			t.Errorf("%s: %v", query, q.Err())
			continue
		}
		if diff := cmp.Diff(&Error{"InvalidParameterValue", want, 400, true}, refused); diff != "" || number != 50 || !at.IsZero() {
			t.Errorf("%s: %d, %v\n%s", query, number, at, diff)
		}
	}
}

func first(value, _ bool) bool { return value }

func TestInstantsHaveUpToNineDigitsOfAFraction(t *testing.T) {
	for digits := range 10 {
		fraction := ""
		if digits > 0 {
			fraction = "." + "123456789"[:digits]
		}
		q := read(t, get("Action=A&T=2026-01-02T03:04:05"+fraction+"Z"))
		nanos := []int{0, 1e8, 12e7, 123e6, 1234e5, 12345e4, 123456e3, 1234567e2, 12345678e1, 123456789}[digits]
		if got, want := q.Time("T"), time.Date(2026, 1, 2, 3, 4, 5, nanos, time.UTC); got != want || q.Err() != nil {
			t.Errorf("%d digits: %v, %v; want %v", digits, got, q.Err(), want)
		}
	}
}

func TestListsAreNumberedFromOne(t *testing.T) {
	const gaps = ": items are numbered from 1 without gaps"
	for query, want := range map[string]struct {
		items   []string
		says    string
		unknown []string
	}{
		"L.Id.1=a":                   {items: []string{"a"}},
		"L.Id.2=b&L.Id.1=a&L.Id.3=c": {items: []string{"a", "b", "c"}},
		"L.Id.1=&L.Id.2=b":           {items: []string{"", "b"}},
		"":                           {},
		"L=":                         {},
		"L=x":                        {unknown: []string{"L"}},
		"L.Id=x":                     {unknown: []string{"L.Id"}},
		"L.Id.2=b":                   {says: "1 items of L.Id, but no L.Id.1" + gaps, unknown: []string{"L.Id.2"}},
		"L.Id.1=a&L.Id.3=c":          {says: "2 items of L.Id, but no L.Id.2" + gaps, unknown: []string{"L.Id.3"}},
		"L.Id.0=a":                   {says: "1 items of L.Id, but no L.Id.1" + gaps, unknown: []string{"L.Id.0"}},
		"L.Id.01=a":                  {says: "1 items of L.Id, but no L.Id.1" + gaps, unknown: []string{"L.Id.01"}},
		"L.Id.1.Key=a&L.id.1=b":      {unknown: []string{"L.Id.1.Key", "L.id.1"}},
		"L.Id.%2B1=a&L.Id.=b":        {unknown: []string{"L.Id.", "L.Id.+1"}},
	} {
		q := read(t, get("Action=A&"+query))
		items := q.List("L.Id")
		says := ""
		if refused, ok := errors.AsType[*Error](q.Err()); ok {
			says = refused.Message
		}
		if diff := cmp.Diff(want.items, items); diff != "" || says != want.says {
			t.Errorf("%s: says %q\n%s", query, says, diff)
		}
		if diff := cmp.Diff(want.unknown, q.Unknown()); diff != "" {
			t.Errorf("%s: unknown:\n%s", query, diff)
		}
	}
}

func TestUnknownNamesWhatNobodyAskedFor(t *testing.T) {
	q := read(t, get("Action=A&Version=1&b=1&a=2&MaxRecord=3&MaxRecords=20"))
	q.Int("MaxRecords", 20, 100, 100)
	q.String("c")
	if diff := cmp.Diff([]string{"MaxRecord", "a", "b"}, q.Unknown()); diff != "" {
		t.Error(diff)
	}
}

// FuzzRead: no request panics; what is refused has a code, and what is read is what net/url reads. The text is a method, a
// content type, a query string and a body, a line each.
func FuzzRead(f *testing.F) {
	f.Add("POST\napplication/x-www-form-urlencoded\n\nAction=A&b=%20+&c")
	f.Add("GET\n\nAction=A&L.1=%ff&L.2=%zz\n")
	f.Add("POST\napplication/x-www-form-urlencoded; charset=utf-8\nAction=B&a;b=1\nAction=A\n")
	f.Fuzz(func(t *testing.T, text string) {
		parts := strings.SplitN(text, "\n", 4)
		if len(parts) < 4 {
			return
		}
		method, kind, rawQuery, body := parts[0], parts[1], parts[2], parts[3]
		r := post("/", body)
		r.Method, r.URL.RawQuery = method, rawQuery
		r.Header.Set("Content-Type", kind)
		q, err := Read(httptest.NewRecorder(), r)
		if err != nil {
			refused, ok := errors.AsType[*Error](err)
			if q != nil || !ok || refused.Code == "" || refused.Message == "" || refused.Status < 400 || !refused.Sender {
				t.Errorf("%v, %v", q, err)
			}
			return
		}
		checkSame(t, q, rawQuery+"&"+body)
		if string(q.Body) != body || q.Action == "" {
			t.Errorf("%+v", q)
		}
	})
}

// checkSame compares with net/url, which alone refuses a bare semicolon.
func checkSame(t *testing.T, q *Request, form string) {
	want, err := url.ParseQuery(strings.ReplaceAll(form, ";", "%3B"))
	if err != nil || len(want) != len(q.values) || len(want) > MaxParameters {
		t.Errorf("%q, %v, want %q", q.values, err, want)
	}
	for name, values := range want {
		if len(values) != 1 || q.String(name) != values[0] {
			t.Errorf("%s: %q, want %q", name, q.String(name), values)
		}
	}
	if q.Unknown() != nil {
		t.Errorf("unknown %q", q.Unknown())
	}
}

// FuzzList: a list is all of its items in their order, or there is an error; nothing is taken in silence.
func FuzzList(f *testing.F) {
	f.Add("L.Id.1=a&L.Id.2=b", "L.Id")
	f.Add("L.Id.2=a&L.Id.02=b&L=", "L.Id")
	f.Add("..1=a&.1=b", ".")
	f.Fuzz(func(t *testing.T, form, prefix string) {
		q, err := Read(httptest.NewRecorder(), post("/?Action=A", form))
		if err != nil {
			return
		}
		items := q.List(prefix)
		for i, item := range items {
			if name := fmt.Sprintf("%s.%d", prefix, i+1); q.values[name] != item {
				t.Errorf("%s: %q, want %q", name, item, q.values[name])
			}
		}
		if q.Err() != nil && items != nil {
			t.Errorf("%q and %v", items, q.Err())
		}
		for _, name := range q.Unknown() {
			digits, ok := strings.CutPrefix(name, prefix+".")
			if ok && isNumber(digits) && q.Err() == nil {
				t.Errorf("%s was left out of %q", name, items)
			}
		}
	})
}
