/* With same_bits, a token has the same bits whatever is computed beside it: alone, in random batches, padded, prefilled
 * at once, in chunks or token by token, on any number of threads, in every way that this machine computes.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/random.h"
#include "support/reference.h"
#include "writer_model.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXTS = 5, MOST = 18, MOST_BATCH = 5, SOURCE = 6, STRONGEST = 3 };

/* A model, and what each text gives alone: states behind the last block [MOST][E], logits [MOST][V], the embedding. */
struct subject {
    const char *family;
    const struct way *way;
    sa_model *model;
    int64_t E, V, L, H, embedding;
    int is_decoder, has_source; /* it writes; it reads an encoder's tokens */
    int32_t ids[TEXTS][MOST];
    int64_t length[TEXTS];
    float *hidden[TEXTS], *logits[TEXTS], *embeddings[TEXTS];
    float *entropy[TEXTS], *weights[TEXTS]; /* [L][H][length], and of the STRONGEST keys */
};

/* Texts of one token, of fewer and of more than a kernel takes at a time. */
static const int64_t lengths[TEXTS] = {1, 3, 8, 17, MOST};

static float *room(int64_t n) {
    return calloc((size_t)n + 1, sizeof(float));
}

static void expect_equal(const struct subject *s, const char *what, int64_t text, int64_t token, const float *got,
                         const float *want, int64_t n) {
    cr_expect(!memcmp(got, want, (size_t)n * sizeof *got), "%s, %s: %s of text %lld, token %lld has other bits",
              s->family, s->way->name, what, (long long)text, (long long)token);
}

/* The encoder's input of a decoder that has one. */
static sa_status encode_source(sa_ctx *ctx, sa_session *session, int64_t B, const int64_t *which) {
    int32_t ids[MOST_BATCH * SOURCE];
    int64_t real[MOST_BATCH];
    for (int64_t b = 0; b < B; b++) {
        real[b] = 1 + which[b];
        for (int64_t t = 0; t < SOURCE; t++) ids[b * SOURCE + t] = (int32_t)(3 + (which[b] * 5 + t) % 11);
    }
    const sa_encode_args args = {.struct_size = sizeof args, .batch = B, .tokens = SOURCE, .ids = ids, .lengths = real};
    return sa_session_encode(ctx, session, &args);
}

