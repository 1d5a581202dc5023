package stats

import "iter"

// window is a long row of cells of which only those around the ones in use take memory, a page at a time: values lie close together in
// some places and far apart in others. The zero window has none.
type window[T any] struct {
	first int        // the number of pages[0]
	pages []*page[T] // nil: no cell of it is in use
	made  int        // how many of them are not nil
}

const (
	pageBits = 5
	pageSize = 1 << pageBits
)

type page[T any] [pageSize]T

// at gives cell i, which it makes if need be.
func (w *window[T]) at(i int) *T {
	p := w.page(i)
	if p == nil {
		p = w.add(i)
	}
	return &p[uint(i)%pageSize]
}

// page gives that of cell i; nil if there is none. It is short enough to be compiled into where values are counted.
func (w *window[T]) page(i int) *page[T] {
	if n := uint(i>>pageBits - w.first); n < uint(len(w.pages)) {
		return w.pages[n]
	}
	return nil
}

// add makes the page of cell i.
func (w *window[T]) add(i int) *page[T] {
	n := i >> pageBits
	if len(w.pages) == 0 {
		w.first = n
	}
	if first, end := min(w.first, n), max(w.first+len(w.pages), n+1); end-first > len(w.pages) {
		pages := make([]*page[T], end-first)
		copy(pages[w.first-first:], w.pages)
		w.first, w.pages = first, pages
	}
	p := new(page[T])
	w.pages[n-w.first] = p
	w.made++
	return p
}

// all gives the cells that have memory, ascending, with their numbers.
func (w *window[T]) all() iter.Seq2[int, *T] {
	return func(yield func(int, *T) bool) {
		for n, p := range w.pages {
			if p == nil {
				continue
			}
			for i := range p {
				if !yield((w.first+n)<<pageBits+i, &p[i]) {
					return
				}
			}
		}
	}
}

// cells is how many cells have memory.
func (w *window[T]) cells() int { return w.made * pageSize }

// reset empties all cells; it keeps their memory.
func (w *window[T]) reset() {
	for _, p := range w.pages {
		if p != nil {
			clear(p[:])
		}
	}
}
