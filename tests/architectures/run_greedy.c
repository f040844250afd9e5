/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sequences that are being continued: those of the sample and perhaps a guest. */
struct writing {
    const struct sample *in;
    int64_t B, n;     /* sequences, and tokens that each has room for */
    int32_t *ids;     /* [B][n] */
    int64_t *lengths; /* [B] tokens so far */
    float *logits;    /* [B][V] */
    int64_t V;
};

/* How many tokens all sequences begin with: what greedy and the inputs have in common; of an encoder-decoder the start
 * token. */
static int64_t beginning(const struct sample *in) {
    int64_t common = in->U ? 1 : in->greedy_length;
    for (int64_t b = 0; !in->U && b < in->B; b++) {
        int64_t t = 0;
        while (t < in->T && t < in->greedy_length && in->greedy[b * in->greedy_length + t] == in->ids[b * in->T + t])
            t++;
        if (t < common) common = t;
    }
    return common;
}

static struct writing begin(const struct sample *in, int guest) {
    struct writing w = {.in = in, .B = in->B + guest, .n = in->greedy_length};
    const int64_t common = beginning(in);
    w.V = sa_model_get(in->model, SA_MODEL_OUTPUTS);
    w.ids = room(w.B * w.n, sizeof *w.ids);
    w.lengths = room(w.B, sizeof *w.lengths);
    w.logits = room(w.B * w.V, sizeof *w.logits);
    for (int64_t b = 0; b < w.B; b++) {
        memcpy(w.ids + b * w.n, in->greedy + b % in->B * w.n, (size_t)common * sizeof *w.ids);
        w.lengths[b] = b < in->B || common < 3 ? common : common - 2;
    }
    return w;
}

static void end(struct writing *w) {
    free(w->ids);
    free(w->lengths);
    free(w->logits);
}

/* The inputs of an encoder, with the first sequence again for the guest. */
struct inputs {
    int32_t *ids;
    int64_t *lengths;
    float *features;
};

static struct inputs inputs_of(const struct writing *w) {
    const struct sample *in = w->in;
    struct inputs i = {0};
    i.lengths = room(w->B, sizeof *i.lengths);
    if (in->ids) i.ids = room(w->B * in->T, sizeof *i.ids);
    if (in->features) i.features = room(w->B * in->feature_size, sizeof *i.features);
    for (int64_t b = 0; b < w->B; b++) {
        const int64_t from = b % in->B;
        i.lengths[b] = in->lengths[from];
        if (in->ids) memcpy(i.ids + b * in->T, in->ids + from * in->T, (size_t)in->T * sizeof *i.ids);
        if (in->features)
            memcpy(i.features + b * in->feature_size, in->features + from * in->feature_size,
                   (size_t)in->feature_size * sizeof *i.features);
    }
    return i;
}

static void free_inputs(struct inputs *i) {
    free(i->ids);
    free(i->lengths);
    free(i->features);
}

static sa_encode_args encode_args(const struct writing *w, const struct inputs *i) {
    return (sa_encode_args){.struct_size = sizeof(sa_encode_args),
                            .batch = w->B,
                            .tokens = w->in->T,
                            .ids = i->ids,
                            .lengths = i->features ? NULL : i->lengths,
                            .features = i->features,
                            .feature_width = w->in->feature_width};
}

/* Logits behind all tokens so far, from the beginning. */
static sa_status look_again(sa_ctx *ctx, struct writing *w, const struct inputs *inputs) {
    int64_t T = 0;
    for (int64_t b = 0; b < w->B; b++) T = w->lengths[b] > T ? w->lengths[b] : T;
    float *all = room(w->B * T * w->V, sizeof *all);
    int32_t *ids = room(w->B * T, sizeof *ids);
    for (int64_t b = 0; b < w->B; b++) memcpy(ids + b * T, w->ids + b * w->n, (size_t)w->lengths[b] * sizeof *ids);
    sa_encode_args a = encode_args(w, inputs);
    if (w->in->U) {
        a.targets = T, a.target_ids = ids, a.target_lengths = w->lengths;
    } else {
        a.tokens = T, a.ids = ids, a.lengths = w->lengths;
    }
    a.logits = all;
    sa_status status = sa_model_encode(ctx, w->in->model, &a);
    for (int64_t b = 0; b < w->B; b++)
        memcpy(w->logits + b * w->V, all + (b * T + w->lengths[b] - 1) * w->V, (size_t)w->V * sizeof *all);
    free(ids);
    free(all);
    return status;
}

/* Logits behind the tokens that the session has not seen yet. */
static sa_status look_on(sa_ctx *ctx, struct writing *w, sa_session *session) {
    int64_t *fresh = room(w->B, sizeof *fresh), T = 0;
    for (int64_t b = 0; b < w->B; b++) {
        fresh[b] = w->lengths[b] - sa_session_length(session, b);
        if (fresh[b] > T) T = fresh[b];
    }
    int32_t *ids = room(w->B * T, sizeof *ids);
    for (int64_t b = 0; b < w->B; b++)
        memcpy(ids + b * T, w->ids + b * w->n + w->lengths[b] - fresh[b], (size_t)fresh[b] * sizeof *ids);
    const sa_session_args a = {.struct_size = sizeof a, .tokens = T, .ids = ids, .lengths = fresh, .logits = w->logits};
    sa_status status = T ? sa_session_run(ctx, session, &a) : SA_OK;
    free(ids);
    free(fresh);
    return status;
}

/* The best token of each sequence that still has room. */
static void append_best(struct writing *w) {
    for (int64_t b = 0; b < w->B; b++) {
        const float *logits = w->logits + b * w->V;
        int64_t best = 0;
        for (int64_t i = 1; i < w->V; i++)
            if (logits[i] > logits[best]) best = i;
        if (w->lengths[b] < w->n) w->ids[b * w->n + w->lengths[b]++] = (int32_t)best;
    }
}

static void count(const struct writing *w, const char *way, struct verdict *v) {
    char detail[80];
    for (int64_t b = 0; b < w->in->B; b++)
        for (int64_t t = beginning(w->in); t < w->n; t++) {
            const int32_t got = w->ids[b * w->n + t], wanted = w->in->greedy[b * w->n + t];
            v->tokens++;
            if (got == wanted) continue;
            v->wrong_tokens++;
            snprintf(detail, sizeof detail, "sequence %d, token %d is %d instead of %d", (int)b, (int)t, (int)got,
                     (int)wanted);
            verdict_fail(v, way, "greedy", detail);
        }
}

void run_greedy(sa_ctx *ctx, const struct sample *in, const char *way, int cached, int guest, struct verdict *v) {
    struct writing w = begin(in, guest);
    struct inputs inputs = inputs_of(&w);
    const sa_session_config config = {.struct_size = sizeof config, .batch = w.B};
    const sa_encode_args a = encode_args(&w, &inputs);
    sa_session *session = NULL;
    sa_status status = cached ? sa_session_create(ctx, in->model, &config, &session) : SA_OK;
    if (status == SA_OK && cached && in->U) status = sa_session_encode(ctx, session, &a);
    for (int64_t t = beginning(in); t < w.n && status == SA_OK; t++) {
        status = cached ? look_on(ctx, &w, session) : look_again(ctx, &w, &inputs);
        append_best(&w);
    }
    if (status == SA_OK)
        count(&w, way, v);
    else
        verdict_fail(v, way, "greedy", sa_ctx_last_error(ctx));
    sa_session_destroy(&session);
    free_inputs(&inputs);
    end(&w);
}
