/* Sums over chunks of keys that do not depend on the order of the chunks, bit for bit.
 *
 * A row (one query of one head) has a weight, sum of exp(l), and Dv numbers, sums of exp(l) o, over the chunks' results
 * o and log-sum-exps l. A term is f * o * 2^e, with 2^e f = exp(l), 1 <= f <= 2. It belongs to bin floor((e + exponent
 * of the row's largest f * o) / 36), is divided by 2^(36 bin), so that it is below 2^35, and is cut into a whole number
 * and a multiple of 2^-36. The row keeps the sums of both for the highest bin so far. So
 *
 *   - sums are whole multiples of a unit, and exact below 2^53 units: SA_SHARD_CHUNKS terms;
 *   - when a higher bin comes, the whole numbers become the multiples of 2^-36 of the next bin; the rest is dropped. A
 *     term that comes later, and belongs to the bin below, is cut to the same number; one from further below to 0.
 *
 * The idea is that of Demmel and Nguyen, "Fast Reproducible Floating-Point Summation", 2013. Infinities and NaN are
 * added to the whole numbers as they are, and stay. Sums of two sets of chunks can be joined, in any order too.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_RING_SUMS_H
#define SA_FLOW_RING_SUMS_H

#include "plan/machine.h"
#include "plan/problem.h"

/* A row's numbers: these, then its whole numbers [Dv], then its multiples of 2^-36 [Dv]. */
enum { SUMS_WEIGHT, SUMS_WEIGHT_REST, SUMS_WEIGHT_BIN, SUMS_BIN, SUMS_MOST /* largest l */, SUMS_HEAD };

struct sums {
    const struct machine *machine;
    int64_t B, H, T, Dv;
    double *rows; /* [B,H,T][sums_width()] */
};

static inline int64_t sums_width(int64_t Dv) {
    return SUMS_HEAD + 2 * Dv;
}

/* Sums over no chunk. */
void sums_clear(const struct sums *sums);

/* Adds a chunk's results for queries first .. first + count - 1: outputs [B,H,count,Dv], lses [B,H,count]. */
void sums_add(const struct sums *sums, int64_t first, int64_t count, const float *outputs, const float *lses);

/* Adds the rows of sums of the same sizes. */
void sums_join(const struct sums *sums, const double *rows);

/* Writes results. sinks [H] or NULL: as in sa_score_rules. lse->data NULL: not wanted. Changes the sums. */
void sums_finish(const struct sums *sums, const float *sinks, const struct view *output, const struct view *lse);

#endif