static sa_session *open_session(sa_ctx *ctx, const struct subject *s, int64_t B, const int64_t *which) {
    sa_session *session = session_of(ctx, s->model, B);
    if (s->has_source)
        cr_assert_eq(encode_source(ctx, session, B, which), SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
    return session;
}

static void run_alone(sa_ctx *ctx, struct subject *s, int64_t text) {
    s->hidden[text] = room(MOST * s->E), s->logits[text] = room(MOST * s->V), s->embeddings[text] = room(s->embedding);
    sa_status status;
    if (s->has_source) {
        const sa_session_args args = {.struct_size = sizeof args,
                                      .tokens = s->length[text],
                                      .ids = s->ids[text],
                                      .hidden = s->hidden[text],
                                      .logits_all = s->V ? s->logits[text] : NULL};
        sa_session *session = open_session(ctx, s, 1, &text);
        status = sa_session_run(ctx, session, &args);
        sa_session_destroy(&session);
    } else {
        const sa_encode_args args = {.struct_size = sizeof args,
                                     .batch = 1,
                                     .tokens = s->length[text],
                                     .ids = s->ids[text],
                                     .hidden = s->hidden[text],
                                     .logits = s->V ? s->logits[text] : NULL,
                                     .embedding = s->embedding ? s->embeddings[text] : NULL};
        status = sa_model_encode(ctx, s->model, &args);
    }
    cr_assert_eq(status, SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
}

/* What is known about the weights of a text alone. */
static void summarise_alone(sa_ctx *ctx, struct subject *s, int64_t text) {
    const int64_t rows = s->L * s->H * s->length[text];
    int32_t *keys = calloc((size_t)(rows * STRONGEST), sizeof *keys);
    s->entropy[text] = room(rows), s->weights[text] = room(rows * STRONGEST);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = s->length[text],
                                 .ids = s->ids[text],
                                 .entropy = s->entropy[text],
                                 .strongest = STRONGEST,
                                 .strongest_weights = s->weights[text],
                                 .strongest_keys = keys};
    cr_assert_eq(sa_model_encode(ctx, s->model, &args), SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
    free(keys);
}

/* A random batch of the texts, padded to some length. */
struct batch {
    int64_t B, T, which[MOST_BATCH], length[MOST_BATCH];
    int32_t ids[MOST_BATCH * MOST];
};

static void make_batch(const struct subject *s, struct rng *rng, struct batch *b) {
    b->B = 1 + (int64_t)rng_below(rng, MOST_BATCH);
    b->T = 1;
    for (int64_t i = 0; i < b->B; i++) {
        b->which[i] = (int64_t)rng_below(rng, TEXTS);
        b->length[i] = s->length[b->which[i]];
        if (b->length[i] > b->T) b->T = b->length[i];
    }
    b->T += (int64_t)rng_below(rng, MOST + 1 - b->T);
    memset(b->ids, 0, sizeof b->ids);
    for (int64_t i = 0; i < b->B; i++)
        memcpy(b->ids + i * b->T, s->ids[b->which[i]], (size_t)b->length[i] * sizeof *b->ids);
}

static void check_encoding(sa_ctx *ctx, const struct subject *s, const struct batch *b) {
    float *hidden = room(b->B * b->T * s->E), *logits = room(b->B * b->T * s->V),
          *embeddings = room(b->B * s->embedding);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = b->B,
                                 .tokens = b->T,
                                 .ids = b->ids,
                                 .lengths = b->length,
                                 .hidden = hidden,
                                 .logits = s->V ? logits : NULL,
                                 .embedding = s->embedding ? embeddings : NULL};
    cr_assert_eq(sa_model_encode(ctx, s->model, &args), SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < b->B; i++) {
        const int64_t text = b->which[i];
        expect_equal(s, "the embedding", text, -1, embeddings + i * s->embedding, s->embeddings[text], s->embedding);
        for (int64_t t = 0; t < b->length[i]; t++) {
            expect_equal(s, "the state", text, t, hidden + (i * b->T + t) * s->E, s->hidden[text] + t * s->E, s->E);
            expect_equal(s, "the logits", text, t, logits + (i * b->T + t) * s->V, s->logits[text] + t * s->V, s->V);
        }
    }
    free(hidden), free(logits), free(embeddings);
}

/* With summaries of weights rows of padding are computed too. States and summaries keep their bits. */
static void check_summaries(sa_ctx *ctx, const struct subject *s, const struct batch *b) {
    const int64_t rows = s->L * b->B * s->H * b->T;
    float *hidden = room(b->B * b->T * s->E), *entropy = room(rows), *weights = room(rows * STRONGEST);
    int32_t *keys = calloc((size_t)(rows * STRONGEST), sizeof *keys);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = b->B,
                                 .tokens = b->T,
                                 .ids = b->ids,
                                 .lengths = b->length,
                                 .hidden = hidden,
                                 .entropy = entropy,
                                 .strongest = STRONGEST,
                                 .strongest_weights = weights,
                                 .strongest_keys = keys};
    cr_assert_eq(sa_model_encode(ctx, s->model, &args), SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < b->B; i++) {
        const int64_t text = b->which[i], T = b->length[i];
        expect_equal(s, "the states beside summaries", text, -1, hidden + i * b->T * s->E, s->hidden[text], T * s->E);
        for (int64_t n = 0; n < s->L * s->H; n++) {
            const int64_t row = (n / s->H * b->B + i) * s->H + n % s->H;
            expect_equal(s, "the entropy", text, -1, entropy + row * b->T, s->entropy[text] + n * T, T);
            expect_equal(s, "the strongest weights", text, -1, weights + row * b->T * STRONGEST,
                         s->weights[text] + n * T * STRONGEST, T * STRONGEST);
        }
    }
    free(hidden), free(entropy), free(weights), free(keys);
}

