//go:build unix

package query

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// counting counts the connections of a listener that are open.
type counting struct {
	net.Listener
	open, most atomic.Int64
}

func (c *counting) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	now := c.open.Add(1)
	for most := c.most.Load(); now > most && !c.most.CompareAndSwap(most, now); most = c.most.Load() {
	}
	return &countedConn{Conn: conn, leave: sync.OnceFunc(func() { c.open.Add(-1) })}, nil
}

type countedConn struct {
	net.Conn
	leave func()
}

func (c *countedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// inUse is the memory of heap and stacks in bytes, that of the clients included.
func inUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// manyClients are as many as the limit of open files lets a process have that is their server too.
func manyClients(t *testing.T, most int) int {
	t.Helper()
	const wanted = 10_000
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil { // Go has raised it as far as it may
		t.Fatal(err)
	}
	room := int(min(limit.Cur, 1<<20)) - most - 100
	if room < wanted {
		t.Logf("%d connections instead of %d: the limit of open files is %d", room, wanted, limit.Cur)
	}
	if room < 2*most {
		t.Skipf("the limit of open files is %d; want %d at least, such as with ulimit -n", limit.Cur, 3*most+100)
	}
	return min(room, wanted)
}

// open opens a connection and says what it can: the server may have closed it before that.
func (s *serving) open(text string) net.Conn {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(time.Minute))
	_, _ = io.WriteString(conn, text)
	return conn
}

// TestTenThousandConnections opens them and closes none, with the cap that failsim serve has: silent ones, slow ones, nonsense, bodies that
// are nearly as large as may be and never end. No more than the cap stay open, memory and goroutines stay bounded, and whoever makes a
// call meanwhile is answered. Half of the clients leave; the others are there when the server ends, and are closed.
func TestTenThousandConnections(t *testing.T) {
	const (
		most = 1024
		// 1,024 connections, at most, have two buffers of 4 KiB, one or two goroutines and, one in eight, a body of up to 64 KiB
		// in a buffer of twice that: 40 MB. A client's end is some 1 kB, in all 10 MB.
		mostMemory = 96 << 20
	)
	texts := []string{"", "P", head, head + "X: " + strings.Repeat("a", maxHeader/2), head + "Content-Length: 65536\r\n\r\n" + strings.Repeat("a", 60_000), whole,
		head + "Transfer-Encoding: chunked\r\n\r\nx", "hello\r\n\r\n"}
	clients := make([]net.Conn, manyClients(t, most))
	listener := &counting{Listener: loopback(t)}
	memory, goroutines := inUse(), runtime.NumGoroutine()
	s := serveOn(t, listener, most, NewServer(echo()))
	for i := range clients {
		clients[i] = s.open(texts[i%len(texts)])
		if i%1000 == 999 {
			s.answers()
		}
		if i%2500 == 2499 {
			s.bounded(goroutines+2*most+10, memory+mostMemory)
		}
	}
	for _, conn := range clients[:len(clients)/2] {
		_ = conn.Close()
	}
	s.answers()
	if err := s.stop(); err != nil {
		t.Error(err)
	}
	for i, conn := range clients[len(clients)/2:] {
		if _, err := io.Copy(io.Discard, conn); errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("connection %d is open after the server has ended", i)
		}
		_ = conn.Close()
	}
	// One more than the cap is open while room is made for it.
	if got := listener.most.Load(); got > most+1 || got < most {
		t.Errorf("%d connections were open at once, want the cap of %d", got, most)
	}
	if got := listener.open.Load(); got != 0 {
		t.Errorf("%d connections are open after the server has ended", got)
	}
}

// answers makes a good call on a connection of its own.
func (s *serving) answers() {
	s.t.Helper()
	conn := s.open(whole)
	defer func() { _ = conn.Close() }()
	s.check(conn, http.StatusOK, good)
}

// bounded holds goroutines and memory to what they may be.
func (s *serving) bounded(goroutines int, memory uint64) {
	s.t.Helper()
	if now := runtime.NumGoroutine(); now > goroutines {
		s.t.Errorf("%d goroutines, want %d at most", now, goroutines)
	}
	if now := inUse(); now > memory {
		s.t.Errorf("%d MiB of heap and stacks, want %d at most", now>>20, memory>>20)
	}
}
