package query

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// serving is a server on loopback whose clients are raw connections.
type serving struct {
	t       *testing.T
	address string
	stop    func() error
}

// serve starts NewServer behind Limit; tune shortens deadlines. When the test ends, no goroutine may be left.
func serve(t *testing.T, most int, handler http.Handler, tune func(*http.Server)) *serving {
	t.Helper()
	server := NewServer(handler)
	if tune != nil {
		tune(server)
	}
	return serveOn(t, loopback(t), most, server)
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return listener
}

func serveOn(t *testing.T, listener net.Listener, most int, server *http.Server) *serving {
	t.Helper()
	before := runtime.NumGoroutine()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- Serve(ctx, server, Limit(listener, most)) }()
	s := &serving{t: t, address: listener.Addr().String()}
	s.stop = func() error {
		cancel()
		err := <-ended
		ended <- err
		return err
	}
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		http.DefaultClient.CloseIdleConnections()
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond) // the last ones are on their way out
		}
		text := make([]byte, 1<<20)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, text[:runtime.Stack(text, true)])
	})
	return s
}

// dial opens a connection and sends the text on it.
func (s *serving) dial(text string) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	if _, err := io.WriteString(conn, text); err != nil {
		s.t.Fatal(err)
	}
	return conn
}

// answer reads one answer: the status and the body.
func answer(t *testing.T, conn net.Conn) (int, string) {
	t.Helper()
	return answerFrom(t, bufio.NewReader(conn))
}

// answerFrom is answer where more may come on the connection.
func answerFrom(t *testing.T, in *bufio.Reader) (int, string) {
	t.Helper()
	response, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// echo answers a call with its action.
func echo() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q, err := Read(w, r)
		if refused, ok := errors.AsType[*Error](err); ok {
			WriteError(w, Answer{Namespace: "ns", RequestID: "id"}, refused)
			return
		}
		_ = WriteResult(w, Answer{q.Action, "ns", "id"}, nil)
	})
}

const (
	head  = "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	whole = head + "Content-Length: 8\r\n\r\nAction=A"
	good  = `<AResponse xmlns="ns"><ResponseMetadata><RequestId>id</RequestId></ResponseMetadata></AResponse>`
)

func (s *serving) check(conn net.Conn, status int, says string) {
	s.t.Helper()
	if got, body := answer(s.t, conn); got != status || !strings.Contains(body, says) {
		s.t.Errorf("%d %s, want %d …%s…", got, body, status, says)
	}
}

func TestBodiesOnTheWire(t *testing.T) {
	s := serve(t, 8, echo(), nil)
	chunked := head + "Transfer-Encoding: chunked\r\n\r\n"
	for _, c := range []struct {
		name, text string
		status     int
		says       string
	}{
		{"a whole call", whole, 200, good},
		{"chunks", chunked + "3\r\nAct\r\n5\r\nion=A\r\n0\r\n\r\n", 200, good},
		{"announced too large", head + "Content-Length: 65537\r\n\r\n", 413, "<Code>RequestEntityTooLargeException</Code>"},
		{"sent too large", head + "Content-Length: 65537\r\n\r\n" + strings.Repeat("a", MaxBody+1), 413, "RequestEntityTooLarge"},
		{"announced huge", head + "Content-Length: 99999999999\r\n\r\n", 413, "RequestEntityTooLarge"},
		{"chunks too large", chunked + "10001\r\n" + strings.Repeat("a", MaxBody+1) + "\r\n0\r\n\r\n", 413, "RequestEntityTooLarge"},
		{"chunk without a length", chunked + "zz\r\nAction=A\r\n0\r\n\r\n", 400, "<Code>MalformedHttpRequestException</Code>"},
		{"chunk longer than it says", chunked + "3\r\nAction=A\r\n0\r\n\r\n", 400, "MalformedHttpRequestException"},
		{"chunk of a negative length", chunked + "-1\r\nAction=A\r\n0\r\n\r\n", 400, "MalformedHttpRequestException"},
		{"chunk of a length that overflows", chunked + "fffffffffffffffff\r\nA\r\n0\r\n\r\n", 400, "MalformedHttpRequestException"},
		{"PUT", "PUT / HTTP/1.1\r\nHost: x\r\n\r\n", 405, "<Code>MethodNotAllowed</Code>"},
		{"large headers", head + "X: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n", 431, ""},
		{"nonsense", "hello\r\n\r\n", 400, ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			conn := s.dial(c.text)
			defer func() { _ = conn.Close() }()
			s.check(conn, c.status, c.says)
		})
	}
}

