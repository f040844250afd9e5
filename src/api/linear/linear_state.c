/* The calls on sa_linear_state.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/tensor.h"
#include "linear/state.h"

#include <stddef.h>
#include <string.h>

/* ---- making */

static sa_status check_size(struct report *report, const char *name, int64_t value) {
    if (value >= 1 && value <= INT32_MAX) return SA_OK;
    return fail(report, value < 1 ? SA_ERR_VALUE : SA_ERR_OVERFLOW, "%s is %lld, must be 1 to 2^31 - 1", name,
                (long long)value);
}

static sa_status take_config(struct report *report, const sa_linear_state_config *config, struct sa_linear_state *s) {
    sa_linear_state_config g;
    if (!config) return fail_null(report, "config");
    sa_status status = take_struct(report, "sa_linear_state_config", config, &g, sizeof g,
                                   offsetof(sa_linear_state_config, value_head_size));
    if (status == SA_OK) status = check_size(report, "batch", g.batch);
    if (status == SA_OK) status = check_size(report, "kv_heads", g.kv_heads);
    if (status == SA_OK) status = check_size(report, "head_size", g.head_size);
    if (status == SA_OK && g.value_head_size) status = check_size(report, "value_head_size", g.value_head_size);
    if (status != SA_OK) return status;
    if ((g.normalised & ~1) || g.reserved)
        return fail(report, SA_ERR_VALUE, "normalised is %d, must be 0 or 1; reserved is %d, must be 0",
                    (int)g.normalised, (int)g.reserved);
    s->B = g.batch, s->K = g.kv_heads, s->normalised = g.normalised;
    s->Dv = g.value_head_size ? g.value_head_size : g.head_size;
    if (!linear_sizes_of(g.head_size, s->Dv, s->normalised, &s->sizes, &s->head_floats))
        return fail_overflow(report, "the size of a state");
    return SA_OK;
}

static sa_status state_create(sa_ctx *ctx, const sa_linear_state_config *config, sa_linear_state **state) {
    struct sa_linear_state made = {.memory = ctx->memory};
    int64_t heads, floats;
    if (!state) return fail_null(&ctx->report, "state");
    sa_status status = take_config(&ctx->report, config, &made);
    if (status != SA_OK) return status;
    if (!checked_mul(made.B, made.K, &heads) || !checked_mul(heads, made.head_floats, &floats) ||
        !checked_mul(floats, sizeof(float), &floats))
        return fail_overflow(&ctx->report, "the size of a state");
    made.data = memory_allocate(&ctx->memory, floats, 1);
    if (!made.data) return fail_memory(&ctx->report, floats, "a state");
    *state = memory_allocate(&ctx->memory, 1, sizeof made);
    if (!*state) {
        memory_release(&ctx->memory, made.data, floats, 1);
        return fail_memory(&ctx->report, sizeof made, "a state");
    }
    **state = made;
    return sa_linear_state_clear(*state, -1);
}

sa_status sa_linear_state_create(sa_ctx *ctx, const sa_linear_state_config *config, sa_linear_state **state) {
    if (state) *state = NULL;
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, state_create(ctx, config, state)) : status;
}

uint64_t sa_linear_state_bytes(const sa_linear_state *s) {
    return s ? (uint64_t)(s->B * s->K * s->head_floats) * sizeof(float) : 0;
}

void sa_linear_state_destroy(sa_linear_state **state) {
    if (!state || !*state) return;
    struct allocator memory = (*state)->memory;
    memory_release(&memory, (*state)->data, (int64_t)sa_linear_state_bytes(*state), 1);
    memory_release(&memory, *state, 1, sizeof **state);
    *state = NULL;
}

/* ---- copying */

static sa_status check_sequence(const struct sa_linear_state *s, const char *name, int64_t sequence) {
    if (sequence >= -1 && sequence < s->B) return SA_OK;
    return fail(thread_report(), SA_ERR_VALUE, "%s is %lld, must be -1 to %lld", name, (long long)sequence,
                (long long)s->B - 1);
}

