package sigv4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"failsim/words"
)

// canonicalRequest writes the request in the one form that both sides agree on.
func canonicalRequest(r *http.Request, body []byte, signedHeaders []string) ([]byte, error) {
	query, err := canonicalQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	text := make([]byte, 0, 1024)
	text = append(text, r.Method...)
	text = append(text, '\n')
	text = appendEncoded(text, canonicalPath(rawPath(r.URL)), "/")
	text = append(text, '\n')
	text = append(text, query...)
	text = append(text, '\n')
	for _, name := range signedHeaders {
		values := headerValues(r, name)
		if values == nil {
			return nil, incomplete("SignedHeaders names %s, which the request does not have.", words.Quote(name))
		}
		text = append(text, name...)
		for i, value := range values {
			text = append(text, ":,"[min(i, 1)])
			text = appendFolded(text, value)
		}
		text = append(text, '\n')
	}
	text = append(text, '\n')
	text = append(text, strings.Join(signedHeaders, ";")...)
	text = append(text, '\n')
	payload := sha256.Sum256(body)
	return hex.AppendEncode(text, payload[:]), nil
}

// rawPath returns the path as it was sent: url.URL keeps it only where its own encoding would differ.
func rawPath(u *url.URL) string {
	if u.RawPath != "" {
		return u.RawPath
	}
	return u.EscapedPath()
}

// canonicalPath drops empty and `.` segments and resolves `..`, never above the root. A slash at the end stays. The result is
// encoded once more than it was sent, as every service but S3 does.
func canonicalPath(path string) string {
	var kept []string
	for segment := range strings.SplitSeq(path, "/") {
		switch segment {
		case "", ".":
		case "..":
			kept = kept[:max(0, len(kept)-1)]
		default:
			kept = append(kept, segment)
		}
	}
	if len(kept) == 0 {
		return "/"
	}
	end := ""
	if strings.HasSuffix(path, "/") {
		end = "/"
	}
	return "/" + strings.Join(kept, "/") + end
}

// canonicalQuery decodes the parameters, encodes them in the one form, and sorts them by name, then by value.
func canonicalQuery(raw string) ([]byte, error) {
	type parameter struct{ name, value string }
	var parameters []parameter
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		name, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(name)
		if err != nil {
			return nil, incomplete("The query string has a bad escape in %s.", words.Quote(pair))
		}
		value, err = url.QueryUnescape(value)
		if err != nil {
			return nil, incomplete("The query string has a bad escape in %s.", words.Quote(pair))
		}
		parameters = append(parameters, parameter{string(appendEncoded(nil, name, "")), string(appendEncoded(nil, value, ""))})
	}
	slices.SortFunc(parameters, func(a, b parameter) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.value, b.value))
	})
	var text []byte
	for i, p := range parameters {
		if i > 0 {
			text = append(text, '&')
		}
		text = append(append(append(text, p.name...), '='), p.value...)
	}
	return text, nil
}

// appendEncoded writes every byte as %XX but the unreserved ones of RFC 3986 and those of keep.
func appendEncoded(text []byte, s, keep string) []byte {
	const digits = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~", c) >= 0,
			strings.IndexByte(keep, c) >= 0:
			text = append(text, c)
		default:
			text = append(text, '%', digits[c>>4], digits[c&15])
		}
	}
	return text
}

// headerValues returns what the request has under a name in lower case, or nil. net/http keeps the host apart, and the length
// of a body that it was not sent as text.
func headerValues(r *http.Request, name string) []string {
	values := r.Header[http.CanonicalHeaderKey(name)]
	switch {
	case name == "host":
		return []string{r.Host}
	case name == "content-length" && values == nil && r.ContentLength >= 0:
		return []string{strconv.FormatInt(r.ContentLength, 10)}
	}
	return values
}

// appendFolded writes a header's value without blanks around it, and with one blank for several.
func appendFolded(text []byte, value string) []byte {
	value = strings.Trim(value, " \t")
	for i := range len(value) {
		if value[i] != ' ' || value[i-1] != ' ' {
			text = append(text, value[i])
		}
	}
	return text
}