/* Appends random numbers of tokens to the sequences until all have their texts: `most` of each at a time. */
static void check_session(sa_ctx *ctx, const struct subject *s, const struct batch *b, struct rng *rng, int64_t most) {
    sa_session *session = open_session(ctx, s, b->B, b->which);
    float *hidden = room(b->B * most * s->E), *logits = room(b->B * most * s->V);
    int64_t done[MOST_BATCH] = {0}, left = 1;
    while (left) {
        int32_t ids[MOST_BATCH * MOST] = {0};
        int64_t count[MOST_BATCH] = {0};
        left = 0;
        for (int64_t i = 0; i < b->B; i++) {
            const int64_t rest = b->length[i] - done[i];
            count[i] = rest < most ? rest : most;
            if (rng_chance(rng, .3)) count[i] = (int64_t)rng_below(rng, count[i] + 1);
            memcpy(ids + i * most, b->ids + i * b->T + done[i], (size_t)count[i] * sizeof *ids);
            left += rest - count[i];
        }
        const sa_session_args args = {.struct_size = sizeof args,
                                      .tokens = most,
                                      .ids = ids,
                                      .lengths = count,
                                      .hidden = hidden,
                                      .logits_all = s->V ? logits : NULL};
        cr_assert_eq(sa_session_run(ctx, session, &args), SA_OK, "%s: %s", s->family, sa_ctx_last_error(ctx));
        for (int64_t i = 0; i < b->B; done[i] += count[i], i++)
            for (int64_t t = 0; t < count[i]; t++) {
                const int64_t text = b->which[i], at = done[i] + t;
                expect_equal(s, "a session's state", text, at, hidden + (i * most + t) * s->E,
                             s->hidden[text] + at * s->E, s->E);
                expect_equal(s, "a session's logits", text, at, logits + (i * most + t) * s->V,
                             s->logits[text] + at * s->V, s->V);
            }
    }
    free(hidden), free(logits);
    sa_session_destroy(&session);
}

static int rounds(void) {
    const char *text = getenv("SELFATTN_TEST_SAMPLES");
    return text ? 1 + atoi(text) / 60 : 4;
}

static void check_family(const char *family, const struct way *way) {
    sa_ctx *ctx = way_open_same_bits(way, 1);
    struct subject s = {.family = family, .way = way};
    if (!ctx) return;
    cr_assert_eq(sa_model_open(ctx, architecture_path(family), &s.model), SA_OK, "%s: %s", family,
                 sa_ctx_last_error(ctx));
    s.is_decoder = sa_model_get(s.model, SA_MODEL_DECODER) == 1;
    s.has_source = s.is_decoder && sa_model_get(s.model, SA_MODEL_ENCODER) == 1;
    s.E = sa_model_get(s.model, SA_MODEL_WIDTH);
    s.L = sa_model_get(s.model, SA_MODEL_LAYERS), s.H = sa_model_get(s.model, SA_MODEL_QUERY_HEADS);
    s.V =
        s.is_decoder || sa_model_get(s.model, SA_MODEL_TOKEN_LOGITS) == 1 ? sa_model_get(s.model, SA_MODEL_OUTPUTS) : 0;
    s.embedding = s.has_source ? 0 : sa_model_get(s.model, SA_MODEL_EMBEDDING_WIDTH);
    struct rng rng = {(uint64_t)(way - ways) + 1};
    for (int64_t i = 0; i < TEXTS; i++) {
        s.length[i] = lengths[i];
        for (int64_t t = 0; t < MOST; t++)
            s.ids[i][t] = (int32_t)(3 + rng_below(&rng, sa_model_get(s.model, SA_MODEL_VOCABULARY) - 3));
        run_alone(ctx, &s, i);
        if (!s.has_source) summarise_alone(ctx, &s, i);
    }
    sa_ctx_destroy(&ctx);
    /* A BLAS sums up scores of another height in another order. */
    const int has_steps = s.is_decoder && way->path != SA_PATH_BLAS;
    for (int r = 0; r < rounds(); r++) {
        struct batch b;
        ctx = way_open_same_bits(way, 1 + (int32_t)rng_below(&rng, 7));
        make_batch(&s, &rng, &b);
        if (!s.has_source) check_encoding(ctx, &s, &b), check_summaries(ctx, &s, &b);
        for (int i = 0; i < 3 && has_steps; i++)
            check_session(ctx, &s, &b, &rng, i == 0 ? b.T : i == 1 ? 1 : 1 + (int64_t)rng_below(&rng, b.T));
        sa_ctx_destroy(&ctx);
    }
    for (int64_t i = 0; i < TEXTS; i++) free(s.hidden[i]), free(s.logits[i]), free(s.embeddings[i]);
    for (int64_t i = 0; i < TEXTS; i++) free(s.entropy[i]), free(s.weights[i]);
    sa_model_destroy(&s.model);
}

