package sigv4

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	exampleID     = "AKIDEXAMPLE"
	exampleSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// vector is a signed request of testdata/oracle.py, which does not share a line with this package.
type vector struct {
	Name, Service, Region, Token, Signature, Request string
	Published                                        bool
}

func vectors(t testing.TB) []vector {
	t.Helper()
	text, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []vector
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// the returns the vector of that name.
func the(t testing.TB, name string) vector {
	t.Helper()
	for _, v := range vectors(t) {
		if v.Name == name {
			return v
		}
	}
	t.Fatalf("no vector %s", name)
	return vector{}
}

// signedAt is the instant of all vectors.
func signedAt() time.Time { return time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC) }

// verifier knows the key of the vectors.
func verifier(v vector) *Verifier {
	return NewVerifier(Keys{exampleID: {Secret: exampleSecret, SessionToken: v.Token}})
}

// receive parses a request as a server does.
func receive(t testing.TB, text string) (*http.Request, []byte) {
	t.Helper()
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r, body
}

func TestRequestsSignedElsewhereVerify(t *testing.T) {
	published := 0
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			r, body := receive(t, v.Request)
			id, err := verifier(v).Verify(r, body, v.Service, signedAt())
			if id != exampleID || err != nil {
				t.Errorf("%q, %v", id, err)
			}
		})
		if v.Published {
			published++
		}
	}
	if published < 20 {
		t.Errorf("%d vectors of AWS, want 20 or more", published)
	}
}

// refusal holds what Verify said to a code and the status that goes with it, and returns the message.
func refusal(t *testing.T, id string, err error, want string) string {
	t.Helper()
	refused, ok := errors.AsType[*Error](err)
	if id != "" || !ok {
		t.Fatalf("%q, %v; want %s", id, err, want)
	}
	status := map[string]int{
		"MissingAuthenticationToken": 403, "IncompleteSignature": 400, "InvalidClientTokenId": 403, "SignatureDoesNotMatch": 403,
		"RequestExpired": 400,
	}[want]
	if refused.Code != want || refused.Status != status || refused.Message == "" {
		t.Errorf("%d %v; want %d %s", refused.Status, refused, status, want)
	}
	return refused.Message
}

