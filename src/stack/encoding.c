/* SPDX-License-Identifier: MIT */
#include "stack/encoding.h"

#include "base/arith.h"
#include "stack/output.h"
#include "stack/pooling.h"

#include <string.h>

static struct pass first_pass(const struct encoding *e) {
    const sa_encode_args *a = &e->args;
    return (struct pass){.input = {.stack = model_first(e->model),
                                   .B = a->batch,
                                   .T = a->tokens,
                                   .ids = a->ids,
                                   .types = a->types,
                                   .features = a->features},
                         .lengths = a->lengths,
                         .hidden_all = a->hidden_all,
                         .attention = a->attention,
                         .keys = a->tokens};
}

static struct pass second_pass(const struct encoding *e) {
    const sa_encode_args *a = &e->args;
    return (struct pass){.input = {.stack = &e->model->decoder, .B = a->batch, .T = a->targets, .ids = a->target_ids},
                         .lengths = a->target_lengths,
                         .S = a->tokens,
                         .context_lengths = a->lengths,
                         .hidden_all = a->target_hidden_all,
                         .attention = a->target_attention,
                         .keys = a->targets,
                         .cross_attention = a->cross_attention};
}

sa_status encoding_plan(sa_ctx *ctx, struct encoding *e) {
    const sa_encode_args *a = &e->args;
    int64_t end;
    e->first = first_pass(e);
    e->second = second_pass(e);
    sa_status status = pass_plan(ctx, &e->first);
    if (status == SA_OK && a->targets) status = pass_plan(ctx, &e->second);
    if (status != SA_OK) return status;
    const int64_t output = output_bytes(&ctx->machine, e->model, a->batch * max_i64(a->tokens, a->targets));
    e->behind = e->first.layer;
    if (output < 0 || !checked_add(e->behind, a->targets ? e->second.layer : 0, &e->work) ||
        !checked_add(e->behind, e->second.bytes, &end) || !checked_add(e->work, output, &e->bytes))
        return fail_overflow(&ctx->report, "the size of the scratch memory");
    e->bytes = max_i64(e->bytes, max_i64(end, e->first.bytes));
    return SA_OK;
}

static void give(float *out, const float *states, int64_t rows, int64_t width) {
    if (out) memcpy(out, states, (size_t)(rows * width) * sizeof *out);
}

/* What a model without encoder, or an encoder, is asked for besides its states. */
static void give_outputs(sa_ctx *ctx, const struct encoding *e, float *states, void *work) {
    const sa_encode_args *a = &e->args;
    const struct machine *machine = &ctx->machine;
    const int64_t B = a->batch, T = a->tokens, E = model_first(e->model)->config.width;
    give(a->hidden, states, B * T, E);
    if (a->embedding) mean_pool(&machine->parallel, states, a->lengths, B, T, E, a->embedding);
    if (a->pooled) output_pooled(machine, e->model, B, T, states, a->pooled, work);
    if (!a->logits || a->targets) return;
    if (e->model->output.weights)
        output_logits(machine, e->model, B * T, states, a->logits, work);
    else
        output_classes(machine, e->model, B, T, states, a->logits, work);
}

sa_status encoding_run(sa_ctx *ctx, const struct encoding *e, float **states) {
    const sa_encode_args *a = &e->args;
    char *scratch = ctx->scratch;
    float *decoded;
    sa_status status = pass_run(ctx, &e->first, scratch, states);
    if (status != SA_OK) return status;
    give_outputs(ctx, e, *states, scratch + e->work);
    if (!a->targets) return SA_OK;
    struct pass second = e->second;
    second.context = *states;
    status = pass_run(ctx, &second, scratch + e->behind, &decoded);
    if (status != SA_OK) return status;
    give(a->target_hidden, decoded, a->batch * a->targets, e->model->decoder.config.width);
    if (a->logits) output_logits(&ctx->machine, e->model, a->batch * a->targets, decoded, a->logits, scratch + e->work);
    return SA_OK;
}