static void check_families(const char *const *families) {
    for (; *families; families++)
        for (int w = 0; w < all_ways_count; w++) check_family(*families, &ways[w]);
}

Test(same_bits, of_encoders) {
    static const char *const families[] = {"bert",       "albert", "distilbert_mlm", "modernbert_mlm",  "mpnet",
                                           "deberta_v2", "esm",    "roberta_mlm",    "t5_encoder_only", NULL};
    check_families(families);
}

Test(same_bits, of_decoders) {
    static const char *const families[] = {"llama", "gpt2",    "gpt_neox", "bloom",     "gemma2", "mistral", "mpt",
                                           "phi3",  "mixtral", "gpt_oss",  "qwen2_moe", "cohere", "qwen3",   NULL};
    check_families(families);
}

Test(same_bits, of_encoders_with_decoders) {
    static const char *const families[] = {"marian", "umt5", "blenderbot_small", NULL};
    check_families(families);
}

/* sa_generate() writes the same text, with the same log-probabilities, alone and in a batch. */
Test(same_bits, of_texts_that_are_written) {
    enum { V = 50, N = 12, B = 4, T = 9 };
    static const int64_t length[B] = {9, 1, 4, 7};
    for (int w = 0; w < all_ways_count; w++) {
        sa_ctx *ctx = ways[w].path == SA_PATH_BLAS ? NULL : way_open_same_bits(&ways[w], 3);
        if (!ctx) continue;
        sa_model *model = writer_model(ctx, V, -1, 4);
        int32_t ids[B * T], all[B * N], alone[N];
        int64_t counts[B], count;
        float scores[B * N], score[N];
        struct rng rng = {2};
        for (int i = 0; i < B * T; i++) ids[i] = (int32_t)(1 + rng_below(&rng, V - 1));
        sa_generate_args args = {.struct_size = sizeof args,
                                 .tokens = T,
                                 .ids = ids,
                                 .lengths = length,
                                 .max_tokens = N,
                                 .generated = all,
                                 .counts = counts,
                                 .log_probabilities = scores};
        sa_session *session = session_of(ctx, model, B);
        EXPECT_GENERATE(ctx, session, &args, SA_OK);
        sa_session_destroy(&session);
        for (int b = 0; b < B; b++) {
            args.tokens = length[b], args.ids = ids + b * T, args.lengths = NULL;
            args.generated = alone, args.counts = &count, args.log_probabilities = score;
            session = session_of(ctx, model, 1);
            EXPECT_GENERATE(ctx, session, &args, SA_OK);
            sa_session_destroy(&session);
            cr_expect_eq(count, counts[b]);
            cr_expect_arr_eq(alone, all + b * N, sizeof alone, "%s, text %d", ways[w].name, b);
            cr_expect_arr_eq(score, scores + b * N, sizeof score, "%s, text %d", ways[w].name, b);
        }
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
    }
}