// TestEachRefusalHasItsCode changes one thing of a good request at a time.
func TestEachRefusalHasItsCode(t *testing.T) {
	const scope = "AKIDEXAMPLE/20150830/us-east-1/elasticache/aws4_request"
	for _, c := range []struct{ name, old, new, code, says string }{
		{"no signature", "Authorization:", "X-Authorization:", "MissingAuthenticationToken", "missing Authentication Token"},
		{"two signatures", "Authorization:", "Authorization: AWS4-HMAC-SHA256 Credential=a\r\nAuthorization:", "IncompleteSignature", "2 Authorization headers"},
		{"another scheme", "AWS4-HMAC-SHA256 ", "Bearer ", "IncompleteSignature", `"Bearer", want AWS4-HMAC-SHA256`},
		{"asymmetric", "AWS4-HMAC-SHA256 ", "AWS4-ECDSA-P256-SHA256 ", "IncompleteSignature", "want AWS4-HMAC-SHA256"},
		{"no pair", "Signature=", "Signature", "IncompleteSignature", "missing equal-sign"},
		{"unknown parameter", "Signature=", "Sig=", "IncompleteSignature", `"Sig"`},
		{"twice", "Signature=", "Credential=", "IncompleteSignature", "'Credential' twice"},
		{"no credential", "Credential=" + scope + ", ", "", "IncompleteSignature", "requires 'Credential'"},
		{"empty credential", scope, "", "IncompleteSignature", "requires 'Credential'"},
		{"short credential", scope, "AKIDEXAMPLE", "IncompleteSignature", "exactly 5"},
		{"long credential", scope, scope + "/x", "IncompleteSignature", "exactly 5"},
		{"no id", scope, scope[len("AKIDEXAMPLE"):], "IncompleteSignature", "exactly 5"},
		{"host not signed", "content-type;host;", "content-type;", "IncompleteSignature", "'host' must be"},
		{"date not signed", "host;x-amz-date", "host", "IncompleteSignature", "'x-amz-date' must be"},
		{"upper case", "content-type;host", "Content-Type;host", "IncompleteSignature", "lower case"},
		{"empty name", "content-type;host", ";content-type;host", "IncompleteSignature", "lower case"},
		{"not sorted", "content-type;host;x-amz-date", "host;content-type;x-amz-date", "IncompleteSignature", "sorted"},
		{"header twice", "content-type;host", "content-type;host;host", "IncompleteSignature", "each once"},
		{"header missing", "content-type;host", "accept;content-type;host", "IncompleteSignature", `names "accept"`},
		{"no date", "X-Amz-Date:20150830T123600Z\r\n", "", "IncompleteSignature", "0 X-Amz-Date headers"},
		{"two dates", "X-Amz-Date:", "X-Amz-Date:20150830T123600Z\r\nX-Amz-Date:", "IncompleteSignature", "2 X-Amz-Date headers"},
		{"date of another form", "X-Amz-Date:20150830T123600Z", "X-Amz-Date:2015-08-30T12:36:00Z", "IncompleteSignature", "ISO-8601"},
		{"date with a fraction", "X-Amz-Date:20150830T123600Z", "X-Amz-Date:20150830T123600.5Z", "IncompleteSignature", "ISO-8601"},
		{"another terminator", "/aws4_request", "/aws5_request", "SignatureDoesNotMatch", "'aws5_request'"},
		{"day of the scope", "/20150830/", "/20150829/", "SignatureDoesNotMatch", "'20150829' != '20150830'"},
		{"another region", "/us-east-1/", "/us-west-2/", "SignatureDoesNotMatch", "Have: eu-central-1, us-east-1."},
		{"another service", "/elasticache/", "/rds/", "SignatureDoesNotMatch", "correct service: 'elasticache', not 'rds'"},
		{"unknown key", "Credential=AKIDEXAMPLE", "Credential=AKIDEXAMPLF", "InvalidClientTokenId", "token"},
		{"a service of the port", "/elasticache/", "/sts/", "SignatureDoesNotMatch", "correct service: 'elasticache', not 'sts'"},
		{"two tokens", "\r\n\r\n", "\r\nX-Amz-Security-Token: x\r\nX-Amz-Security-Token: x\r\n\r\n", "IncompleteSignature", "2 X-Amz-Security-Token"},
		{"token that nobody has", "\r\n\r\n", "\r\nX-Amz-Security-Token: x\r\n\r\n", "InvalidClientTokenId", "token"},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := the(t, "botocore").Request
			changed := strings.Replace(text, c.old, c.new, 1)
			if changed == text {
				t.Fatalf("the request has no %q", c.old)
			}
			r, body := receive(t, changed)
			id, err := NewVerifier(Keys{exampleID: {Secret: exampleSecret}}, "eu-central-1", "us-east-1").Verify(r, body, "elasticache", signedAt())
			if message := refusal(t, id, err, c.code); !strings.Contains(message, c.says) {
				t.Errorf("%q does not say %q", message, c.says)
			}
		})
	}
}

func TestPresignedURLsAreRefused(t *testing.T) {
	r, body := receive(t, "GET /?Action=DescribeEvents&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature=1 HTTP/1.1\r\nHost: x\r\n\r\n")
	id, err := NewVerifier(Keys{}).Verify(r, body, "elasticache", signedAt())
	if message := refusal(t, id, err, "IncompleteSignature"); !strings.Contains(message, "presigned URL is not supported") {
		t.Error(message)
	}
}

