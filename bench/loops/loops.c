/* Built once per instruction set; LOOPS names the table that the unit exports. No intrinsics: vectors are the
 * compiler's own type, as wide as the unit's flags allow, and expf comes from the C library's vector twin where
 * there is one.
 * SPDX-License-Identifier: MIT */
#include "loops/loops.h"

#include <math.h>

#if defined(__AVX512F__)
enum { BYTES = 64 };
#elif defined(__AVX__)
enum { BYTES = 32 };
#else
enum { BYTES = 16 };
#endif
/* Twelve chains cover two units of four cycles each, and fit into sixteen registers together with a and b. */
enum { LANES = BYTES / (int)sizeof(float), CHAINS = 12 };
typedef float vector __attribute__((vector_size(BYTES)));
typedef float unaligned_vector __attribute__((vector_size(BYTES), aligned(4), may_alias));

static float lanes_sum(const vector *v, int count) {
    float sum = 0;
    for (int i = 0; i < count; i++)
        for (int lane = 0; lane < LANES; lane++) sum += v[i][lane];
    return sum;
}

static float fma_chains(int64_t steps) {
    const vector zero = {0}, a = zero + 0.999f, b = zero + 0.001f;
    vector x[CHAINS];
    for (int i = 0; i < CHAINS; i++) x[i] = a * (float)i;
    for (int64_t step = 0; step < steps; step++)
        for (int i = 0; i < CHAINS; i++) x[i] = x[i] * a + b;
    return lanes_sum(x, CHAINS);
}

/* Four places at once, fetched ahead: one stream leaves the memory idle while a page ends. */
static float read_streams(const float *data, int64_t n) {
    enum { STREAMS = 4, LINE = 16, AHEAD = 16 * LINE };
    vector sum[STREAMS] = {0};
    const int64_t part = n / STREAMS;
    for (int64_t i = 0; i < part; i += LINE)
        for (int s = 0; s < STREAMS; s++) {
            const float *line = data + s * part + i;
            __builtin_prefetch(line + AHEAD);
            for (int j = 0; j < LINE; j += LANES) sum[s] += *(const unaligned_vector *)(line + j);
        }
    return lanes_sum(sum, STREAMS);
}

static void softmax(float *row, int64_t n) {
    float largest = row[0], sum = 0;
    for (int64_t i = 1; i < n; i++) largest = row[i] > largest ? row[i] : largest;
    for (int64_t i = 0; i < n; i++) {
        row[i] = expf(row[i] - largest);
        sum += row[i];
    }
    const float factor = 1 / sum;
    for (int64_t i = 0; i < n; i++) row[i] *= factor;
}

void RUN_LLAMA2C(struct llama2c *m, int32_t token, int64_t position, int with_logits);
void RECURRENT_CELLS(int kind, int64_t width, const float *a, const float *u, float *c, float *h);
extern const struct loops LOOPS;
#define TEXT(name)  #name
#define QUOTE(name) TEXT(name)
const struct loops LOOPS = {QUOTE(ISA),     (int64_t)2 * LANES *CHAINS, fma_chains, read_streams, softmax, RUN_LLAMA2C,
                            RECURRENT_CELLS};
