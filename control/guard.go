package control

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"failsim/server"
	"failsim/words"
)

// NewToken returns a token that nobody can guess.
func NewToken() string { return rand.Text() }

func newSession() string { return rand.Text()[:8] }

// CheckToken refuses a token that does not go into a header as it is, or that is easily guessed.
func CheckToken(token string) error {
	const shortest, longest = 8, 200
	allowed := func(r rune) bool {
		return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("-._~", r)
	}
	if len(token) < shortest || len(token) > longest || strings.ContainsFunc(token, func(r rune) bool { return !allowed(r) }) {
		return fmt.Errorf("want %d to %d letters, digits and any of -._~", shortest, longest)
	}
	return nil
}

// Listen opens the port of a control server, which may stand on a loopback address alone. A port of 0 is any that is free.
func Listen(address string) (net.Listener, error) {
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, err
	}
	if !resolved.IP.IsLoopback() {
		return nil, fmt.Errorf("%s is not a loopback address; want one such as 127.0.0.1:6391, and a tunnel where others are to reach it", words.Quote(address))
	}
	return net.ListenTCP("tcp", resolved)
}

// guard decides who may do what. A script shows the token itself. A browser that opened the page with the token has a cookie from then
// on; since a browser sends cookies whoever makes it ask, a cookie changes something only together with an Origin that is this page's.
type guard struct {
	token, cookie string
}

func newGuard(token string) guard {
	mac := hmac.New(sha256.New, []byte(token))
	mac.Write([]byte("cookie of the page"))
	return guard{token: token, cookie: hex.EncodeToString(mac.Sum(nil))}
}

// protect sets what holds for every answer: nothing is kept, guessed, framed or taken from elsewhere, and no address is told elsewhere.
func protect(h http.Header) {
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "+
		"base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

// login answers the address with the token in it that a person opens: a cookie takes the token's place, and the address is clean again.
func (g *guard) login(w http.ResponseWriter, r *http.Request) bool {
	tokens := r.URL.Query()["token"]
	if r.URL.Path != "/" || r.Method != http.MethodGet || len(tokens) != 1 || checkHost(r) != nil || !same(tokens[0], g.token) {
		return false
	}
	http.SetCookie(w, &http.Cookie{Name: cookieName(r), Value: g.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
	return true
}

// cookieName has the port: browsers keep the cookies of all ports of a host together.
func cookieName(r *http.Request) string {
	_, port, err := net.SplitHostPort(r.Host)
	if err != nil {
		port = "80"
	}
	return "failsim-" + port
}

// admit says why a request is not answered.
func (g *guard) admit(r *http.Request) error {
	if err := checkHost(r); err != nil {
		return err
	}
	bearer, shown := g.bearer(r)
	if !bearer && (shown || !g.knows(r)) {
		return refuse(http.StatusUnauthorized, "the token is missing or wrong; want the header Authorization: Bearer TOKEN, or open the address that "+
			"failsim serve printed at its start")
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	return checkOrigin(r, bearer)
}

// bearer tells whether the request shows the token, and whether it shows any.
func (g *guard) bearer(r *http.Request) (right, shown bool) {
	header := r.Header.Get("Authorization")
	scheme, token, _ := strings.Cut(header, " ")
	return strings.EqualFold(scheme, "Bearer") && same(token, g.token), header != ""
}

// knows tells whether the request has the page's cookie.
func (g *guard) knows(r *http.Request) bool {
	for _, c := range r.CookiesNamed(cookieName(r)) {
		if same(c.Value, g.cookie) {
			return true
		}
	}
	return false
}

// same compares secrets in a time that tells nothing of them.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// checkHost refuses names other than those of this machine: a page from elsewhere whose name was made to lead here says its own.
func checkHost(r *http.Request) error {
	if server.LoopbackHost(r.Host) {
		return nil
	}
	return refuse(http.StatusForbidden, "host %s; want a loopback address, or localhost", words.Quote(r.Host))
}

// checkOrigin refuses what pages from elsewhere make a browser send. A script says neither where it comes from nor that it is none.
func checkOrigin(r *http.Request, bearer bool) error {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "same-origin" && site != "none" {
		return refuse(http.StatusForbidden, "the request comes from another site (Sec-Fetch-Site: %s)", words.Quote(site))
	}
	origin := r.Header.Values("Origin")
	if len(origin) == 0 && bearer {
		return nil
	}
	if len(origin) == 0 {
		return refuse(http.StatusForbidden, "a cookie alone changes nothing; want the header Origin of the page, or Authorization: Bearer TOKEN")
	}
	if u, err := url.Parse(origin[0]); len(origin) > 1 || err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
		return refuse(http.StatusForbidden, "the request comes from another site (Origin: %s)", words.Quote(strings.Join(origin, ", ")))
	}
	return nil
}
