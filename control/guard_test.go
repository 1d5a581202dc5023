package control_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"failsim/control"
)

// visit is a request with headers, such as "Origin: http://evil.example". $HOST stands for the server's host and port.
func (c *client) visit(method, path string, headers ...string) visited {
	c.Helper()
	r, err := http.NewRequest(method, c.url+path, http.NoBody)
	if err != nil {
		c.Fatal(err)
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(strings.ReplaceAll(h, "$HOST", r.URL.Host), ": ")
		if name == "Host" {
			r.Host = value
		} else {
			r.Header.Add(name, value)
		}
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		c.Fatal(err)
	}
	defer response.Body.Close()
	return visited{response.StatusCode, response.Status, response.Header, response.Cookies()}
}

// visited is an answer without its body.
type visited struct {
	StatusCode int
	Status     string
	Header     http.Header
	Cookies    []*http.Cookie
}

// cookie opens the page as a person does, and gives what the browser keeps.
func (c *client) cookie() string {
	c.Helper()
	cookies := c.visit("GET", "/?token="+token).Cookies
	if len(cookies) != 1 {
		c.Fatalf("cookies: %v", cookies)
	}
	return "Cookie: " + cookies[0].Name + "=" + cookies[0].Value
}

const bearer = "Authorization: Bearer " + token

func TestOnlyTheTokenOpens(t *testing.T) {
	c := start(t)
	for _, path := range []string{"/", "/page.js", "/v1/clock", "/v1/live", "/v1/none", "/?token=wrong", "/?token=" + token + "&token=" + token, "/v1/clock?token=" + token} {
		if got := c.visit("GET", path); got.StatusCode != http.StatusUnauthorized || got.Header.Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s without a token: %s", path, got.Status)
		}
	}
	for _, header := range []string{"Authorization: Bearer wrong", "Authorization: Bearer ", "Authorization: " + token, "Authorization: Basic " + token,
		"Cookie: failsim=" + token} {
		if got := c.visit("GET", "/v1/clock", header); got.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", header, got.Status)
		}
	}
	if got := c.visit("GET", "/v1/clock", bearer); got.StatusCode != http.StatusOK {
		t.Errorf("with the token: %s", got.Status)
	}
}

func TestThePageSwapsTheTokenForACookie(t *testing.T) {
	c := start(t)
	got := c.visit("GET", "/?token="+token)
	if got.StatusCode != http.StatusSeeOther || got.Header.Get("Location") != "/" {
		t.Errorf("%s to %s; want a redirection to /", got.Status, got.Header.Get("Location"))
	}
	set := got.Header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/"} {
		if !strings.Contains(set, want) {
			t.Errorf("no %s in %s", want, set)
		}
	}
	if strings.Contains(set, token) {
		t.Errorf("the cookie tells the token: %s", set)
	}
	for path, kind := range map[string]string{"/": "text/html", "/page.css": "text/css", "/page.js": "text/javascript", "/fleet.js": "text/javascript", "/time.js": "text/javascript", "/icon.svg": "image/svg+xml", "/v1/clock": "application/json"} {
		if got := c.visit("GET", path, c.cookie()); got.StatusCode != http.StatusOK || !strings.HasPrefix(got.Header.Get("Content-Type"), kind) {
			t.Errorf("%s with the cookie: %s, %s", path, got.Status, got.Header.Get("Content-Type"))
		}
	}
	if got := c.visit("GET", "/v1/clock", c.cookie(), "Authorization: Bearer wrong"); got.StatusCode != http.StatusUnauthorized {
		t.Errorf("a cookie beside a wrong token: %s", got.Status)
	}
}

