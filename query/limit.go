package query

import (
	"container/list"
	"net"
	"sync"
)

// Limit caps the open connections of a listener at n. A further one is taken at once, and the connection that has waited
// longest for its client is closed for it: one that is idle between calls, or whose call is still on its way. So neither idle
// nor slow clients keep a live one out, however many there are. Only where all n are being answered does a further one wait in
// the kernel's backlog. Closing the listener closes the connections that wait for their clients too. NewServer says which do.
func Limit(listener net.Listener, n int) net.Listener {
	l := &limiter{Listener: listener, most: n}
	l.changed.L = &l.mu
	return l
}

type limiter struct {
	net.Listener
	most int

	mu      sync.Mutex
	changed sync.Cond // a connection is gone or waits, or the listener is closed
	open    int       // connections that are not gone, at most `most`
	idle    list.List // of *limitedConn: those that wait for their clients, the longest first
	closed  bool
}

// limitedConn is one connection; place and gone are guarded by the owner's mutex.
type limitedConn struct {
	net.Conn
	owner *limiter
	place *list.Element // in owner.idle; nil while a call is answered, and when gone
	gone  bool

	// handled says that a call is with the handler, or its answer on its way; refusal signs what the server says otherwise, and is nil
	// where that stays as it is. Only the connection's own goroutine uses the two.
	handled bool
	refusal func() Answer
}

// Accept waits for a client, and then for room.
func (l *limiter) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.open >= l.most && !l.closed {
		if oldest := l.idle.Front(); oldest != nil {
			oldest.Value.(*limitedConn).drop()
		} else {
			l.changed.Wait()
		}
	}
	if l.closed {
		_ = conn.Close()
		return nil, net.ErrClosed
	}
	c := &limitedConn{Conn: conn, owner: l}
	c.place = l.idle.PushBack(c)
	l.open++
	return c, nil
}

// Close stops accepting, and closes what waits.
func (l *limiter) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for l.idle.Len() > 0 {
		l.idle.Front().Value.(*limitedConn).drop()
	}
	l.changed.Broadcast()
	return l.Listener.Close()
}

// drop closes the connection; the owner's mutex is held.
func (c *limitedConn) drop() {
	c.leave()
	_ = c.Conn.Close()
}

// leave gives the connection's room back, once; the owner's mutex is held.
func (c *limitedConn) leave() {
	if c.gone {
		return
	}
	c.gone = true
	c.owner.open--
	if c.place != nil {
		c.owner.idle.Remove(c.place)
		c.place = nil
	}
	c.owner.changed.Broadcast()
}

// answering says that a call has wholly arrived.
func (c *limitedConn) answering() {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	if c.place != nil {
		c.owner.idle.Remove(c.place)
		c.place = nil
	}
}

// waiting says that the connection waits for its client from now on.
func (c *limitedConn) waiting() {
	c.owner.mu.Lock()
	defer c.owner.mu.Unlock()
	switch {
	case c.gone:
	case c.owner.closed:
		// The server closes it as soon as the answer is out.
	case c.place == nil:
		c.place = c.owner.idle.PushBack(c)
		c.owner.changed.Broadcast()
	default:
		c.owner.idle.MoveToBack(c.place)
	}
}

// Close is what the server calls. Only then is there room for another.
func (c *limitedConn) Close() error {
	err := c.Conn.Close()
	c.owner.mu.Lock()
	c.leave()
	c.owner.mu.Unlock()
	return err
}

// CloseWrite lets the server end its side first, so that a client that is still sending reads the refusal.
func (c *limitedConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
