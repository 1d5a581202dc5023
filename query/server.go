package query

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Deadlines of a connection. A call is one packet each way, so they are for the dead and the malicious; a handler that takes
// longer on purpose moves its own with http.ResponseController.
const (
	headerTimeout = 5 * time.Second
	readTimeout   = 15 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 90 * time.Second
	// maxHeader holds a session token and a query string that is as long as AWS takes.
	maxHeader = 32 << 10
	// shutdownGrace is for calls that are being answered.
	shutdownGrace = 5 * time.Second
)

// NewServer returns a server whose connections are bounded in time and in size of their headers. How many there are is for the
// listener: see Limit.
func NewServer(handler http.Handler) *http.Server {
	return &http.Server{
		Handler:           marking(handler),
		ReadHeaderTimeout: headerTimeout,
		ReadTimeout:       readTimeout,
		WriteTimeout:      writeTimeout,
		IdleTimeout:       idleTimeout,
		MaxHeaderBytes:    maxHeader,
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, connKey{}, c)
		},
		ConnState: func(c net.Conn, state http.ConnState) {
			// Active: the headers of a call are here. Idle: its answer is out, which a handler that returns cannot know.
			if c, ok := c.(*limitedConn); ok && (state == http.StateActive || state == http.StateIdle) {
				c.handled = false
				c.waiting()
			}
		},
	}
}

// Serve answers on the listener until the context ends, then lets the calls that are being answered end, and closes all
// connections. It returns nil then, or else why it could not go on.
func Serve(ctx context.Context, server *http.Server, listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	select {
	case err := <-ended:
		_ = server.Close()
		return err
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownGrace)
	defer cancel()
	if err := server.Shutdown(grace); err != nil {
		_ = server.Close()
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// connKey finds the connection of a request in its context.
type connKey struct{}

// marking tells the connection, if Limit made it, when a request has wholly arrived. The handler gets a copy of the request:
// net/http looks at the body of its own to see whether there is more to read.
func marking(handler http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c, ok := r.Context().Value(connKey{}).(*limitedConn); ok {
			c.handled = true
			if r.Body == http.NoBody {
				c.answering()
			} else {
				r = r.WithContext(r.Context())
				r.Body = &markingBody{r.Body, c}
			}
		}
		handler.ServeHTTP(w, r)
	})
}

type markingBody struct {
	io.ReadCloser
	conn *limitedConn
}

// Read marks the end of the body.
func (b *markingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		b.conn.answering()
	}
	return n, err
}
