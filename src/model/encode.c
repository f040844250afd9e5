/* The rules of sa_encode_args.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "model/encoder.h"

#include <stddef.h>

/* Sizes, and that every output can be addressed. */
static sa_status check_sizes(struct report *report, const sa_encode_args *a, const struct model_config *c) {
    if (a->batch < 0) return fail(report, SA_ERR_VALUE, "batch is %lld", (long long)a->batch);
    if (a->tokens < 1) return fail(report, SA_ERR_VALUE, "tokens is %lld, must be at least 1", (long long)a->tokens);
    if (a->tokens > c->positions)
        return fail(report, SA_ERR_SHAPE, "tokens is %lld, the model's longest sequence has %lld", (long long)a->tokens,
                    (long long)c->positions);
    int64_t rows, hidden, attention;
    if (checked_mul(a->batch, a->tokens, &rows) && checked_mul(rows, c->width, &hidden) &&
        checked_mul(hidden, (c->layers + 1) * (int64_t)sizeof(float), &hidden) &&
        checked_mul(rows, a->tokens, &attention) &&
        checked_mul(attention, c->heads * c->layers * (int64_t)sizeof(float), &attention))
        return SA_OK;
    return fail(report, SA_ERR_OVERFLOW, "batch %lld and tokens %lld: the outputs do not fit an address",
                (long long)a->batch, (long long)a->tokens);
}

static sa_status check_lengths(struct report *report, const sa_encode_args *a) {
    for (int64_t b = 0; a->lengths && b < a->batch; b++)
        if (a->lengths[b] < 1 || a->lengths[b] > a->tokens)
            return fail(report, SA_ERR_VALUE, "lengths[%lld] is %lld, must be 1 to tokens = %lld", (long long)b,
                        (long long)a->lengths[b], (long long)a->tokens);
    return SA_OK;
}

static sa_status check_numbers(struct report *report, const sa_encode_args *a, const char *name, const int32_t *numbers,
                               int64_t limit) {
    for (int64_t i = 0; numbers && i < a->batch * a->tokens; i++)
        if (numbers[i] < 0 || numbers[i] >= limit)
            return fail(report, SA_ERR_VALUE, "%s of sequence %lld, token %lld is %d, must be 0 to %lld", name,
                        (long long)(i / a->tokens), (long long)(i % a->tokens), (int)numbers[i], (long long)limit - 1);
    return SA_OK;
}

static sa_status take_encoding(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args, int data_needed,
                               struct encoding *e) {
    struct report *report = &ctx->report;
    if (!model) return fail_null(report, "model");
    if (!args) return fail_null(report, "args");
    *e = (struct encoding){.model = model};
    sa_encode_args *a = &e->args;
    sa_status status = take_struct(report, "sa_encode_args", args, a, sizeof *a, offsetof(sa_encode_args, lengths));
    if (status == SA_OK) status = check_sizes(report, a, &model->config);
    if (status == SA_OK) status = check_lengths(report, a);
    if (status == SA_OK && data_needed) {
        if (!a->ids && a->batch) status = fail_null(report, "ids");
        if (status == SA_OK) status = check_numbers(report, a, "the id", a->ids, model->config.vocabulary);
        if (status == SA_OK) status = check_numbers(report, a, "the type", a->types, model->config.types);
    }
    return status == SA_OK ? encoding_plan(ctx, e) : status;
}

sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) {
    struct encoding e;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = take_encoding(ctx, model, args, 1, &e);
    if (status == SA_OK) status = context_reserve(ctx, e.bytes);
    if (status == SA_OK && e.args.batch) status = encoding_run(ctx, &e);
    return context_leave(ctx, status);
}

sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                         uint64_t *bytes) {
    struct encoding e;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = bytes ? take_encoding(ctx, model, args, 0, &e) : fail_null(&ctx->report, "bytes");
    if (bytes) *bytes = status == SA_OK ? (uint64_t)e.bytes : 0;
    return context_leave(ctx, status);
}