func TestBodyThatBreaksOffIsRefused(t *testing.T) {
	s := serve(t, 8, echo(), nil)
	for _, text := range []string{head + "Content-Length: 9\r\n\r\nAction=A", head + "Transfer-Encoding: chunked\r\n\r\n3\r\nAc"} {
		conn := s.dial(text)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		s.check(conn, 400, "<Code>MalformedHttpRequestException</Code>")
	}
}

// TestSlowClientsMeetTheirDeadlines: no connection outlives them, and a body that never ends gets an answer.
func TestSlowClientsMeetTheirDeadlines(t *testing.T) {
	s := serve(t, 8, echo(), func(server *http.Server) {
		server.ReadHeaderTimeout, server.ReadTimeout = 100*time.Millisecond, 200*time.Millisecond
		server.IdleTimeout = 100 * time.Millisecond
	})
	for name, text := range map[string]string{"silent": "", "headers": head + "X-"} {
		// net/http answers half a header with a bare 400.
		if said, err := io.ReadAll(s.dial(text)); strings.Contains(string(said), "200") || err != nil {
			t.Errorf("%s: %q, %v; want the connection closed", name, said, err)
		}
	}
	s.check(s.dial(head+"Content-Length: 8\r\n\r\nAct"), 408, "<Code>RequestTimeoutException</Code>")
	idle := s.dial(whole)
	s.check(idle, 200, good)
	if n, err := io.Copy(io.Discard, idle); n != 0 || err != nil {
		t.Errorf("idle: %d bytes, %v; want the connection closed", n, err)
	}
}

func TestDeadlinesAreSet(t *testing.T) {
	server := NewServer(echo())
	for name, got := range map[string]time.Duration{
		"header": server.ReadHeaderTimeout, "read": server.ReadTimeout, "write": server.WriteTimeout, "idle": server.IdleTimeout,
	} {
		if got <= 0 || got > 2*time.Minute {
			t.Errorf("%s: %v", name, got)
		}
	}
	if server.MaxHeaderBytes != 32<<10 {
		t.Errorf("%d bytes of headers", server.MaxHeaderBytes)
	}
}

// TestWhoWaitsDoesNotKeepOthersOut opens many times the cap in each way in which a client can be slow. The deadlines are far
// away, so whoever is served in between is served because another was closed.
func TestWhoWaitsDoesNotKeepOthersOut(t *testing.T) {
	const most = 8
	for name, text := range map[string]string{
		"silent": "", "one byte": "P", "headers": head + "X-", "body": head + "Content-Length: 8\r\n\r\nAct", "idle": whole,
	} {
		t.Run(strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			s := serve(t, most, echo(), nil)
			for range 10 {
				for range 2 * most {
					slow := s.dial(text)
					if text == whole {
						s.check(slow, 200, good)
					}
				}
				live := s.dial(whole)
				s.check(live, 200, good)
				_ = live.Close()
			}
		})
	}
}

// TestWhoWaitedLongestGoes plays the server by hand: of three connections the first makes a call, so the second goes first.
func TestWhoWaitedLongestGoes(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	limited := Limit(listener, 3)
	defer func() { _ = limited.Close() }()
	clients, servers := map[string]net.Conn{}, map[string]*limitedConn{}
	connect := func(name string) {
		clients[name], err = net.Dial("tcp", listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		accepted, err := limited.Accept()
		if err != nil {
			t.Fatal(err)
		}
		servers[name] = accepted.(*limitedConn)
	}
	checkClosed := func(want string) {
		t.Helper()
		var closed string
		for _, name := range slices.Sorted(maps.Keys(servers)) {
			if servers[name].gone {
				closed += name
				if _, err := clients[name].Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
					t.Errorf("%s reads %v", name, err)
				}
			}
		}
		if closed != want {
			t.Errorf("closed are %q, want %q", closed, want)
		}
	}
	connect("a")
	connect("b")
	connect("c")
	servers["a"].answering()
	servers["a"].waiting() // now b, c, a
	connect("d")
	checkClosed("b")
	servers["c"].waiting() // now a, d, c
	servers["a"].answering()
	connect("e")
	checkClosed("bd")
	if err := servers["e"].Close(); err != nil { // room without a victim
		t.Error(err)
	}
	connect("f")
	checkClosed("bde")
	if err := limited.Close(); err != nil {
		t.Error(err)
	}
	checkClosed("bcdef") // a is being answered
	if _, err := limited.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
	_ = servers["a"].Close()
	checkClosed("abcdef")
}

