/* Tokens into a cache of the caller's own.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/tensor.h"
#include "base/arith.h"

static sa_status check(struct report *report, const sa_tensor *update, const int64_t *positions, int32_t circular,
                       const sa_tensor *cache) {
    if (!update) return fail_null(report, "update");
    if (!cache) return fail_null(report, "cache");
    const struct expected from = {"update", {-1, -1, -1, -1}, {NULL}, USE_INPUT, 1, 1};
    sa_status status = check_tensor(report, update, &from);
    if (status != SA_OK) return status;
    const struct expected to = {"cache",
                                {update->size[0], update->size[1], -1, update->size[3]},
                                {"update.size[0]", "update.size[1]", NULL, "update.size[3]"},
                                USE_OUTPUT,
                                1,
                                1};
    status = check_tensor(report, cache, &to);
    if (status != SA_OK) return status;
    if (circular & ~1) return fail(report, SA_ERR_VALUE, "circular is %d, must be 0 or 1", (int)circular);
    const int64_t T = update->size[2], S = cache->size[2];
    if (T > S)
        return fail(report, SA_ERR_SHAPE, "update.size[2] is %lld, must be at most cache.size[2], %lld", (long long)T,
                    (long long)S);
    if (!positions && update->size[0]) return fail_null(report, "positions");
    for (int64_t b = 0; b < update->size[0]; b++)
        if (positions[b] < 0 || positions[b] > (circular ? POSITION_MAX : S - T))
            return fail(report, SA_ERR_VALUE, "positions[%lld] is %lld, must be 0 to %lld", (long long)b,
                        (long long)positions[b], (long long)(circular ? POSITION_MAX : S - T));
    return SA_OK;
}

struct scatter {
    struct view from, to;
    const int64_t *positions;
    int64_t H, T, S, D;
};

/* The tokens of one head. */
static void scatter_task(void *job, int64_t task, int32_t worker) {
    const struct scatter *s = job;
    const int64_t b = task / s->H, h = task % s->H;
    (void)worker;
    for (int64_t t = 0; t < s->T; t++) {
        const void *from = view_row(&s->from, b, h, t);
        void *to = view_row(&s->to, b, h, (s->positions[b] + t) % s->S);
        for (int64_t d = 0; d < s->D; d++) view_store(&s->to, to, d, view_load(&s->from, from, d));
    }
}

sa_status sa_tensor_scatter(sa_ctx *ctx, const sa_tensor *update, const int64_t *positions, int32_t circular,
                            const sa_tensor *cache) {
    int64_t tasks = 0;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = check(&ctx->report, update, positions, circular, cache);
    if (status == SA_OK && !checked_mul(update->size[0], update->size[1], &tasks))
        status = fail_overflow(&ctx->report, "the number of heads");
    if (status == SA_OK) {
        struct scatter s = {.from = view_of(update), .to = view_of(cache), .positions = positions};
        s.H = update->size[1], s.T = update->size[2], s.S = cache->size[2], s.D = update->size[3];
        watch_shield(&ctx->watch); /* a cache cannot have its old tokens back */
        tasks_run(&ctx->machine.parallel, s.T && s.D ? tasks : 0, scatter_task, &s);
    }
    return context_leave(ctx, status);
}
