package stats

// window is a long row of cells of which only those around the ones in use take memory. The zero window has none.
type window[T any] struct {
	first int // the number of cells[0]
	cells []T
}

// windowStep is by how many cells a window grows at least.
const windowStep = 64

// at gives cell i, which it makes if need be.
func (w *window[T]) at(i int) *T {
	if j := i - w.first; uint(j) < uint(len(w.cells)) {
		return &w.cells[j]
	}
	w.include(i, i+1)
	return &w.cells[i-w.first]
}

// include grows the window so that it has the cells from low to high-1.
func (w *window[T]) include(low, high int) {
	if low >= high {
		return
	}
	end := w.first + len(w.cells)
	if len(w.cells) == 0 {
		w.first, end = low, low
	}
	if low >= w.first && high <= end {
		return
	}
	first := min(w.first, low/windowStep*windowStep)
	last := max(end, (high+windowStep-1)/windowStep*windowStep)
	cells := make([]T, last-first)
	copy(cells[w.first-first:], w.cells)
	w.first, w.cells = first, cells
}

// reset empties all cells; it keeps their memory.
func (w *window[T]) reset() { clear(w.cells) }
