package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

// patience is how long a node may take over one answer. A frozen node never answers, and must not stop the harness.
const patience = 5 * time.Second

// conn speaks RESP 2 with one node.
type conn struct {
	net.Conn
	r *bufio.Reader
}

// refusal is an error reply of a node, such as `MOVED 12182 127.0.0.1:20001`.
type refusal string

func (r refusal) Error() string { return string(r) }

func dial(addr string) (*conn, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c, r: bufio.NewReader(c)}, nil
}

// do sends one command and returns its reply as text. The elements of an array come one a line.
func (c *conn) do(args ...string) (string, error) {
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	if _, err := io.WriteString(c, b.String()); err != nil {
		return "", err
	}
	return c.reply()
}

func (c *conn) reply() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	if line == "" {
		return "", errors.New("resp: an empty line where a reply begins")
	}
	kind, rest := line[0], line[1:]
	switch kind {
	case '+', ':':
		return rest, nil
	case '-':
		return "", refusal(rest)
	case '$':
		return c.bulk(rest)
	case '*':
		return c.array(rest)
	}
	return "", fmt.Errorf("resp: reply begins with %q, not with one of + : - $ *", kind)
}

func (c *conn) bulk(length string) (string, error) {
	n, err := strconv.Atoi(length)
	if err != nil || n < 0 {
		return "", err
	}
	body := make([]byte, n+2) // its line end too
	if _, err := io.ReadFull(c.r, body); err != nil {
		return "", err
	}
	return string(body[:n]), nil
}

func (c *conn) array(length string) (string, error) {
	n, err := strconv.Atoi(length)
	if err != nil {
		return "", err
	}
	var elements []string
	for range n {
		e, err := c.reply()
		if err != nil {
			return "", err
		}
		elements = append(elements, e)
	}
	return strings.Join(elements, "\n"), nil
}
