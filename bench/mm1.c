// The yardstick of the M/M/1 queue with a load of 0.9: a 4-ary heap sized for it, events as function pointers.
// usage: mm1 CUSTOMERS; prints nanoseconds per customer.
#include <stdlib.h>

#include "key.h"
#include "random.h"

typedef void handler(void);

enum { CELLS = 64, CELL_BITS = 24, LINE = 1 << 10 };
static key heap[CELLS];
static size_t size;
static uint64_t sequence;
static handler *cells[CELLS];
static unsigned free_cells[CELLS], free_count;

static double now;
static double line[LINE];  // ring of the arrivals still in the system
static uint64_t head, tail, to_come;
static double waited;  // by all customers together, until their service began

static void after(double delay, handler *h) {
    unsigned cell = free_cells[--free_count];
    cells[cell] = h;
    key k = make_key(now + delay, sequence++ << CELL_BITS | cell);
    size_t place = size++;
    while (place > 0) {
        size_t parent = (place - 1) / 4;
        if (!before(k, heap[parent])) break;
        heap[place] = heap[parent];
        place = parent;
    }
    heap[place] = k;
}

static key pop(void) {
    key first = heap[0], last = heap[--size];
    size_t place = 0;
    for (;;) {
        size_t child = 4 * place + 1, end = child + 4 < size ? child + 4 : size, next = child;
        if (child >= size) break;
        for (size_t i = child + 1; i < end; i++)
            if (before(heap[i], heap[next])) next = i;
        if (!before(heap[next], last)) break;
        heap[place] = heap[next];
        place = next;
    }
    heap[place] = last;
    return first;
}

static int step(void) {
    if (size == 0) return 0;
    key k = pop();
    unsigned cell = k.order & ((1 << CELL_BITS) - 1);
    free_cells[free_count++] = cell;
    now = instant(k);
    cells[cell]();
    return 1;
}

static void leave(void) {
    if (++head == tail) return;
    waited += now - line[head % LINE];
    after(exponential(), leave);
}

static void arrive(void) {
    line[tail++ % LINE] = now;
    if (tail - head == 1) after(exponential(), leave);
    if (--to_come > 0) after(exponential() / 0.9, arrive);
}

static void run(uint64_t customers) {
    to_come = customers;
    after(exponential() / 0.9, arrive);
    while (step()) {
    }
}

int main(int argc, char **argv) {
    if (argc != 2) return 2;
    uint64_t customers = strtoull(argv[1], 0, 10);
    random_init(42);
    while (free_count < CELLS) free_cells[free_count] = free_count, free_count++;
    run(1000);
    waited = 0;
    double start = wall_seconds();
    run(customers);
    printf("%.2f\n", (wall_seconds() - start) * 1e9 / (double)customers);
    fprintf(stderr, "mean wait %.3f, theory 9\n", waited / (double)customers);
}
