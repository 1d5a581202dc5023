package server

import (
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"
	"time"
)

// page is the part of a list that a call asks for: most items from index first on. Its marker names the list, so that one of another list is
// refused, and brings back the window in time that the list's first page settled, where the list has one.
type page struct {
	first, most int
	list        string
	next        bool      // a page after the first
	from, to    time.Time // whole milliseconds
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
	if !p.read(marker) {
		return p, refuse("InvalidParameterValue", "Invalid value for Marker. Must be one that this list has given")
	}
	return p, nil
}

// read takes over what the marker says; false where this list has given no such marker.
func (p *page) read(marker string) bool {
	text, err := base64.RawURLEncoding.DecodeString(marker)
	fields := strings.Split(string(text), " ")
	if err != nil || len(fields) != 4 || fields[0] != p.list {
		return false
	}
	var numbers [3]int64
	for i, field := range fields[1:] {
		if numbers[i], err = strconv.ParseInt(field, 10, 64); err != nil {
			return false
		}
	}
	p.first, p.next = int(numbers[0]), true
	p.from, p.to = time.UnixMilli(numbers[1]), time.UnixMilli(numbers[2])
	return p.first >= 0
}

// marker is where the next page begins.
func (p *page) marker(next int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%s %d %d %d", p.list, next, p.from.UnixMilli(), p.to.UnixMilli()))
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