// TestWhatWasSignedCannotChange flips what the signature covers, and what it does not.
func TestWhatWasSignedCannotChange(t *testing.T) {
	for _, c := range []struct{ name, vector, old, new, code string }{
		{"method", "post-vanilla", "POST", "PUT", "SignatureDoesNotMatch"},
		{"path", "get-slashes", "//example//", "//example2//", "SignatureDoesNotMatch"},
		{"slash at the end", "get-slashes", "//example//", "//example", "SignatureDoesNotMatch"},
		{"query", "iam-list-users", "ListUsers", "ListRoles", "SignatureDoesNotMatch"},
		{"order of the query", "get-vanilla-query-order-key-case", "Param2=value2&Param1=value1", "Param1=value1&&Param2=value2", ""},
		{"more in the query", "get-vanilla", "GET /", "GET /?a", "SignatureDoesNotMatch"},
		{"body", "botocore", "NodeGroupId=0001", "NodeGroupId=0002", "SignatureDoesNotMatch"},
		{"signed header", "botocore", "utf-8", "utf-9", "SignatureDoesNotMatch"},
		{"blanks around a header", "botocore", "Content-Type: app", "Content-Type:  \tapp", ""},
		{"header that is not signed", "botocore", "attempt=1", "attempt=2", ""},
		{"host", "botocore", "127.0.0.1:6390", "127.0.0.1:6391", "SignatureDoesNotMatch"},
		{"date", "botocore", "Date:20150830T123600Z", "Date:20150830T123601Z", "SignatureDoesNotMatch"},
		{"region", "botocore", "/us-east-1/", "/us-east-2/", "SignatureDoesNotMatch"},
		{"service", "botocore", "/elasticache/", "/sts/", "SignatureDoesNotMatch"},
		{"length", "go", "Content-Length:", "Content-length: ", ""},
		{"claimed hash", "js", "X-Amz-Content-Sha256: ", "X-Amz-Content-Sha256: UNSIGNED-PAYLOAD", "SignatureDoesNotMatch"},
		{"order of values", "get-header-value-order", "value4", "value5", "SignatureDoesNotMatch"},
		{"token", "token", "/+=", "/+/", "InvalidClientTokenId"},
		{"no token", "token-not-signed", "X-Amz-Security-Token", "X-Token", "InvalidClientTokenId"},
		{"signature", "botocore", "Signature=", "Signature=0", "SignatureDoesNotMatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := the(t, c.vector)
			changed := strings.Replace(v.Request, c.old, c.new, 1)
			if changed == v.Request {
				t.Fatalf("the request has no %q", c.old)
			}
			r, body := receive(t, changed)
			id, err := verifier(v).Verify(r, body, v.Service, signedAt())
			if c.code == "" {
				if id != exampleID || err != nil {
					t.Errorf("%q, %v", id, err)
				}
				return
			}
			refusal(t, id, err, c.code)
		})
	}
}

// TestPayloadHashIsNeverTrusted: the hash that the header claims is that of the body that was signed, the body is another.
func TestPayloadHashIsNeverTrusted(t *testing.T) {
	v := the(t, "js")
	r, body := receive(t, v.Request)
	id, err := verifier(v).Verify(r, bytes.Replace(body, []byte("0001"), []byte("0002"), 1), v.Service, signedAt())
	refusal(t, id, err, "SignatureDoesNotMatch")
}

func TestAnyOtherSignatureIsRefused(t *testing.T) {
	v := the(t, "botocore")
	for i, digit := range v.Signature {
		other := v.Signature[:i] + map[bool]string{true: "1", false: "0"}[digit == '0'] + v.Signature[i+1:]
		r, body := receive(t, strings.Replace(v.Request, v.Signature, other, 1))
		id, err := verifier(v).Verify(r, body, v.Service, signedAt())
		refusal(t, id, err, "SignatureDoesNotMatch")
	}
	for _, other := range []string{v.Signature[1:], v.Signature[:63], strings.ToUpper(v.Signature), "0"} {
		r, body := receive(t, strings.Replace(v.Request, v.Signature, other, 1))
		id, err := verifier(v).Verify(r, body, v.Service, signedAt())
		refusal(t, id, err, "SignatureDoesNotMatch")
	}
}

func TestRequestsAreGoodFor15MinutesEitherWay(t *testing.T) {
	v := the(t, "botocore")
	for _, c := range []struct {
		age  time.Duration
		says string
	}{
		{15 * time.Minute, ""},
		{-15 * time.Minute, ""},
		// 12:36:00 + 15:01 = 12:51:01, less 15 minutes 12:36:01.
		{15*time.Minute + time.Second, "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T125101Z - 15 min.)"},
		{15*time.Minute + 1, "Signature expired"},
		// 12:36:00 - 15:01 = 12:20:59, plus 15 minutes 12:35:59.
		{-15*time.Minute - time.Second, "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T122059Z + 15 min.)"},
		{-15*time.Minute - 1, "Signature not yet current"},
		{-24 * time.Hour, "Signature not yet current"},
		{10 * 365 * 24 * time.Hour, "Signature expired"},
	} {
		r, body := receive(t, v.Request)
		id, err := verifier(v).Verify(r, body, v.Service, signedAt().Add(c.age))
		if c.says == "" {
			if id != exampleID || err != nil {
				t.Errorf("age %v: %q, %v", c.age, id, err)
			}
			continue
		}
		if message := refusal(t, id, err, "RequestExpired"); !strings.HasPrefix(message, c.says) {
			t.Errorf("age %v: %s", c.age, message)
		}
	}
}

