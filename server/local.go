package server

import (
	"net"
	"net/http"
	"strings"

	"failsim/words"
)

// LoopbackHost tells whether the Host of a request, with or without a port, is a loopback address or a name of one: localhost, or below it.
func LoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.ToLower(host)
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return ip != nil && ip.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// checkLocal refuses what a web page can make the browser of this machine send, where no signature tells who calls: no AWS client says that it
// comes from a page, and a page whose name was made to lead here says its own name.
func checkLocal(r *http.Request) error {
	denied := func(header, value string) error {
		e := refuse("AccessDenied", "A request of a web page, by its header %s: %s. Without --credentials failsim answers local clients alone.",
			header, words.Quote(value))
		e.Status = http.StatusForbidden
		return e
	}
	if !LoopbackHost(r.Host) {
		return denied("Host", r.Host)
	}
	if origin := r.Header.Values("Origin"); len(origin) > 0 {
		return denied("Origin", origin[0])
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" && site != "none" {
		return denied("Sec-Fetch-Site", site)
	}
	return nil
}
