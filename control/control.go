// Package control drives a server.Fleet from outside of the service's API: an HTTP API in JSON for scripts, and a page for people.
//
// The stance: whoever reaches the port can do what they like with the fleet, so a token guards all of it, and a browser that was lured
// elsewhere can do nothing here (guard.go). Mistakes are answered with what is wrong and what is allowed, and change nothing.
//
// The flow: the guard admits a request, the table of routes finds what answers it, and that looks at the Fleet or changes it. live.go
// tells what changes as server-sent events, from which the page (page.go, assets/) is drawn. docs/serve-openapi.yaml has every route.
package control

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"failsim/server"
	"failsim/words"
)

// Server answers the control API and shows the page. It is an http.Handler. Streams of /v1/live end with the context of their request, so
// whoever shuts down an http.Server ends its BaseContext first.
type Server struct {
	fleet   *server.Fleet
	guard   guard
	paths   map[string][]route
	session string        // tells the event ids of this Server from another's
	streams chan struct{} // has an element for each open stream
	tick    time.Duration // how often a stream looks at the fleet
	quiet   time.Duration // after how long without news a stream says that it lives

	wallClock func() time.Time
	outages   outageLog // under the fleet's lock, as the next
	latest    *snapshot // what streams saw last; nil before the first look
}

// mostStreams is how many pages can be open at once.
const mostStreams = 16

// New returns the control server of a fleet. The token is what clients prove themselves with; it is not empty.
func New(fleet *server.Fleet, token string) *Server {
	s := &Server{fleet: fleet, guard: newGuard(token), paths: map[string][]route{}, session: newSession(), streams: make(chan struct{}, mostStreams),
		tick: 250 * time.Millisecond, quiet: 15 * time.Second, wallClock: time.Now}
	for _, r := range routes() {
		s.paths[r.path] = append(s.paths[r.path], r)
	}
	return s
}

// route is one operation of the API, or one file of the page. Either answer gives what is sent as JSON, or write sends it.
type route struct {
	method, path string
	answer       func(*Server, *http.Request) (any, error)
	write        func(*Server, http.ResponseWriter, *http.Request) error
	query        []string // the parameters that there may be
}

func routes() []route {
	return append([]route{
		{method: "GET", path: "/v1/clock", answer: (*Server).getClock},
		{method: "POST", path: "/v1/clock/advance", answer: (*Server).advance},
		{method: "POST", path: "/v1/clock/pause", answer: (*Server).pause},
		{method: "POST", path: "/v1/clock/resume", answer: (*Server).resume},
		{method: "POST", path: "/v1/clock/speed", answer: (*Server).setSpeed},
		{method: "POST", path: "/v1/faults", answer: (*Server).strike},
		{method: "POST", path: "/v1/test-failover", answer: (*Server).testFailover},
		{method: "POST", path: "/v1/reset", answer: (*Server).reset},
		{method: "GET", path: "/v1/state", answer: (*Server).getState},
		{method: "GET", path: "/v1/quota", answer: (*Server).getQuota},
		{method: "GET", path: "/v1/outages", answer: (*Server).getOutages, query: []string{"after", "limit"}},
		{method: "GET", path: "/v1/events", answer: (*Server).getEvents, query: []string{"after"}},
		{method: "GET", path: "/v1/timeline", write: (*Server).writeTimeline, query: []string{"after"}},
		{method: "GET", path: "/v1/live", write: (*Server).live},
	}, pageRoutes()...)
}

// Operations lists the operations of the API, such as "GET /v1/clock". The page is none.
func Operations() (list []string) {
	for _, r := range routes() {
		if strings.HasPrefix(r.path, "/v1/") {
			list = append(list, r.method+" "+r.path)
		}
	}
	return list
}

// mostBody holds any fault many times over.
const mostBody = 64 << 10

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	protect(w.Header())
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	if s.guard.login(w, r) {
		return
	}
	err := s.guard.admit(r)
	if err == nil {
		err = s.serve(w, r)
	}
	if err != nil {
		writeError(w, err)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) error {
	here := s.paths[r.URL.Path]
	if len(here) == 0 {
		return refuse(http.StatusNotFound, "no path %s; have %s", words.Quote(r.URL.Path), words.List(Operations()))
	}
	index := slices.IndexFunc(here, func(x route) bool { return x.method == r.Method })
	if index < 0 {
		methods := make([]string, len(here))
		for i := range here {
			methods[i] = here[i].method
		}
		w.Header().Set("Allow", strings.Join(methods, ", "))
		return refuse(http.StatusMethodNotAllowed, "no %s of %s; have %s", words.Quote(r.Method), r.URL.Path, words.List(methods))
	}
	found := &here[index]
	if err := found.checkQuery(r); err != nil {
		return err
	}
	if found.write != nil {
		return found.write(s, w, r)
	}
	answer, err := found.atLength(s, w, r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

// atLength answers a request however long it takes: to play a year of a large fleet, or the elections that a first fault brings about.
func (r *route) atLength(s *Server, w http.ResponseWriter, req *http.Request) (any, error) {
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Time{})
	defer func() { _ = out.SetWriteDeadline(time.Now().Add(writePatience)) }()
	return r.answer(s, req)
}

// checkQuery refuses parameters that would be ignored.
func (r *route) checkQuery(req *http.Request) error {
	for name := range req.URL.Query() {
		switch {
		case len(r.query) == 0:
			return refuse(http.StatusBadRequest, "%s takes no parameter; got %s", r.path, words.Quote(name))
		case !slices.Contains(r.query, name):
			return refuse(http.StatusBadRequest, "%s takes no parameter %s; have %s", r.path, words.Quote(name), words.List(r.query))
		}
	}
	return nil
}