static sa_status check_copy(const struct sa_linear_state *from, int64_t from_sequence, const struct sa_linear_state *to,
                            int64_t to_sequence) {
    struct report *report = thread_report();
    sa_status status = check_sequence(from, "from_sequence", from_sequence);
    if (status == SA_OK) status = check_sequence(to, "to_sequence", to_sequence);
    if (status != SA_OK) return status;
    if ((from_sequence == -1) != (to_sequence == -1))
        return fail(report, SA_ERR_VALUE, "from_sequence is %lld and to_sequence %lld: both are -1 or none",
                    (long long)from_sequence, (long long)to_sequence);
    if (from->K == to->K && from->sizes.features == to->sizes.features && from->Dv == to->Dv &&
        from->normalised == to->normalised && (from_sequence != -1 || from->B == to->B))
        return SA_OK;
    return fail(report, SA_ERR_SHAPE,
                "from has B %lld, K %lld, D %lld, Dv %lld, normalised %d, but to B %lld, K %lld, D %lld, Dv %lld, "
                "normalised %d",
                (long long)from->B, (long long)from->K, (long long)from->sizes.features, (long long)from->Dv,
                from->normalised, (long long)to->B, (long long)to->K, (long long)to->sizes.features, (long long)to->Dv,
                to->normalised);
}

sa_status sa_linear_state_copy(const sa_linear_state *from, int64_t from_sequence, sa_linear_state *to,
                               int64_t to_sequence) {
    if (!from) return fail_null(thread_report(), "from");
    if (!to) return fail_null(thread_report(), "to");
    sa_status status = check_copy(from, from_sequence, to, to_sequence);
    if (status != SA_OK) return status;
    const int64_t floats = from->K * from->head_floats, all = from_sequence == -1;
    const float *source = from->data + (all ? 0 : from_sequence * floats);
    float *target = to->data + (all ? 0 : to_sequence * floats);
    if (source != target) memcpy(target, source, (size_t)((all ? from->B : 1) * floats) * sizeof *target);
    return SA_OK;
}

sa_status sa_linear_state_clear(sa_linear_state *s, int64_t sequence) {
    if (!s) return fail_null(thread_report(), "state");
    sa_status status = check_sequence(s, "sequence", sequence);
    if (status != SA_OK) return status;
    const int64_t first = sequence == -1 ? 0 : sequence, last = sequence == -1 ? s->B - 1 : sequence;
    for (int64_t b = first; b <= last; b++)
        for (int64_t k = 0; k < s->K; k++) {
            const struct linear_head head = linear_state_head(s, b, k);
            linear_head_clear(&head, &s->sizes);
        }
    return SA_OK;
}

/* ---- numbers in and out */

struct numbers {
    const sa_tensor *sums, *totals, *shifts; /* NULL: absent */
    struct view sums_view, totals_view, shifts_view;
};

static const sa_tensor *present(const sa_tensor *t) {
    return t && t->data ? t : NULL;
}

static sa_status take_numbers(const struct sa_linear_state *s, struct numbers *n, enum use use) {
    struct report *report = thread_report();
    if (!s) return fail_null(report, "state");
    if (!n->sums) return fail_null(report, "sums");
    const char *of[] = {"the state's batch", "the state's kv_heads", "the state's head_size",
                        "the state's value_head_size"};
    const struct expected sums = {"sums", {s->B, s->K, s->sizes.features, s->Dv}, {of[0], of[1], of[2], of[3]}, use, 1,
                                  1};
    const struct expected totals = {"totals", {s->B, s->K, s->sizes.features, 1}, {of[0], of[1], of[2]}, use, 1, 1};
    const struct expected shifts = {"shifts", {s->B, s->K, 1, 1}, {of[0], of[1]}, use, 0, 1};
    if (!n->totals != !s->normalised)
        return fail(report, n->totals ? SA_ERR_VALUE : SA_ERR_NULL, "totals is %s, but the state is %snormalised",
                    n->totals ? "given" : "NULL", s->normalised ? "" : "not ");
    sa_status status = check_tensor(report, n->sums, &sums);
    if (status == SA_OK && n->totals) status = check_tensor(report, n->totals, &totals);
    if (status == SA_OK && n->shifts) status = check_tensor(report, n->shifts, &shifts);
    if (status != SA_OK) return status;
    n->sums_view = view_of(n->sums);
    if (n->totals) n->totals_view = view_of(n->totals);
    if (n->shifts) n->shifts_view = view_of(n->shifts);
    return SA_OK;
}

