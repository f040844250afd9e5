/* Directions of random features.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "base/ledger.h"
#include "blas/lapack.h"
#include "kernel/linear.h"
#include "linear/random.h"

#include <math.h>
#include <stddef.h>

/* ---- numbers from a seed */

/* Number i of the stream (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014). */
static uint64_t mixed(uint64_t seed, uint64_t i) {
    uint64_t z = seed + (i + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

/* Normal number i (Box and Muller, 1958). Rounded to float, so that the last bits of a C library's logarithm and cosine
 * do not matter. */
static double normal(uint64_t seed, uint64_t i) {
    const double u = (double)((mixed(seed, 2 * i) >> 11) + 1) * 0x1p-53, v = (double)(mixed(seed, 2 * i + 1) >> 11);
    return (double)(float)(sqrt(-2 * log(u)) * cos(0x1.921fb54442d18p+2 * v * 0x1p-53));
}

/* The length of a vector of D normal numbers. */
static double length(uint64_t seed, uint64_t first, int64_t D) {
    double squares = 0;
    for (int64_t d = 0; d < D; d++) squares += normal(seed, first + (uint64_t)d) * normal(seed, first + (uint64_t)d);
    return sqrt(squares);
}

/* ---- directions */

/* Where direction j begins in the stream: its own D numbers, and behind those of all directions D for its length. */
static uint64_t begins(const struct sa_random_features *f, int64_t j) {
    return (uint64_t)(j * f->D);
}

/* Directions first .. first + D: orthogonal, with the lengths of independent ones. `block` has D columns. */
static const char *orthogonal_block(struct sa_random_features *f, uint64_t seed, int64_t first, double *block,
                                    double *work) {
    const int64_t D = f->D, whole = round_up(f->m, D);
    for (int64_t i = 0; i < D * D; i++) block[i] = normal(seed, begins(f, first) + (uint64_t)i);
    const char *why = lapack_orthogonal(block, D, work);
    for (int64_t j = 0; j < D && first + j < f->m && !why; j++) {
        const double norm = length(seed, begins(f, whole + first + j), D);
        for (int64_t d = 0; d < D; d++) f->projection[d * f->row + first + j] = (float)(norm * block[j * D + d]);
    }
    return why;
}

static sa_status make_orthogonal(sa_ctx *ctx, struct sa_random_features *f, uint64_t seed) {
    struct ledger l = {.title = "random features"};
    const int64_t block = ledger_book(&l, "block", f->D, f->D, sizeof(double)),
                  work = ledger_book(&l, "work", f->D, LAPACK_WORK, sizeof(double));
    const char *why = NULL;
    if (!ledger_fits(&l)) return fail_overflow(&ctx->report, "the size of the scratch memory");
    sa_status status = context_reserve(ctx, l.bytes);
    if (status != SA_OK) return status;
    char *scratch = ctx->scratch;
    ledger_open(&l, scratch);
    for (int64_t first = 0; first < f->m && !why; first += f->D)
        why = orthogonal_block(f, seed, first, (double *)(scratch + block), (double *)(scratch + work));
    ledger_close(&l, scratch);
    return why ? fail(&ctx->report, SA_ERR_UNSUPPORTED, "no orthogonal features: %s", why) : SA_OK;
}

static void make_independent(struct sa_random_features *f, uint64_t seed) {
    for (int64_t j = 0; j < f->m; j++)
        for (int64_t d = 0; d < f->D; d++)
            f->projection[d * f->row + j] = (float)normal(seed, begins(f, j) + (uint64_t)d);
}

/* ---- calls */

static sa_status take_config(struct report *report, const sa_random_features_config *config,
                             sa_random_features_config *g) {
    enum { MOST = 1 << 20 };
    if (!config) return fail_null(report, "config");
    sa_status status = take_struct(report, "sa_random_features_config", config, g, sizeof *g,
                                   offsetof(sa_random_features_config, seed));
    if (status != SA_OK) return status;
    if (g->count < 1 || g->count > MOST || g->head_size < 1 || g->head_size > MOST)
        return fail(report, SA_ERR_VALUE, "count is %lld and head_size %lld, must be 1 to 2^20", (long long)g->count,
                    (long long)g->head_size);
    if ((g->independent & ~1) || g->reserved)
        return fail(report, SA_ERR_VALUE, "independent is %d, must be 0 or 1; reserved is %d, must be 0",
                    (int)g->independent, (int)g->reserved);
    return SA_OK;
}

static sa_status create(sa_ctx *ctx, const sa_random_features_config *config, sa_random_features **features) {
    sa_random_features_config g;
    if (!features) return fail_null(&ctx->report, "features");
    sa_status status = take_config(&ctx->report, config, &g);
    if (status != SA_OK) return status;
    struct sa_random_features *f = memory_allocate(&ctx->memory, 1, sizeof *f);
    if (!f) return fail_memory(&ctx->report, sizeof *f, "random features");
    *f = (struct sa_random_features){.memory = ctx->memory, .m = g.count, .D = g.head_size};
    f->row = round_up(f->m, LINEAR_UNIT);
    f->projection = memory_allocate(&ctx->memory, f->D * f->row, sizeof(float));
    if (!f->projection)
        status = fail_memory(&ctx->report, f->D * f->row * (int64_t)sizeof(float), "random features");
    else if (g.independent)
        make_independent(f, g.seed);
    else
        status = make_orthogonal(ctx, f, g.seed);
    if (status != SA_OK) sa_random_features_destroy(&f);
    *features = f;
    return status;
}

sa_status sa_random_features_create(sa_ctx *ctx, const sa_random_features_config *config,
                                    sa_random_features **features) {
    if (features) *features = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, create(ctx, config, features)) : status;
}

void sa_random_features_destroy(sa_random_features **features) {
    if (!features || !*features) return;
    struct allocator memory = (*features)->memory;
    memory_release(&memory, (*features)->projection, (*features)->D * (*features)->row, sizeof(float));
    memory_release(&memory, *features, 1, sizeof **features);
    *features = NULL;
}

sa_status sa_random_features_read(const sa_random_features *f, float *directions) {
    if (!f) return fail_null(thread_report(), "features");
    if (!directions) return fail_null(thread_report(), "directions");
    for (int64_t j = 0; j < f->m; j++)
        for (int64_t d = 0; d < f->D; d++) directions[j * f->D + d] = f->projection[d * f->row + j];
    return SA_OK;
}
