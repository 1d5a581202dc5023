package control

import (
	"embed"
	"net/http"
	"strconv"
)

//go:embed assets
var assets embed.FS

// pageRoutes are the files of the page.
func pageRoutes() []route {
	file := func(path, name, kind string) route {
		return route{method: "GET", path: path, write: func(_ *Server, w http.ResponseWriter, _ *http.Request) error {
			text, err := assets.ReadFile("assets/" + name)
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Content-Length", strconv.Itoa(len(text)))
			_, _ = w.Write(text)
			return nil
		}}
	}
	return []route{
		file("/", "page.html", "text/html; charset=utf-8"),
		file("/page.css", "page.css", "text/css; charset=utf-8"),
		file("/page.js", "page.js", "text/javascript; charset=utf-8"),
		file("/fleet.js", "fleet.js", "text/javascript; charset=utf-8"),
		file("/time.js", "time.js", "text/javascript; charset=utf-8"),
		file("/icon.svg", "icon.svg", "image/svg+xml"),
	}
}