/* A head without tokens has a shift of -infinity, so that any first key sets it. */
static float shift_of(const struct linear_head *head) {
    return *head->shift > -__builtin_inff() ? *head->shift : 0;
}

static void read_head(const struct sa_linear_state *s, const struct numbers *n, int64_t b, int64_t k) {
    const struct linear_head head = linear_state_head(s, b, k);
    for (int64_t d = 0; d < s->sizes.features; d++) {
        void *row = view_row(&n->sums_view, b, k, d);
        for (int64_t c = 0; c < s->Dv; c++) view_store(&n->sums_view, row, c, linear_head_get(&head, &s->sizes, d, c));
        if (n->totals)
            view_store(&n->totals_view, view_row(&n->totals_view, b, k, d), 0,
                       linear_head_get(&head, &s->sizes, d, s->Dv));
    }
    if (n->shifts) view_store(&n->shifts_view, view_row(&n->shifts_view, b, k, 0), 0, shift_of(&head));
}

static void write_head(const struct sa_linear_state *s, const struct numbers *n, int64_t b, int64_t k) {
    const struct linear_head head = linear_state_head(s, b, k);
    linear_head_clear(&head, &s->sizes);
    for (int64_t d = 0; d < s->sizes.features; d++) {
        const void *row = view_row(&n->sums_view, b, k, d);
        for (int64_t c = 0; c < s->Dv; c++) head.sums[panel_at(&s->sizes, d, c)] = view_load(&n->sums_view, row, c);
        if (n->totals)
            head.sums[panel_at(&s->sizes, d, s->Dv)] =
                view_load(&n->totals_view, view_row(&n->totals_view, b, k, d), 0);
    }
    *head.shift = n->shifts ? view_load(&n->shifts_view, view_row(&n->shifts_view, b, k, 0), 0) : 0;
}

sa_status sa_linear_state_read(const sa_linear_state *s, const sa_tensor *sums, const sa_tensor *totals,
                               const sa_tensor *shifts) {
    struct numbers n = {.sums = present(sums), .totals = present(totals), .shifts = present(shifts)};
    sa_status status = take_numbers(s, &n, USE_OUTPUT);
    if (status != SA_OK) return status;
    for (int64_t i = 0; i < s->B * s->K && !n.shifts; i++) {
        const struct linear_head head = linear_state_head(s, i / s->K, i % s->K);
        if (shift_of(&head) != 0)
            return fail(thread_report(), SA_ERR_UNSUPPORTED,
                        "shifts is NULL, but that of sequence %lld, head %lld is %g", (long long)(i / s->K),
                        (long long)(i % s->K), (double)shift_of(&head));
    }
    for (int64_t i = 0; i < s->B * s->K; i++) read_head(s, &n, i / s->K, i % s->K);
    return SA_OK;
}

sa_status sa_linear_state_write(sa_linear_state *s, const sa_tensor *sums, const sa_tensor *totals,
                                const sa_tensor *shifts) {
    struct numbers n = {.sums = present(sums), .totals = present(totals), .shifts = present(shifts)};
    sa_status status = take_numbers(s, &n, USE_INPUT);
    for (int64_t i = 0; status == SA_OK && i < s->B * s->K; i++) write_head(s, &n, i / s->K, i % s->K);
    return status;
}
