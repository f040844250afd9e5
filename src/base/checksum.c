/* SPDX-License-Identifier: MIT */
#include "base/checksum.h"

#include "base/arith.h"
#include "base/little_endian.h"

#include <string.h>

#define PRIME_1 0x9e3779b185ebca87u
#define PRIME_2 0xc2b2ae3d27d4eb4fu
#define PRIME_3 0x165667b19e3779f9u
#define PRIME_4 0x85ebca77c2b2ae63u
#define PRIME_5 0x27d4eb2f165667c5u

static uint64_t rotate(uint64_t n, int bits) {
    return n << bits | n >> (64 - bits);
}

static uint64_t mix(uint64_t lane, uint64_t word) {
    return rotate(lane + word * PRIME_2, 31) * PRIME_1;
}

void checksum_begin(struct checksum *s) {
    *s = (struct checksum){.lanes = {PRIME_1 + PRIME_2, PRIME_2, 0, 0 - PRIME_1}};
}

static void add_stripe(struct checksum *s, const unsigned char *p) {
    for (int i = 0; i < 4; i++) s->lanes[i] = mix(s->lanes[i], load_little(p + 8 * i, 8));
}

void checksum_add(struct checksum *s, const void *bytes, int64_t count) {
    const unsigned char *p = bytes;
    while (count > 0) {
        const int64_t at = s->bytes % CHECKSUM_STRIPE, more = min_i64(CHECKSUM_STRIPE - at, count);
        if (more == CHECKSUM_STRIPE) {
            add_stripe(s, p);
        } else {
            memcpy(s->rest + at, p, (size_t)more);
            if (at + more == CHECKSUM_STRIPE) add_stripe(s, s->rest);
        }
        p += more, count -= more, s->bytes += more;
    }
}

static uint64_t join_lanes(const struct checksum *s) {
    if (s->bytes < CHECKSUM_STRIPE) return PRIME_5;
    uint64_t sum = rotate(s->lanes[0], 1) + rotate(s->lanes[1], 7) + rotate(s->lanes[2], 12) + rotate(s->lanes[3], 18);
    for (int i = 0; i < 4; i++) sum = (sum ^ mix(0, s->lanes[i])) * PRIME_1 + PRIME_4;
    return sum;
}

uint64_t checksum_of(const struct checksum *s) {
    const unsigned char *p = s->rest, *end = p + s->bytes % CHECKSUM_STRIPE;
    uint64_t sum = join_lanes(s) + (uint64_t)s->bytes;
    for (; end - p >= 8; p += 8) sum = rotate(sum ^ mix(0, load_little(p, 8)), 27) * PRIME_1 + PRIME_4;
    for (; end - p >= 4; p += 4) sum = rotate(sum ^ load_little(p, 4) * PRIME_1, 23) * PRIME_2 + PRIME_3;
    for (; end > p; p++) sum = rotate(sum ^ *p * PRIME_5, 11) * PRIME_1;
    sum = (sum ^ sum >> 33) * PRIME_2;
    sum = (sum ^ sum >> 29) * PRIME_3;
    return sum ^ sum >> 32;
}
