package server_test

import (
	"encoding/json"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"failsim/scenario"
	"failsim/server"
)

// service is a server without a network, whose wall clock a test turns by hand.
type service struct {
	t     *testing.T
	fleet *server.Fleet
	http.Handler
	wall *time.Time
}

// start is the calendar's instant of virtual zero in these tests.
func start() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// serve returns the service of a scenario with seed 1, at that speed.
func serve(t *testing.T, text string, speed server.Speed, settings server.Settings) *service {
	t.Helper()
	sc, err := scenario.Parse("scenario.toml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	sc.Config.Start = start()
	s := &service{t: t, wall: new(time.Date(2030, 5, 5, 0, 0, 0, 0, time.UTC))}
	s.fleet = server.NewFleet(&sc.Config, 1, server.Clock{Speed: speed, Wall: func() time.Time { return *s.wall }})
	s.Handler = server.New(s.fleet, settings)
	return s
}

// still is a service whose virtual time stands still but for Advance.
func still(t *testing.T, text string) *service {
	s := serve(t, text, 1, server.Settings{})
	s.fleet.Pause()
	return s
}

// answer is what came back.
type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   string
	root   *element
}

// element is XML as it stands.
type element struct {
	XMLName  xml.Name
	Text     string     `xml:",chardata"`
	Children []*element `xml:",any"`
}

// call makes a call; the parameters are names and values in turn.
func (s *service) call(action string, parameters ...string) *answer {
	s.t.Helper()
	form := url.Values{"Action": {action}, "Version": {"2015-02-02"}}
	for i := 0; i < len(parameters); i += 2 {
		form.Set(parameters[i], parameters[i+1])
	}
	r := httptest.NewRequest(http.MethodPost, "http://localhost/", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.do(r)
}

func (s *service) do(r *http.Request) *answer {
	s.t.Helper()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	body, err := io.ReadAll(w.Result().Body)
	if err != nil {
		s.t.Fatal(err)
	}
	a := &answer{t: s.t, status: w.Code, header: w.Result().Header, body: string(body), root: new(element)}
	if err := xml.Unmarshal(body, a.root); err != nil {
		s.t.Fatalf("%v in %s", err, body)
	}
	return a
}

// all returns the elements at a path below the root, in order.
func (a *answer) all(path string) []*element { return a.root.all(path) }

func (e *element) all(path string) (found []*element) {
	name, rest, deeper := strings.Cut(path, ">")
	for _, child := range e.Children {
		switch {
		case child.XMLName.Local != name:
		case deeper:
			found = append(found, child.all(rest)...)
		default:
			found = append(found, child)
		}
	}
	return found
}

// text is that of the first element at the path; "" where there is none.
func (e *element) text(path string) string {
	if found := e.all(path); len(found) > 0 {
		return found[0].Text
	}
	return ""
}

func (a *answer) texts(path string) (texts []string) {
	for _, e := range a.all(path) {
		texts = append(texts, e.Text)
	}
	return texts
}

// fine fails the test where the call was refused.
func (a *answer) fine() *answer {
	a.t.Helper()
	if a.status != http.StatusOK {
		a.t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a
}

// refused fails the test where the call was not refused with that code, or its status is not the model's.
func (a *answer) refused(code string) {
	a.t.Helper()
	if got := a.root.text("Error>Code"); got != code {
		a.t.Errorf("code %q, want %q: %s", got, code, a.body)
	}
	for _, e := range serviceModel(a.t).Errors {
		if e.Code == code && e.Status != a.status {
			a.t.Errorf("%s with status %d, want %d", code, a.status, e.Status)
		}
	}
}

// model is what testdata/model.json has of botocore's service models; crosscheck/aws/model.py wrote it.
type model struct {
	Operations map[string]struct{ Output, Wrapper, Namespace, Version string }
	Shapes     map[string]shape
	Errors     map[string]struct {
		Code   string
		Status int
	}
}

// shape is a structure with members, a list with items of a name, or a scalar of a kind.
type shape struct {
	Members  [][2]string
	List, Of string
	Scalar   string
}

func serviceModel(t *testing.T) (m model) {
	t.Helper()
	text, err := os.ReadFile("testdata/model.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWebPagesAreRefused where any signature is taken: a page could make a browser call TestFailover.
func TestWebPagesAreRefused(t *testing.T) {
	s := still(t, zoo)
	for _, c := range []struct {
		host, header, value string
		status              int
	}{
		{"127.0.0.1:6390", "", "", 200},
		{"[::1]:6390", "", "", 200},
		{"LOCALHOST", "", "", 200},
		{"elasticache.localhost:6390", "", "", 200},
		{"localhost:6390", "Sec-Fetch-Site", "none", 200}, // typed by a person
		{"evil.example:6390", "", "", 403},
		{"localhost.evil.example", "", "", 403},
		{"10.0.0.1:6390", "", "", 403},
		{"localhost:6390", "Origin", "http://localhost:8000", 403},
		{"localhost:6390", "Origin", "null", 403},
		{"localhost:6390", "Sec-Fetch-Site", "cross-site", 403},
		{"localhost:6390", "Sec-Fetch-Site", "same-site", 403},
	} {
		r := httptest.NewRequest(http.MethodGet, "http://localhost/?Action=DescribeEvents&Version=2015-02-02", nil)
		r.Host = c.host
		if c.header != "" {
			r.Header.Set(c.header, c.value)
		}
		if a := s.do(r); a.status != c.status {
			t.Errorf("host %s, %s %s: status %d, want %d", c.host, c.header, c.value, a.status, c.status)
		}
	}
}
