package query

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// RefuseAsXML lets a server of NewServer, on a listener of Limit, answer as XML what net/http refuses before any handler sees it, as
// text: what is not HTTP, or has headers that are malformed or too large. The code is MalformedHttpRequestException, the status net/http's.
// answer says how such an answer is signed; it is called for each.
func RefuseAsXML(server *http.Server, answer func() Answer) {
	inner := server.ConnContext
	server.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		if c, ok := c.(*limitedConn); ok {
			c.refusal = answer
		}
		return inner(ctx, c)
	}
	server.DisableGeneralOptionsHandler = true // OPTIONS * is for the handler, as any other method
}

// Write is what the server calls. Whatever it says to a client between two calls, it says by itself: the handler says nothing then. It
// is one write, and closes the connection.
func (c *limitedConn) Write(p []byte) (int, error) {
	if c.refusal == nil || c.handled {
		return c.Conn.Write(p)
	}
	status, says, ok := readRefusal(p)
	if !ok {
		return c.Conn.Write(p)
	}
	if _, err := c.Conn.Write(refusal(c.refusal(), status, says)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// readRefusal gives the status of an answer and the rest of its first line, such as "Bad Request: missing required Host header".
func readRefusal(answer []byte) (status int, says string, ok bool) {
	line, _, _ := strings.Cut(string(answer), "\r\n")
	_, line, _ = strings.Cut(line, " ")
	number, says, _ := strings.Cut(line, " ")
	status, err := strconv.Atoi(number)
	return status, says, err == nil && status >= 400
}

// refusal is the whole answer.
func refusal(a Answer, status int, says string) []byte {
	e := malformed("The request could not be read: %s.", says)
	e.Status = status
	_, text := e.encode(a)
	header := http.Header{"Content-Type": {"text/xml"}, "Date": {time.Now().UTC().Format(http.TimeFormat)}, "X-Amzn-Requestid": {a.RequestID}}
	response := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1, Header: header, Close: true,
		ContentLength: int64(len(text)), Body: io.NopCloser(bytes.NewReader(text))}
	var out bytes.Buffer
	if err := response.Write(&out); err != nil {
		panic("query: an answer cannot be written to memory: " + err.Error())
	}
	return out.Bytes()
}