// TestCallsBeingAnsweredAreNotClosed: with all connections busy a further one waits, and is served when one is free.
func TestCallsBeingAnsweredAreNotClosed(t *testing.T) {
	const most = 3
	arrived, release := make(chan string), make(chan struct{})
	s := serve(t, most, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := Read(w, r); err != nil {
			t.Error(err)
		}
		arrived <- r.RemoteAddr
		<-release
		_ = WriteResult(w, Answer{"A", "ns", "id"}, nil)
	}), nil)
	var busy []net.Conn
	for i := range most {
		busy = append(busy, s.dial([]string{whole, "GET /?Action=A HTTP/1.1\r\nHost: x\r\n\r\n"}[i%2]))
		<-arrived
	}
	further := s.dial(whole)
	select {
	case from := <-arrived:
		t.Fatalf("%s came in over the cap", from)
	case <-time.After(50 * time.Millisecond):
	}
	release <- struct{}{}
	if from := <-arrived; from != further.LocalAddr().String() {
		t.Errorf("%s came in, want %s", from, further.LocalAddr())
	}
	close(release)
	for _, conn := range append(busy, further) {
		s.check(conn, 200, good)
	}
}

// TestShutdownIsClean: a call that is being answered ends, connections that wait are closed at once, new ones are refused.
func TestShutdownIsClean(t *testing.T) {
	arrived, release := make(chan struct{}, 1), make(chan struct{})
	s := serve(t, 200, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if q, err := Read(w, r); err == nil && q.Action == "Wait" {
			arrived <- struct{}{}
			<-release
		}
		_ = WriteResult(w, Answer{"A", "ns", "id"}, nil)
	}), nil)
	var waiting []net.Conn
	for i := range 100 {
		waiting = append(waiting, s.dial([]string{"", "P", head + "Content-Length: 8\r\n\r\nAct", whole}[i%4]))
		if i%4 == 3 {
			s.check(waiting[i], 200, good)
		}
	}
	call := s.dial(strings.Replace(whole, "Content-Length: 8\r\n\r\nAction=A", "Content-Length: 11\r\n\r\nAction=Wait", 1))
	<-arrived
	stopped := make(chan error)
	go func() { stopped <- s.stop() }()
	for _, conn := range waiting {
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatal(err)
		}
	}
	close(release)
	s.check(call, 200, good)
	if err := <-stopped; err != nil {
		t.Error(err)
	}
	if conn, err := net.Dial("tcp", s.address); err == nil {
		t.Errorf("%v still answers", conn.RemoteAddr())
	}
}

// TestServeSaysWhyItCannotGoOn: a listener that fails ends it.
func TestServeSaysWhyItCannotGoOn(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = listener.Close()
	if err := Serve(t.Context(), NewServer(echo()), Limit(listener, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("got %v", err)
	}
}

// TestManyConnectionsLeaveNothingBehind opens far more connections than the cap, in all states, and then counts.
func TestManyConnectionsLeaveNothingBehind(t *testing.T) {
	const most, connections = 32, 1000
	s := serve(t, most, echo(), nil)
	before := runtime.NumGoroutine()
	for i := range connections {
		s.dial([]string{"", "P", head, head + "Content-Length: 8\r\n\r\nA", whole, head + "Transfer-Encoding: chunked\r\n\r\nx"}[i%6])
	}
	s.check(s.dial(whole), 200, good)
	// A connection has a goroutine, and one more while its handler runs.
	if now := runtime.NumGoroutine(); now > before+2*most+10 {
		t.Errorf("%d goroutines for at most %d connections, %d before", now, most, before)
	}
	for range 3 {
		response, err := http.Get(fmt.Sprintf("http://%s/?Action=A", s.address))
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
}

// TestBodyThatNobodyReadsDelaysNothing: the deadline for it is far away, and net/http gives up a body as large as that.
func TestBodyThatNobodyReadsDelaysNothing(t *testing.T) {
	s := serve(t, 8, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_ = WriteResult(w, Answer{"A", "ns", "id"}, nil)
	}), func(server *http.Server) { server.ReadTimeout = time.Hour })
	s.check(s.dial(head+"Content-Length: 99999999999\r\n\r\n"), 200, good)
}

func TestDateIsWallTime(t *testing.T) {
	s := serve(t, 8, echo(), nil)
	conn := s.dial(whole)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	date, err := http.ParseTime(response.Header.Get("Date"))
	if off := time.Since(date).Abs(); err != nil || off > 5*time.Minute {
		t.Errorf("Date is %v off, %v", off, err)
	}
}
