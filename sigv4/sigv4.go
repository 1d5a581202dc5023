// Package sigv4 verifies AWS Signature Version 4: that the holder of a known secret signed this HTTP request, for this
// service, a moment ago.
//
// The stance is a server's that trusts nothing: the hash of the payload is computed from the body and never taken from the
// request, host and X-Amz-Date must be among what is signed, comparisons take the same time whatever they find, and what no
// valid request needs is refused. Only the header form is understood; a presigned URL is told so.
//
// The flow of Verify: read the Authorization header (authorization.go), hold its scope and its age against what is allowed,
// write the request in canonical form (canonical.go), derive the signing key (signingkeys.go), compare. Keys come from the file
// that AWS's own tools read (credentials.go). The source of the steps is "Create a signed AWS API request" of the IAM User Guide.
package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"time"
)

// MaxAge is how far the date of a request may lie from the server's clock, either way: "RequestExpired" in AWS's common errors.
const MaxAge = 15 * time.Minute

// algorithm opens the Authorization header and the string to sign.
const algorithm = "AWS4-HMAC-SHA256"

// decoySecret stands in for the secret of a key that nobody has, so that such a request takes the same path.
const decoySecret = "nobody holds this secret"

// Keys are the credentials that a Verifier knows, by access key id.
type Keys map[string]Key

// Key is what belongs to one access key id. SessionToken is empty for long-term credentials.
type Key struct {
	Secret, SessionToken string
}

// Verifier checks requests against a set of keys. It may be called from several goroutines at a time. NewVerifier makes one.
type Verifier struct {
	keys    Keys
	regions []string // none: any
	signing signingKeys
}

// NewVerifier returns a Verifier of requests that are scoped to one of the regions, or to any where none is given. The keys must
// not change while it is used.
func NewVerifier(keys Keys, regions ...string) *Verifier {
	return &Verifier{keys: keys, regions: regions}
}

// Verify returns the access key id that signed the request to a service, such as sts, or an *Error. The body is what the request
// carried, as it was sent; now is the wall clock's time, whatever time the service simulates.
func (v *Verifier) Verify(r *http.Request, body []byte, service string, now time.Time) (accessKeyID string, err error) {
	a, err := readAuthorization(r)
	if err != nil {
		return "", err
	}
	if err := v.checkScope(a, service); err != nil {
		return "", err
	}
	if err := checkAge(a.at, now); err != nil {
		return "", err
	}
	canonical, err := canonicalRequest(r, body, a.signedHeaders)
	if err != nil {
		return "", err
	}
	key, known := v.keys[a.scope.accessKeyID]
	if !known {
		key = Key{Secret: decoySecret}
	}
	text := stringToSign(a, canonical)
	signingKey := v.signing.derive(a.scope, key.Secret)
	match := subtle.ConstantTimeCompare(signature(signingKey, text), []byte(a.signature)) == 1
	token := subtle.ConstantTimeCompare([]byte(r.Header.Get("X-Amz-Security-Token")), []byte(key.SessionToken)) == 1
	if !known || !token {
		return "", invalidClientToken()
	}
	if !match {
		return "", signatureMismatch(canonical, text)
	}
	v.signing.remember(a.scope, signingKey)
	return a.scope.accessKeyID, nil
}

// checkScope holds the credential scope to what this server is.
func (v *Verifier) checkScope(a authorization, service string) error {
	switch s := a.scope; {
	case a.terminator != "aws4_request":
		return wrongScope("Credential should be scoped with a valid terminator: 'aws4_request', not '%s'.", a.terminator)
	case s.day != a.amzDate[:len("20060102")]:
		return wrongScope("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: "+
			"'%s' != '%s', from '%s'.", s.day, a.amzDate[:len("20060102")], a.amzDate)
	case s.region == "" || len(v.regions) > 0 && !slices.Contains(v.regions, s.region):
		return wrongScope("Credential should be scoped to a valid region, not '%s'. %s", s.region, allowedRegions(v.regions))
	case s.service != service:
		return wrongScope("Credential should be scoped to correct service: '%s', not '%s'.", service, s.service)
	}
	return nil
}

// checkAge compares with the wall clock. Exactly MaxAge is not too old.
func checkAge(at, now time.Time) error {
	if at.Before(now.Add(-MaxAge)) {
		return expired("Signature expired: %s is now earlier than %s (%s - 15 min.)", at, now.Add(-MaxAge), now)
	}
	if at.After(now.Add(MaxAge)) {
		return expired("Signature not yet current: %s is still later than %s (%s + 15 min.)", at, now.Add(MaxAge), now)
	}
	return nil
}

// stringToSign is what the signature is made of.
func stringToSign(a authorization, canonical []byte) []byte {
	digest := sha256.Sum256(canonical)
	text := make([]byte, 0, 256)
	text = append(text, algorithm+"\n"...)
	text = append(text, a.amzDate...)
	text = append(text, '\n')
	text = append(text, a.scope.day+"/"+a.scope.region+"/"+a.scope.service+"/aws4_request\n"...)
	return hex.AppendEncode(text, digest[:])
}

// signature is in lower-case hex, as the Authorization header carries it.
func signature(signingKey [sha256.Size]byte, text []byte) []byte {
	return hex.AppendEncode(nil, sum(signingKey[:], text))
}

func sum(key, text []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(text)
	return h.Sum(nil)
}
