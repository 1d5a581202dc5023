// The yardstick of the hold model: a bare 4-ary heap of 16-byte keys, with nothing around it (no payload, no handle, no
// cancel, no kinds of event). It takes the next event and schedules another after an exponential delay.
// usage: hold PENDING EVENTS; prints nanoseconds per event.
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/mman.h>

#include "key.h"
#include "random.h"

// The root has place 3, so that the children of place p, 4p-8 to 4p-5, are one cache line.
enum { ROOT = 3, HUGE_PAGE = 2 << 20 };
static key *heap;
static size_t size;

static void push(key k) {
    size_t place = ROOT + size++;
    while (place > ROOT) {
        size_t parent = place / 4 + 2;
        if (!before(k, heap[parent])) break;
        heap[place] = heap[parent];
        place = parent;
    }
    heap[place] = k;
}

// least returns the place of the first of four siblings.
static inline size_t least(size_t p) {
    size_t a = p + before(heap[p + 1], heap[p]), b = p + 2 + before(heap[p + 3], heap[p + 2]);
    return before(heap[b], heap[a]) ? b : a;
}

static key pop(void) {
    key first = heap[ROOT], last = heap[ROOT + --size];
    size_t place = ROOT, end = ROOT + size;
    for (;;) {
        size_t child = 4 * place - 8, next = child;
        if (child + 3 < end) {
            next = least(child);
        } else if (child >= end) {
            break;
        } else {
            for (size_t i = child + 1; i < end; i++)
                if (before(heap[i], heap[next])) next = i;
        }
        if (!before(heap[next], last)) break;
        heap[place] = heap[next];
        place = next;
    }
    heap[place] = last;
    return first;
}

static void hold(size_t events, uint64_t *order) {
    uint64_t n = *order;
    for (size_t i = 0; i < events; i++) {
        double now = instant(pop());
        push(make_key(now + exponential(), n++));
    }
    *order = n;
}

int main(int argc, char **argv) {
    if (argc != 3) return 2;
    size_t pending = strtoull(argv[1], 0, 10), events = strtoull(argv[2], 0, 10);
    size_t bytes = ((ROOT + pending + 1) * sizeof(key) + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    heap = aligned_alloc(HUGE_PAGE, bytes);
    if (!heap) return 1;
    madvise(heap, bytes, MADV_HUGEPAGE);

    uint64_t order = 0;
    random_init(42);
    while (size < pending) push(make_key(exponential(), order++));
    hold(3 * pending + 10000, &order);  // to the steady state
    double start = wall_seconds();
    hold(events, &order);
    printf("%.2f\n", (wall_seconds() - start) * 1e9 / (double)events);
}
