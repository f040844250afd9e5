/* The rules of sa_encode_args.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "stack/checks.h"
#include "stack/model_pass.h"
#include "stack/output.h"
#include "stack/pooler.h"

#include <stddef.h>

/* Whether the decoder reads the text itself, so that its state can be classified. */
static int rereads(const sa_encode_args *a, const struct sa_model *model) {
    return a->logits && model_rereads(model);
}

/* Checks sizes, and whether every output can be addressed. */
static sa_status check_sizes(struct report *report, const sa_encode_args *a, const struct sa_model *model) {
    const struct stack_config *c = &model_first(model)->config, *d = &model->decoder.config;
    const int64_t B = a->batch, T = a->tokens, U = a->targets;
    if (B < 0) return fail(report, SA_ERR_VALUE, "batch is %lld, must be at least 0", (long long)B);
    sa_status status = check_tokens(report, "tokens", T, c->positions.limit);
    if (status == SA_OK && U) status = check_tokens(report, "targets", U, d->positions.limit);
    if (status == SA_OK && rereads(a, model)) status = check_tokens(report, "tokens", T, d->positions.limit);
    if (status != SA_OK) return status;
    if (floats_fit(c->layers + 1, B, T, c->width, 1) && floats_fit(c->layers, B, c->heads, T, T) &&
        floats_fit(c->layers, B, c->heads, T, max_i64(c->head_size, a->strongest)) &&
        floats_fit(1, B, max_i64(T, U), max_i64(output_width(model), 1), 1) &&
        floats_fit(1, B, max_i64(model->sentence.width, 1), 1, 1) &&
        (!U || (floats_fit(d->layers + 1, B, U, d->width, 1) && floats_fit(d->layers, B, d->heads, U, max_i64(T, U)))))
        return SA_OK;
    return fail(report, SA_ERR_OVERFLOW, "batch %lld and tokens %lld: the outputs do not fit an address", (long long)B,
                (long long)T);
}

/* Checks whether the model has the requested outputs. */
static sa_status check_kind(struct report *report, const sa_encode_args *a, const struct sa_model *model) {
    const struct input_config *in = &model_first(model)->config.input;
    const int both = model->encoder.config.name && model->decoder.config.name;
    if (a->features && in->kind == INPUT_TOKENS) return fail_lack(report, model, "features: it takes ids");
    if (a->ids && in->kind != INPUT_TOKENS) return fail_lack(report, model, "ids: it takes features");
    if (a->types && !in->types) return fail_lack(report, model, "types");
    if (a->embedding && *model->sentence.refused.text)
        return fail(report, SA_ERR_UNSUPPORTED, "this model's embedding: %.300s", model->sentence.refused.text);
    if (a->pooled && !model_is_pooled(model)) return fail_lack(report, model, "pooler");
    if (!both && (a->targets || a->target_ids || a->target_lengths || a->target_hidden || a->target_hidden_all ||
                  a->target_attention || a->cross_attention))
        return fail_lack(report, model, "targets: it is not an encoder with a decoder");
    if (!a->targets && (a->target_ids || a->target_lengths))
        return fail(report, SA_ERR_VALUE, "targets is 0, but %s is given",
                    a->target_ids ? "target_ids" : "target_lengths");
    if (!a->targets && (a->target_hidden || a->target_hidden_all || a->target_attention || a->cross_attention))
        return fail(report, SA_ERR_VALUE, "targets is 0, but outputs of the decoder are wanted");
    if (rereads(a, model) && a->targets)
        return fail(report, SA_ERR_VALUE,
                    "targets is %lld, but logits are wanted, and the decoder of a classifier reads the text itself",
                    (long long)a->targets);
    if (a->logits && both && !a->targets && !rereads(a, model))
        return fail(report, SA_ERR_VALUE, "targets is 0, but logits are wanted, which the decoder makes");
    if (a->logits && !output_width(model)) return fail_lack(report, model, "logits");
    return SA_OK;
}

static sa_status check_summaries(struct report *report, const sa_encode_args *a) {
    if (a->strongest < 0 || a->strongest > SA_STRONGEST_MOST)
        return fail(report, SA_ERR_VALUE, "strongest is %lld, must be 0 to %d", (long long)a->strongest,
                    SA_STRONGEST_MOST);
    if (a->strongest && (!a->strongest_weights || !a->strongest_keys))
        return fail_null(report, a->strongest_keys ? "strongest_weights" : "strongest_keys");
    if (!a->strongest && (a->strongest_weights || a->strongest_keys))
        return fail(report, SA_ERR_VALUE, "strongest is 0, but strongest_%s is given",
                    a->strongest_keys ? "keys" : "weights");
    return SA_OK;
}

/* What a classifier behind a decoder needs: ids that the decoder knows, and an end token in each text. */
static sa_status check_reread(struct report *report, const sa_encode_args *a, const struct sa_model *model) {
    const struct model_config *c = &model->config;
    sa_status status =
        check_numbers(report, "the decoder's id", a->ids, a->batch, a->tokens, c->decoder.input.vocabulary);
    for (int64_t b = 0; b < a->batch && status == SA_OK; b++) {
        const int64_t count = a->lengths ? a->lengths[b] : a->tokens;
        if (pooler_last_end(c, a->ids + b * a->tokens, count) < 0)
            status = fail(report, SA_ERR_VALUE, "text %lld has no end token (%lld), whose state is classified",
                          (long long)b, (long long)c->end_tokens[0]);
    }
    return status;
}

