package sigv4

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"failsim/words"
)

// amzDateLayout is the form of X-Amz-Date; signers write no other.
const amzDateLayout = "20060102T150405Z"

// authorization is what the headers say about the signature.
type authorization struct {
	scope         scope
	terminator    string
	signedHeaders []string // lower case, sorted, each once; host and x-amz-date are among them
	signature     string
	amzDate       string
	at            time.Time
}

// scope says what a signing key is good for.
type scope struct {
	accessKeyID, day, region, service string
}

// readAuthorization checks the form, not the truth, of the headers that say who signed what and when.
func readAuthorization(r *http.Request) (authorization, error) {
	var a authorization
	headers := r.Header["Authorization"]
	if len(headers) == 0 {
		return a, unsigned(r)
	}
	if len(headers) > 1 {
		return a, incomplete("%d Authorization headers, want one.", len(headers))
	}
	fields, err := authorizationFields(headers[0])
	if err != nil {
		return a, err
	}
	a.signature = fields["Signature"]
	if err := a.readCredential(fields["Credential"]); err != nil {
		return a, err
	}
	if err := a.readSignedHeaders(fields["SignedHeaders"]); err != nil {
		return a, err
	}
	if n := len(r.Header["X-Amz-Security-Token"]); n > 1 {
		return a, incomplete("%d X-Amz-Security-Token headers, want one.", n)
	}
	return a, a.readDate(r.Header["X-Amz-Date"])
}

// unsigned tells a request that carries its signature elsewhere from one that has none.
func unsigned(r *http.Request) error {
	for pair := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(pair, "=")
		switch strings.ToLower(name) {
		case "x-amz-algorithm", "x-amz-credential", "x-amz-signature":
			return incomplete("A presigned URL is not supported: sign in the Authorization header, with %s.", algorithm)
		}
	}
	return missingAuthentication()
}

// authorizationFields splits `AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…`; blanks after commas may be missing.
func authorizationFields(header string) (map[string]string, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if scheme != algorithm {
		return nil, incomplete("Authorization header of the kind %s, want %s.", words.Quote(scheme), algorithm)
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return nil, incomplete("%s not a valid key=value pair (missing equal-sign) in Authorization header.",
				words.Quote(part))
		}
		if !slices.Contains([]string{"Credential", "SignedHeaders", "Signature"}, name) {
			return nil, incomplete("Authorization header has the parameter %s, want Credential, SignedHeaders and Signature.",
				words.Quote(name))
		}
		if _, twice := fields[name]; twice {
			return nil, incomplete("Authorization header has the parameter '%s' twice.", name)
		}
		fields[name] = value
	}
	for _, name := range []string{"Credential", "Signature", "SignedHeaders"} {
		if fields[name] == "" {
			return nil, incomplete("Authorization header requires '%s' parameter.", name)
		}
	}
	return fields, nil
}

// readCredential reads `accessKeyID/day/region/service/aws4_request`.
func (a *authorization) readCredential(text string) error {
	parts := strings.Split(text, "/")
	if len(parts) != 5 || parts[0] == "" {
		return incomplete("Credential must have exactly 5 slash-delimited elements, "+
			"e.g. keyid/date/region/service/term, got %s.", words.Quote(text))
	}
	a.scope = scope{accessKeyID: parts[0], day: parts[1], region: parts[2], service: parts[3]}
	a.terminator = parts[4]
	return nil
}

// readSignedHeaders wants the list in the one form that signers write, so that no two lists mean the same.
func (a *authorization) readSignedHeaders(text string) error {
	names := strings.Split(text, ";")
	for i, name := range names {
		switch {
		case name == "" || name != strings.ToLower(name):
			return incomplete("SignedHeaders has %s, want names in lower case with ; between them.", words.Quote(name))
		case i > 0 && name <= names[i-1]:
			return incomplete("SignedHeaders has %s after %s, want names sorted, each once.",
				words.Quote(name), words.Quote(names[i-1]))
		}
	}
	for _, required := range []string{"host", "x-amz-date"} {
		if !slices.Contains(names, required) {
			return incomplete("'%s' must be a 'SignedHeader' in the AWS Authorization.", required)
		}
	}
	a.signedHeaders = names
	return nil
}

func (a *authorization) readDate(values []string) error {
	if len(values) != 1 {
		return incomplete("%d X-Amz-Date headers, want one.", len(values))
	}
	a.amzDate = values[0]
	at, err := time.Parse(amzDateLayout, a.amzDate)
	if err != nil || len(a.amzDate) != len(amzDateLayout) { // Parse takes fractions of a second too
		return incomplete("Date must be in ISO-8601 'basic format'. Got %s. See http://en.wikipedia.org/wiki/ISO_8601",
			words.Quote(a.amzDate))
	}
	a.at = at
	return nil
}
