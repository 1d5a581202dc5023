package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// client makes one call after the other on a connection of its own. It writes its requests itself: a client of net/http would take more
// of the machine than what is measured.
type client struct {
	address, group string
	begin          time.Time // of what counts

	calls int
	times []time.Duration // of the calls that count
	bytes int             // of the last answer
	err   error
}

// work makes calls until the end, or until one fails.
func (c *client) work(ctx context.Context, end time.Time) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.address)
	if err != nil {
		c.err = err
		return
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	body := []byte("Action=DescribeReplicationGroups&ReplicationGroupId=" + c.group + "&Version=2015-02-02")
	for {
		called := time.Now()
		if called.After(end) {
			return
		}
		if _, c.err = conn.Write(c.request(body, called.UTC())); c.err != nil {
			return
		}
		if c.err = c.read(answers); c.err != nil {
			return
		}
		c.calls++
		if called.After(c.begin) {
			c.times = append(c.times, time.Since(called))
		}
	}
}

// read reads one answer and looks whether it is about the group.
func (c *client) read(answers *bufio.Reader) error {
	response, err := http.ReadResponse(answers, nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	c.bytes = len(text)
	if response.StatusCode != http.StatusOK || !bytes.Contains(text, []byte("<ReplicationGroupId>"+c.group+"</ReplicationGroupId>")) {
		return fmt.Errorf("status %d: %.300s", response.StatusCode, text)
	}
	return nil
}

// request is a signed call, by "Create a signed AWS API request" of the IAM User Guide.
func (c *client) request(body []byte, now time.Time) []byte {
	const kind, names = "application/x-www-form-urlencoded", "content-type;host;x-amz-date"
	date := now.Format("20060102T150405Z")
	scope := date[:8] + "/us-east-1/elasticache/aws4_request"
	payload := sha256.Sum256(body)
	canonical := sha256.Sum256(fmt.Appendf(nil, "POST\n/\n\ncontent-type:%s\nhost:%s\nx-amz-date:%s\n\n%s\n%x", kind, c.address, date, names, payload))
	key := []byte("AWS4" + secret)
	for _, part := range []string{date[:8], "us-east-1", "elasticache", "aws4_request"} {
		key = sum(key, part)
	}
	signature := sum(key, fmt.Sprintf("AWS4-HMAC-SHA256\n%s\n%s\n%x", date, scope, canonical))
	return fmt.Appendf(nil, "POST / HTTP/1.1\r\nHost: %s\r\nContent-Type: %s\r\nX-Amz-Date: %s\r\nContent-Length: %d\r\n"+
		"Authorization: AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%s\r\n\r\n%s",
		c.address, kind, date, len(body), keyID, scope, names, hex.EncodeToString(signature), body)
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