func TestOtherSitesChangeNothing(t *testing.T) {
	c := start(t)
	for _, tt := range []struct {
		headers string
		status  int
	}{
		{bearer, 200},
		{bearer + "|Origin: http://$HOST", 200},
		{bearer + "|Origin: http://evil.example", 403},
		{bearer + "|Sec-Fetch-Site: cross-site", 403},
		{"COOKIE", 403},
		{"COOKIE|Origin: http://$HOST", 200},
		{"COOKIE|Origin: http://$HOST|Sec-Fetch-Site: same-origin", 200},
		{"COOKIE|Origin: http://$HOST|Sec-Fetch-Site: cross-site", 403},
		{"COOKIE|Origin: http://$HOST|Sec-Fetch-Site: same-site", 403}, // another port of this machine
		{"COOKIE|Origin: http://evil.example", 403},
		{"COOKIE|Origin: http://$HOST.evil.example", 403},
		{"COOKIE|Origin: http://127.0.0.1:1", 403},
		{"COOKIE|Origin: https://$HOST", 403},
		{"COOKIE|Origin: null", 403},
		{"COOKIE|Origin: http://$HOST|Origin: http://evil.example", 403},
		{"Origin: http://$HOST", 401},
	} {
		headers := strings.Split(strings.Replace(tt.headers, "COOKIE", c.cookie(), 1), "|")
		if got := c.visit("POST", "/v1/clock/pause", headers...); got.StatusCode != tt.status {
			t.Errorf("%s: %s; want %d", tt.headers, got.Status, tt.status)
		}
	}
	if got := c.visit("GET", "/v1/clock", c.cookie(), "Sec-Fetch-Site: same-origin"); got.StatusCode != http.StatusOK {
		t.Errorf("reading with the cookie: %s", got.Status)
	}
}

func TestOtherNamesOfThisMachineAreRefused(t *testing.T) {
	c := start(t)
	for host, status := range map[string]int{"localhost:8080": 200, "127.0.0.1": 200, "[::1]:6391": 200, "127.9.9.9:1": 200, "evil.example": 403, "evil.example:6391": 403,
		"127.0.0.1.evil.example": 403, "10.0.0.1:6391": 403, "localhost.evil.example": 403} {
		if got := c.visit("GET", "/v1/clock", bearer, "Host: "+host); got.StatusCode != status {
			t.Errorf("Host %s: %s; want %d", host, got.Status, status)
		}
	}
	if got := c.visit("GET", "/?token="+token, "Host: evil.example"); got.StatusCode != http.StatusForbidden || len(got.Cookies) > 0 {
		t.Errorf("the page by another name: %s", got.Status)
	}
}

func TestThePageAllowsNothingFromElsewhere(t *testing.T) {
	c := start(t)
	for _, path := range []string{"/", "/v1/clock", "/v1/none"} {
		header := c.visit("GET", path, c.cookie()).Header
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: no %s in %q", path, want, policy)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") || strings.Contains(policy, "*") {
			t.Errorf("%s: %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", path, header)
		}
	}
	_, page := c.send("GET", "/", "")
	if found := regexp.MustCompile(`(?i)<style|\sstyle=|\son[a-z]+=|<script[^>]*>[^<]|(src|href)="(https?:|//)`).FindString(page); found != "" {
		t.Errorf("the page has %q, which its policy forbids", found)
	}
}

func TestTheControlPortStandsOnLoopbackAlone(t *testing.T) {
	for _, address := range []string{":0", "0.0.0.0:0", "[::]:0", "192.0.2.1:0"} {
		if l, err := control.Listen(address); err == nil {
			l.Close()
			t.Errorf("%s is listened on", address)
		} else if !strings.Contains(err.Error(), "is not a loopback address; want one such as 127.0.0.1:6391") {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"127.0.0.1:0", "localhost:0"} {
		l, err := control.Listen(address)
		if err != nil {
			t.Fatalf("%s: %v", address, err)
		}
		l.Close()
	}
}

func TestTokensThatFitIntoAnAddress(t *testing.T) {
	for token, right := range map[string]bool{"": false, "short": false, "12345678": true, "with space": false, "ümlautümlaut": false, "a&b=c?d#e": false,
		"A.fine-token_1~": true, strings.Repeat("x", 201): false, control.NewToken(): true} {
		if err := control.CheckToken(token); (err == nil) != right {
			t.Errorf("%q: %v", token, err)
		}
	}
	if first, second := control.NewToken(), control.NewToken(); first == second {
		t.Errorf("two new tokens are one: %s", first)
	}
}
