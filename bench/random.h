// Exponential delays: a ziggurat of 256 layers on xoshiro256++, as in sim/clock_bench_test.go.
#pragma once
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#define TAIL 7.69711747013104972       // where the lowest layer ends
#define AREA 3.9496598225815571993e-3  // of each layer

static struct {
    uint64_t inside;  // a point with a lower 53-bit draw lies under the curve
    double width;
} layers[256];
static double density[256];
static uint64_t state[4];

static void random_init(uint64_t seed) {
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15u;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
        z = (z ^ z >> 27) * 0x94d049bb133111ebu;
        state[i] = z ^ z >> 31;
    }
    double x = TAIL, below = TAIL, base = AREA / exp(-x);
    layers[0].inside = (uint64_t)(x / base * 0x1p53);
    layers[0].width = base * 0x1p-53;
    layers[255].width = x * 0x1p-53;
    density[0] = 1;
    density[255] = exp(-x);
    for (int i = 254; i >= 1; i--) {
        x = -log(AREA / x + exp(-x));
        layers[i + 1].inside = (uint64_t)(x / below * 0x1p53);
        layers[i].width = x * 0x1p-53;
        density[i] = exp(-x);
        below = x;
    }
}

static inline uint64_t rotate(uint64_t x, int k) { return x << k | x >> (64 - k); }

static inline uint64_t random_next(void) {
    uint64_t *s = state, x = rotate(s[0] + s[3], 23) + s[0], t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return x;
}

static inline double uniform(void) { return (double)(int64_t)(random_next() >> 11) * 0x1p-53; }

// outside settles the rare points that may lie above the curve, and the tail.
static __attribute__((noinline)) double outside(unsigned layer, double x) {
    for (;;) {
        if (layer == 0) return TAIL - log(1 - uniform());
        if (density[layer] + uniform() * (density[layer - 1] - density[layer]) < exp(-x)) return x;
        uint64_t draw = random_next();
        layer = draw & 255;
        x = (double)(int64_t)(draw >> 11) * layers[layer].width;
        if (draw >> 11 < layers[layer].inside) return x;
    }
}

// exponential returns a delay of mean 1.
static inline double exponential(void) {
    uint64_t draw = random_next();
    unsigned layer = draw & 255;
    double x = (double)(int64_t)(draw >> 11) * layers[layer].width;
    if (__builtin_expect(draw >> 11 < layers[layer].inside, true)) return x;
    return outside(layer, x);
}
