package sigv4

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Error says why a request is refused, with a code of AWS's common errors and the HTTP status that goes with it. All of them
// are the sender's fault.
type Error struct {
	Code, Message string
	Status        int
}

// Error returns code and message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

func missingAuthentication() error {
	return &Error{"MissingAuthenticationToken", "Request is missing Authentication Token", http.StatusForbidden}
}

func incomplete(format string, args ...any) error {
	return &Error{"IncompleteSignature", fmt.Sprintf(format, args...), http.StatusBadRequest}
}

// invalidClientToken says the same of an unknown key and of a wrong session token.
func invalidClientToken() error {
	return &Error{"InvalidClientTokenId", "The security token included in the request is invalid.", http.StatusForbidden}
}

func expired(format string, at, limit, now time.Time) error {
	text := func(t time.Time) string { return t.UTC().Format(amzDateLayout) }
	return &Error{"RequestExpired", fmt.Sprintf(format, text(at), text(limit), text(now)), http.StatusBadRequest}
}

func wrongScope(format string, args ...any) error {
	return &Error{"SignatureDoesNotMatch", fmt.Sprintf(format, args...), http.StatusForbidden}
}

// signatureMismatch shows what was computed, as AWS does: nothing in it is secret, and it is how a signer finds its mistake.
func signatureMismatch(canonical, text []byte) error {
	const message = `The request signature we calculated does not match the signature you provided. ` +
		`Check your AWS Secret Access Key and signing method. Consult the service documentation for details.

The Canonical String for this request should have been
'%s'

The String-to-Sign should have been
'%s'`
	return &Error{"SignatureDoesNotMatch", fmt.Sprintf(message, canonical, text), http.StatusForbidden}
}

// allowedRegions is the sentence that lists them.
func allowedRegions(regions []string) string {
	if len(regions) == 0 {
		return "Any region is taken, but none is given."
	}
	return "Have: " + strings.Join(regions, ", ") + "."
}
