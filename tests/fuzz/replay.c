/* Runs a fuzz target without libFuzzer: on the inputs of its corpus, on beginnings and variations of each, and on
 * random bytes. Usage: replay CORPUS [VARIATIONS]. A corpus is a text: bytes in hexadecimal, inputs separated by empty
 * lines; lines that begin with # are comments.
 * SPDX-License-Identifier: MIT */
#include "fuzz/input.h"

#include <ctype.h>
#include <string.h>

enum { MOST_BYTES = 1 << 16, RANDOM_BYTES = 200 };

static long inputs, runs;

/* In a block of its own size, so that a sanitizer or valgrind sees an overrun. */
static void run(const uint8_t *data, size_t size) {
    uint8_t *copy = calloc(size ? size : 1, 1);
    if (size) memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
    runs++;
}

/* Some bytes are replaced, removed or repeated. */
static void run_variation(const uint8_t *data, size_t size, struct rng *rng) {
    static uint8_t copy[2 * MOST_BYTES];
    memcpy(copy, data, size);
    for (int64_t changes = 1 + rng_below(rng, 4); size && changes > 0; changes--) {
        const size_t at = (size_t)rng_below(rng, (int64_t)size), length = (size_t)rng_below(rng, 8) % (size - at + 1);
        switch (rng_below(rng, 4)) {
        case 0:
            copy[at] = (uint8_t)rng_next(rng);
            break;
        case 1:
            copy[at] = (uint8_t)(copy[at] + (rng_chance(rng, .5) ? 1 : -1));
            break;
        case 2:
            memmove(copy + at, copy + at + length, size - at - length);
            size -= length;
            break;
        default:
            memmove(copy + at + length, copy + at, size - at);
            size += length;
        }
    }
    run(copy, size);
}

static void run_input(const uint8_t *data, size_t size, long variations) {
    struct rng rng = {(uint64_t)++inputs};
    run(data, size);
    run(data, size / 2);
    for (long i = 0; i < variations; i++) run_variation(data, size, &rng);
}

static void run_corpus(FILE *file, long variations) {
    static uint8_t data[MOST_BYTES];
    char line[512];
    size_t size = 0;
    while (fgets(line, sizeof line, file)) {
        if (*line == '#') continue;
        if (*line == '\n' && size) run_input(data, size, variations), size = 0;
        for (const char *c = line; isxdigit((unsigned char)c[0]) && isxdigit((unsigned char)c[1]); c += 2) {
            unsigned byte;
            if (size < MOST_BYTES && sscanf(c, "%2x", &byte) == 1) data[size++] = (uint8_t)byte;
        }
    }
    if (size) run_input(data, size, variations);
}

static void run_random(long count) {
    uint8_t data[RANDOM_BYTES];
    for (long i = 0; i < count; i++) {
        struct rng rng = {(uint64_t)i};
        const size_t size = (size_t)rng_below(&rng, RANDOM_BYTES);
        for (size_t at = 0; at < size; at++) data[at] = (uint8_t)rng_next(&rng);
        run(data, size);
    }
}

int main(int count, char **arguments) {
    if (count < 2) return 2;
    const char *samples = getenv("SELFATTN_TEST_SAMPLES");
    const long variations = count > 2 ? strtol(arguments[2], NULL, 10) : 10;
    FILE *file = fopen(arguments[1], "r");
    if (!file) return perror(arguments[1]), 2;
    LLVMFuzzerInitialize(&count, &arguments);
    run_corpus(file, variations);
    fclose(file);
    run_random(samples ? strtol(samples, NULL, 10) : 400);
    printf("%ld inputs, %ld runs\n", inputs, runs);
    return inputs ? 0 : 1;
}
