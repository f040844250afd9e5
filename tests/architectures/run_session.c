/* SPDX-License-Identifier: MIT */
#include "run.h"

#include <stdlib.h>
#include <string.h>

int64_t pace_at_once(int64_t step, int64_t sequence, int64_t rest) {
    (void)step, (void)sequence;
    return rest;
}

int64_t pace_chunks(int64_t step, int64_t sequence, int64_t rest) {
    (void)sequence;
    int64_t size = step == 0 ? 5 : 3;
    return rest < size ? rest : size;
}

int64_t pace_single(int64_t step, int64_t sequence, int64_t rest) {
    (void)step, (void)sequence;
    return rest > 0;
}

int64_t pace_ragged(int64_t step, int64_t sequence, int64_t rest) {
    int64_t size = (2 * step + 3 * sequence + 1) % 5;
    return rest < size ? rest : size;
}

/* A session's tokens: those of the sample, or its targets. */
struct tokens {
    const int32_t *ids;
    const int64_t *lengths;
    int64_t T;
};

static struct tokens tokens_of(const struct sample *s) {
    return s->U ? (struct tokens){s->targets, s->target_lengths, s->U} : (struct tokens){s->ids, s->lengths, s->T};
}

/* The outputs of one call, for `T` new tokens. */
struct part {
    int64_t T, S, V, E, L, H;
    float *logits, *hidden, *hidden_all, *attention, *cross;
};

static struct part make_part(const struct sample *in, int64_t T, int64_t S) {
    struct part p = {.T = T, .S = S, .V = sa_model_get(in->model, SA_MODEL_OUTPUTS)};
    p.E = sa_model_get(in->model, SA_MODEL_DECODER_WIDTH);
    p.L = sa_model_get(in->model, SA_MODEL_DECODER_LAYERS);
    p.H = sa_model_get(in->model, SA_MODEL_DECODER_QUERY_HEADS);
    p.logits = room(in->B * T * p.V, sizeof(float));
    p.hidden = room(in->B * T * p.E, sizeof(float));
    p.hidden_all = room((p.L + 1) * in->B * T * p.E, sizeof(float));
    p.attention = room(p.L * in->B * p.H * T * S, sizeof(float));
    p.cross = in->U ? room(p.L * in->B * p.H * T * in->T, sizeof(float)) : NULL;
    return p;
}

static void free_part(struct part *p) {
    free(p->logits);
    free(p->hidden);
    free(p->hidden_all);
    free(p->attention);
    free(p->cross);
}

/* Puts rows [outer][B][inner][T][width] of a call where they belong, behind the `done` rows of each sequence. */
static void place(struct sample *out, int field, const float *rows, int64_t T, int64_t width, const int64_t *done,
                  const int64_t *now) {
    const struct field *f = &out->fields[field];
    for (int64_t o = 0; out->values[field] && o < f->outer; o++)
        for (int64_t b = 0; b < out->B; b++)
            for (int64_t i = 0; i < f->inner; i++)
                for (int64_t t = 0; t < now[b]; t++)
                    memcpy(field_row(out, field, o, b, i, done[b] + t),
                           rows + (((o * out->B + b) * f->inner + i) * T + t) * width,
                           (size_t)(width < f->width ? width : f->width) * sizeof *rows);
}

static void place_part(struct sample *out, const struct part *p, const int64_t *done, const int64_t *now) {
    place(out, LOGITS, p->logits, p->T, p->V, done, now);
    if (!out->U) place(out, HIDDEN, p->hidden, p->T, p->E, done, now);
    if (!out->U) place(out, HIDDEN_1, p->hidden_all + out->B * p->T * p->E, p->T, p->E, done, now);
    place(out, out->U ? TARGET_WEIGHTS : WEIGHTS, p->attention, p->T, p->S, done, now);
    if (p->cross) place(out, CROSS_WEIGHTS, p->cross, p->T, out->T, done, now);
}

/* One step: fills in how many tokens each sequence gets, and runs them. */
static sa_status run_step(sa_ctx *ctx, sa_session *session, const struct sample *in, int64_t *done, int64_t *now,
                          struct sample *out) {
    const struct tokens tokens = tokens_of(in);
    int64_t T = 0, S = 0;
    for (int64_t b = 0; b < in->B; b++) {
        if (now[b] > T) T = now[b];
        if (done[b] + now[b] > S) S = done[b] + now[b];
    }
    if (T == 0) return SA_OK;
    struct part part = make_part(in, T, S);
    int32_t *ids = room(in->B * T, sizeof *ids);
    for (int64_t b = 0; b < in->B; b++)
        memcpy(ids + b * T, tokens.ids + b * tokens.T + done[b], (size_t)now[b] * sizeof *ids);
    const sa_session_args a = {.struct_size = sizeof a,
                               .tokens = T,
                               .ids = ids,
                               .lengths = now,
                               .logits_all = part.V ? part.logits : NULL,
                               .hidden = part.hidden,
                               .hidden_all = part.hidden_all,
                               .attention = part.attention,
                               .cross_attention = part.cross};
    sa_status status = sa_session_run(ctx, session, &a);
    if (status == SA_OK) place_part(out, &part, done, now);
    for (int64_t b = 0; b < in->B; b++) done[b] += now[b];
    free(ids);
    free_part(&part);
    return status;
}

static sa_status encode(sa_ctx *ctx, sa_session *session, const struct sample *in, struct sample *out) {
    const sa_encode_args a = {.struct_size = sizeof a,
                              .batch = in->B,
                              .tokens = in->T,
                              .ids = in->ids,
                              .lengths = in->features ? NULL : in->lengths,
                              .features = in->features,
                              .feature_width = in->feature_width,
                              .hidden = out->values[HIDDEN],
                              .attention = out->values[WEIGHTS]};
    return in->U ? sa_session_encode(ctx, session, &a) : SA_OK;
}

sa_status run_session(sa_ctx *ctx, const struct sample *in, pace_fn pace, struct sample *out) {
    const struct tokens tokens = tokens_of(in);
    const sa_session_config config = {.struct_size = sizeof config, .batch = in->B};
    sa_session *session = NULL;
    int64_t *done = room(2 * in->B, sizeof *done), *now = done + in->B, left = 1;
    sa_status status = sa_session_create(ctx, in->model, &config, &session);
    if (status == SA_OK) status = encode(ctx, session, in, out);
    for (int64_t step = 0; left && status == SA_OK; step++) {
        left = 0;
        for (int64_t b = 0; b < in->B; b++) {
            now[b] = pace(step, b, tokens.lengths[b] - done[b]);
            left += tokens.lengths[b] - done[b] - now[b];
        }
        status = run_step(ctx, session, in, done, now, out);
    }
    sa_session_destroy(&session);
    free(done);
    return status;
}