static sa_status check_data(struct report *report, const sa_encode_args *a, const struct sa_model *model) {
    const struct input_config *in = &model_first(model)->config.input;
    if (a->batch && in->kind == INPUT_TOKENS && !a->ids) return fail_null(report, "ids");
    if (a->batch && in->kind != INPUT_TOKENS && !a->features) return fail_null(report, "features");
    if (a->batch && a->targets && !a->target_ids) return fail_null(report, "target_ids");
    sa_status status = check_numbers(report, "the id", a->ids, a->batch, a->tokens, in->vocabulary);
    if (status == SA_OK) status = check_numbers(report, "the type", a->types, a->batch, a->tokens, in->types);
    if (status == SA_OK && rereads(a, model)) status = check_reread(report, a, model);
    if (status != SA_OK || !a->targets) return status;
    return check_numbers(report, "the target id", a->target_ids, a->batch, a->targets,
                         model->decoder.config.input.vocabulary);
}

static struct pass first_pass(const struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    return (struct pass){.input = {.stack = model_first(m->model),
                                   .B = a->batch,
                                   .T = a->tokens,
                                   .ids = a->ids,
                                   .types = a->types,
                                   .lengths = a->lengths,
                                   .features = a->features,
                                   .width = a->feature_width},
                         .lengths = a->lengths,
                         .hidden_all = a->hidden_all,
                         .mix = a->logits ? m->model->layer_mix : NULL,
                         .attention = a->attention,
                         .keys = a->tokens,
                         .score_queries = a->queries,
                         .score_keys = a->keys,
                         .entropy = a->entropy,
                         .strongest = a->strongest,
                         .strongest_weights = a->strongest_weights,
                         .strongest_keys = a->strongest_keys};
}

static struct pass second_pass(const struct model_pass *m) {
    const sa_encode_args *a = &m->args;
    if (m->rereads)
        return (struct pass){.input = {.stack = &m->model->decoder, .B = a->batch, .T = a->tokens},
                             .lengths = a->lengths,
                             .S = a->tokens,
                             .context_lengths = a->lengths,
                             .keys = a->tokens};
    return (struct pass){.input = {.stack = &m->model->decoder, .B = a->batch, .T = a->targets, .ids = a->target_ids},
                         .lengths = a->target_lengths,
                         .S = a->tokens,
                         .context_lengths = a->lengths,
                         .hidden_all = a->target_hidden_all,
                         .attention = a->target_attention,
                         .keys = a->targets,
                         .cross_attention = a->cross_attention};
}

/* How wide the features are, and how many tokens they become; 0: it takes ids. */
static sa_status take_width(struct report *report, const struct input_config *c, sa_encode_args *a, int64_t *tokens) {
    const long long given = a->feature_width;
    *tokens = input_tokens(c);
    if (c->kind == INPUT_CONVOLUTIONS) {
        if (given < 1 || given > GEMM_MAX)
            return fail(report, SA_ERR_VALUE, "feature_width is %lld, must be 1 to %lld", given, (long long)GEMM_MAX);
        *tokens = convolution_tokens(&c->convolutions, a->feature_width);
        if (*tokens) return SA_OK;
        return fail(report, SA_ERR_SHAPE, "feature_width is %lld, which is too short for a token", given);
    }
    if (given && given != c->width)
        return fail(report, SA_ERR_SHAPE, "feature_width is %lld, the model's is %lld", given, (long long)c->width);
    a->feature_width = c->width;
    return SA_OK;
}

sa_status model_pass_take(struct report *report, const sa_model *model, const sa_encode_args *args, int data_needed,
                          struct model_pass *m) {
    if (!model) return fail_null(report, "model");
    if (!args) return fail_null(report, "args");
    *m = (struct model_pass){.model = model};
    sa_encode_args *a = &m->args;
    sa_status status = take_struct(report, "sa_encode_args", args, a, sizeof *a, offsetof(sa_encode_args, lengths));
    if (status != SA_OK) return status;
    int64_t tokens;
    status = take_width(report, &model_first(model)->config.input, a, &tokens);
    if (status != SA_OK) return status;
    if (tokens && a->tokens == 0) a->tokens = tokens;
    if (tokens && a->tokens != tokens)
        return fail(report, SA_ERR_SHAPE, "tokens is %lld, the model makes %lld of its features", (long long)a->tokens,
                    (long long)tokens);
    status = check_summaries(report, a);
    if (status == SA_OK) status = check_sizes(report, a, model);
    if (status == SA_OK) status = check_kind(report, a, model);
    if (status == SA_OK) status = check_token_counts(report, "lengths", a->lengths, a->batch, 1, a->tokens);
    if (status == SA_OK)
        status = check_token_counts(report, "target_lengths", a->target_lengths, a->batch, 1, a->targets);
    if (status == SA_OK && data_needed) status = check_data(report, a, model);
    m->rereads = rereads(a, model);
    m->first = first_pass(m);
    m->second = second_pass(m);
    return status;
}
