package server

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"
)

// page is the part of a list that a call asks for: most items from index first on. Its marker names the list, so that one of another list is
// refused.
type page struct {
	first, most int
	list        string
	rest        string // what else the marker has to bring back
}

// The sizes of a page (API reference: MaxRecords).
const fewestRecords, mostRecords = 20, 100

// readPage reads MaxRecords and Marker; the list is of that kind, and of whatever the filter says.
func readPage(q *call, kind, filter string) (page, error) {
	p := page{most: q.Int("MaxRecords", fewestRecords, mostRecords, mostRecords), list: listID(kind, strings.ToLower(filter))}
	marker := q.String("Marker")
	if marker == "" {
		return p, nil
	}
	text, err := base64.RawURLEncoding.DecodeString(marker)
	var list string
	if err == nil {
		_, err = fmt.Sscanf(string(text), "%s %d %s", &list, &p.first, &p.rest)
	}
	if err != nil || list != p.list || p.first < 0 {
		return p, refuse("InvalidParameterValue", "Invalid value for Marker. Must be one that this list has given")
	}
	return p, nil
}

// marker is where the next page begins.
func (p *page) marker(next int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %s", p.list, next, cmp.Or(p.rest, "-")))
}

// markerOf is the marker of a list of so many items, of which a page ends before the next one; "" where that is the end.
func (p *page) markerOf(items, next int) string {
	if next >= items {
		return ""
	}
	return p.marker(next)
}

func listID(kind, filter string) string {
	h := fnv.New64a()
	h.Write([]byte(kind + " " + filter))
	return fmt.Sprintf("%x", h.Sum64())
}
