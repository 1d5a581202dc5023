package query

import (
	"bufio"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func refusing(t *testing.T) *serving {
	server := NewServer(echo())
	RefuseAsXML(server, func() Answer { return Answer{Namespace: "ns", RequestID: "none"} })
	return serveOn(t, loopback(t), 8, server)
}

// TestWhatIsNoRequestIsRefusedAsXML: net/http itself would answer as text.
func TestWhatIsNoRequestIsRefusedAsXML(t *testing.T) {
	s := refusing(t)
	const refused = `<ErrorResponse xmlns="ns"><Error><Type>Sender</Type><Code>MalformedHttpRequestException</Code><Message>The request could not be read: `
	for _, c := range []struct {
		name, text string
		status     int
		says       string
	}{
		{"nonsense", "hello\r\n\r\n", 400, refused + "Bad Request.</Message></Error><RequestId>none</RequestId></ErrorResponse>"},
		{"large headers", head + "X: " + strings.Repeat("a", 2*maxHeader) + "\r\n\r\n", 431, refused + "Request Header Fields Too Large.<"},
		{"no host", "GET /?Action=A HTTP/1.1\r\n\r\n", 400, refused + "Bad Request: missing required Host header.<"},
		{"two hosts", "GET /?Action=A HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400, refused + "Bad Request"},
		{"name of a header", "GET /?Action=A HTTP/1.1\r\nHost: x\r\nX<: y\r\n\r\n", 400, refused + "Bad Request"},
		{"header without a colon", head + "X\r\n\r\n", 400, refused + "Bad Request"},
		{"two lengths", head + "Content-Length: 8\r\nContent-Length: 9\r\n\r\nAction=A", 400, refused + "Bad Request"},
		{"version", "GET /?Action=A HTTP/3.0\r\nHost: x\r\n\r\n", 505, refused + "HTTP Version Not Supported"},
		{"coding of the body", head + "Transfer-Encoding: gzip\r\n\r\n", 501, refused + "Not Implemented.<"},
		{"expectation", head + "Expect: a miracle\r\nContent-Length: 8\r\n\r\nAction=A", 417, refused + "Expectation Failed.<"},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", 405, "<Code>MethodNotAllowed</Code>"},
		{"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 405, "<Code>MethodNotAllowed</Code>"},
		{"a good call", whole, 200, good},
		{"that expects to be asked", head + "Expect: 100-continue\r\nContent-Length: 8\r\n\r\nAction=A", 100, ""},
	} {
		t.Run(strings.ReplaceAll(c.name, " ", "_"), func(t *testing.T) {
			conn := s.dial(c.text)
			defer func() { _ = conn.Close() }()
			s.check(conn, c.status, c.says)
		})
	}
}

// TestARefusalIsAWholeAnswer after a call that was answered on the same connection, which it closes; its Date is the wall clock's.
func TestARefusalIsAWholeAnswer(t *testing.T) {
	s := refusing(t)
	for _, apart := range []bool{true, false} {
		text := []string{whole + "hello\r\n\r\n"}
		if apart {
			text = []string{whole, "hello\r\n\r\n"}
		}
		conn := s.dial(text[0])
		in := bufio.NewReader(conn)
		status, said := answerFrom(t, in)
		if status != http.StatusOK || said != good {
			t.Errorf("%d %s", status, said)
		}
		if apart {
			if _, err := io.WriteString(conn, text[1]); err != nil {
				t.Fatal(err)
			}
		}
		got, err := io.ReadAll(in)
		if err != nil {
			t.Error(err)
		}
		const body = `<ErrorResponse xmlns="ns"><Error><Type>Sender</Type><Code>MalformedHttpRequestException</Code>` +
			`<Message>The request could not be read: Bad Request.</Message></Error><RequestId>none</RequestId></ErrorResponse>`
		want := "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 207\r\nContent-Type: text/xml\r\nDate: now\r\nX-Amzn-Requestid: none\r\n\r\n" + body
		dated := regexp.MustCompile(`Date: [A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} [\d:]{8} GMT\r`).ReplaceAllString(string(got), "Date: now\r")
		if diff := cmp.Diff(want, dated); diff != "" {
			t.Errorf("apart %t (-want +got)\n%s", apart, diff)
		}
	}
}