// TestMismatchShowsWhatWasComputed: a person who writes a signer finds the line that differs.
func TestMismatchShowsWhatWasComputed(t *testing.T) {
	v := the(t, "get-vanilla")
	r, body := receive(t, strings.Replace(v.Request, v.Signature, strings.Repeat("0", 64), 1))
	id, err := verifier(v).Verify(r, body, v.Service, signedAt())
	message := refusal(t, id, err, "SignatureDoesNotMatch")
	// The canonical request and the string to sign of get-vanilla in AWS's test suite; e3b0… is the hash of nothing.
	for _, part := range []string{
		"'GET\n/\n\nhost:example.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n" +
			"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
		"'AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/us-east-1/service/aws4_request\n" +
			"bb579772317eb040ac9ed261061d46c1f17a8133879d6129b6e1c25292927e63'",
	} {
		if !strings.Contains(message, part) {
			t.Errorf("%q is not in %q", part, message)
		}
	}
}

// TestSigningKeysAreFewAndTrue: only what verified is remembered, memory is bounded, and a remembered key opens nothing else.
func TestSigningKeysAreFewAndTrue(t *testing.T) {
	v := the(t, "botocore")
	made := verifier(v)
	r, body := receive(t, strings.Replace(v.Request, "Signature=", "Signature=0", 1))
	if _, err := made.Verify(r, body, v.Service, signedAt()); err == nil || len(made.signing.known) != 0 {
		t.Errorf("%v, and %d keys are remembered", err, len(made.signing.known))
	}
	r, body = receive(t, v.Request)
	for range 3 {
		if _, err := made.Verify(r, body, v.Service, signedAt()); err != nil || len(made.signing.known) != 1 {
			t.Errorf("%v, and %d keys are remembered", err, len(made.signing.known))
		}
	}
	r, body = receive(t, strings.Replace(v.Request, "0001", "0002", 1))
	if _, err := made.Verify(r, body, v.Service, signedAt()); err == nil {
		t.Error("a remembered key verified another request")
	}
	for i := range 3 * maxSigningKeys {
		made.signing.remember(scope{region: strings.Repeat("r", i)}, [32]byte{})
		if n := len(made.signing.known); n == 0 || n > maxSigningKeys {
			t.Fatalf("%d keys are remembered, at most %d", n, maxSigningKeys)
		}
	}
	r, body = receive(t, v.Request)
	if _, err := made.Verify(r, body, v.Service, signedAt()); err != nil {
		t.Error(err)
	}
}

// TestVerifierIsSafeForConcurrentUse is for the race detector.
func TestVerifierIsSafeForConcurrentUse(t *testing.T) {
	var all sync.WaitGroup
	shared := NewVerifier(Keys{exampleID: {Secret: exampleSecret}})
	for _, name := range []string{"botocore", "go", "js", "sts", "get-query", "botocore"} {
		v := the(t, name)
		r, body := receive(t, v.Request)
		all.Go(func() {
			for range 100 {
				if id, err := shared.Verify(r, body, v.Service, signedAt()); id != exampleID || err != nil {
					t.Errorf("%s: %q, %v", name, id, err)
				}
			}
		})
	}
	all.Wait()
}

func BenchmarkVerify(b *testing.B) {
	v := the(b, "go")
	shared := verifier(v)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		r, body := receive(b, v.Request)
		for pb.Next() {
			if _, err := shared.Verify(r, body, v.Service, signedAt()); err != nil {
				b.Error(err)
			}
		}
	})
}

// FuzzVerify: no request panics, and none is let in that nobody signed with this secret.
func FuzzVerify(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Request)
	}
	shared := NewVerifier(Keys{exampleID: {Secret: "a secret that signed none of the seeds"}})
	f.Fuzz(func(t *testing.T, text string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(text)))
		if err != nil {
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		id, err := shared.Verify(r, body, "elasticache", signedAt())
		refused, ok := errors.AsType[*Error](err)
		if id != "" || !ok || refused.Code == "" || refused.Message == "" || refused.Status < 400 {
			t.Errorf("%q, %v", id, err)
		}
	})
}
