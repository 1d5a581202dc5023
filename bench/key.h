// What the two programs share: keys that place an event in time, and a stopwatch.
#pragma once
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

// Times are not negative, so the bits of a double compare as the number does. On a little-endian machine the two words
// are one 128-bit number whose upper half is the instant.
typedef struct {
    uint64_t order;
    uint64_t at;
} key;

static inline key make_key(double at, uint64_t order) {
    key k = {.order = order};
    memcpy(&k.at, &at, sizeof at);
    return k;
}

static inline double instant(key k) {
    double at;
    memcpy(&at, &k.at, sizeof at);
    return at;
}

// before compares instant and order without a branch.
static inline int before(key a, key b) {
    return ((unsigned __int128)a.at << 64 | a.order) < ((unsigned __int128)b.at << 64 | b.order);
}

static inline double wall_seconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}
