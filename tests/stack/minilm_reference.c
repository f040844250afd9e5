/* all-MiniLM-L6-v2 from its own files against a float64 run of another implementation: tests/data/minilm. The files are
 * looked for in $SELFATTN_MINILM, else in ${XDG_CACHE_HOME:-~/.cache}/selfattn/minilm; where they are absent these
 * tests are skipped.
 * SPDX-License-Identifier: MIT */
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { L = 6, E = 384, H = 12, SENTENCES = 9, MOST = 20 };

/* What each test begins with: nothing to open is a reason to skip, anything else that is wrong is a failure. */
struct minilm {
    sa_ctx *ctx;
    sa_model *model;
    sa_tokenizer *tokenizer;
};

static struct minilm minilm_open(const sa_ctx_options *options) {
    struct minilm m = {0};
    const char *folder = model_folder("SELFATTN_MINILM", "minilm", "config.json");
    m.ctx = ctx_open(options);
    cr_assert_eq(sa_model_open(m.ctx, folder, &m.model), SA_OK, "%s", sa_ctx_last_error(m.ctx));
    cr_assert_eq(sa_tokenizer_open(m.ctx, folder, &m.tokenizer), SA_OK, "%s", sa_ctx_last_error(m.ctx));
    return m;
}

static void minilm_close(struct minilm *m) {
    sa_tokenizer_destroy(&m->tokenizer);
    sa_model_destroy(&m->model);
    sa_ctx_destroy(&m->ctx);
}

/* Sentence i of the reference and what comes out of it. */
struct sentence {
    int32_t ids[MOST];
    int64_t count;
    float hidden[MOST * E], all[(L + 1) * MOST * E], attention[L * H * MOST * MOST], embedding[E];
};

static void encode(struct minilm *m, const char *text, struct sentence *s) {
    cr_assert_eq(sa_tokenizer_encode(m->ctx, m->tokenizer, text, (int64_t)strlen(text), s->ids, MOST, &s->count), SA_OK,
                 "%s", sa_ctx_last_error(m->ctx));
    const sa_encode_args a = {.struct_size = sizeof a,
                              .batch = 1,
                              .tokens = s->count,
                              .ids = s->ids,
                              .hidden = s->hidden,
                              .hidden_all = s->all,
                              .attention = s->attention,
                              .embedding = s->embedding};
    cr_assert_eq(sa_model_encode(m->ctx, m->model, &a), SA_OK, "%s", sa_ctx_last_error(m->ctx));
}

static double difference(const struct reference *r, int i, const char *part, const float *got, int64_t count) {
    char name[40];
    snprintf(name, sizeof name, "s%d.%s", i, part);
    float *want = reference_tensor(r, name, count);
    double off = largest_difference(got, want, count);
    free(want);
    return off;
}

static double cosine(const struct reference *r, int i, const float *got) {
    char name[40];
    double dot = 0, a = 0, b = 0;
    snprintf(name, sizeof name, "s%d.embedding", i);
    float *want = reference_tensor(r, name, E);
    for (int e = 0; e < E; e++) {
        dot += (double)got[e] * (double)want[e];
        a += (double)got[e] * (double)got[e];
        b += (double)want[e] * (double)want[e];
    }
    free(want);
    return dot / sqrt(a * b);
}

static void expect_reference(const struct reference *r, int i, const struct sentence *s, double worst[4]) {
    const int64_t n = s->count;
    const double off[4] = {difference(r, i, "layer0", s->all + n * E, n * E),
                           difference(r, i, "hidden", s->hidden, n * E),
                           difference(r, i, "attention", s->attention, L * H * n * n), 1 - cosine(r, i, s->embedding)};
    for (int k = 0; k < 4; k++) worst[k] = fmax(worst[k], off[k]);
    cr_expect(off[0] <= 1e-4, "sentence %d: the first block is off by %g", i, off[0]);
    cr_expect(off[1] <= 1e-4, "sentence %d: the last hidden state is off by %g", i, off[1]);
    cr_expect(off[2] <= 1e-5, "sentence %d: attention weights are off by %g", i, off[2]);
    cr_expect(off[3] < 1e-5, "sentence %d: the embedding's cosine is 1 - %g", i, off[3]);
    cr_expect(difference(r, i, "embedding", s->embedding, E) <= 1e-5, "sentence %d: embedding", i);
}

Test(minilm, agrees_with_the_reference) {
    struct minilm m = minilm_open(NULL);
    struct reference r = reference_open(data_path("minilm/reference.safetensors"));
    json_t *sentences = json_of(data_path("minilm/reference.json"));
    double worst[4] = {0};
    static struct sentence s;
    cr_assert_eq(json_array_size(sentences), SENTENCES);
    cr_expect_eq(expect_ids(m.ctx, m.tokenizer, sentences, "reference.json"), SENTENCES);
    for (int i = 0; i < SENTENCES; i++) {
        encode(&m, json_string_value(json_object_get(json_array_get(sentences, (size_t)i), "text")), &s);
        expect_reference(&r, i, &s, worst);
    }
    cr_log_info("MiniLM: first block off by %.2g, last state by %.2g, attention by %.2g, cosine 1 - %.2g", worst[0],
                worst[1], worst[2], worst[3]);
    json_decref(sentences);
    reference_close(&r);
    minilm_close(&m);
}

Test(minilm, looks_where_the_sentence_says) {
    struct minilm m = minilm_open(NULL);
    static struct sentence tired, wide;
    encode(&m, "The animal didn't cross the road because it was tired.", &tired);
    encode(&m, "The animal didn't cross the road because it was too wide.", &wide);
    /* "it" is token 10, "animal" token 2; layer 3, head 1 and layer 5, head 11 */
    const float *t = tired.attention, *w = wide.attention;
    const int64_t n = tired.count, k = wide.count;
    cr_expect_float_eq(t[((3 * H + 1) * n + 10) * n + 2], 0.646f, 5e-4f);
    cr_expect_float_eq(w[((3 * H + 1) * k + 10) * k + 2], 0.248f, 5e-4f);
    cr_expect_float_eq(t[((5 * H + 11) * n + 10) * n + 2], 0.674f, 5e-4f);
    cr_expect_float_eq(w[((5 * H + 11) * k + 10) * k + 2], 0.568f, 5e-4f);
    minilm_close(&m);
}

Test(minilm, tokens_are_those_of_hugging_face) {
    struct minilm m = minilm_open(NULL);
    json_t *cases = json_of(data_path("minilm/tokens.json"));
    cr_expect_gt(expect_ids(m.ctx, m.tokenizer, cases, "tokens.json"), 90);
    json_decref(cases);
    minilm_close(&m);
}

/* All nine sentences in one padded batch. The BLAS may round rows of a matrix of another height differently, so hidden
 * states are compared relative to their largest element. */
Test(minilm, a_padded_batch_equals_single_sentences) {
    struct minilm m = minilm_open(NULL);
    json_t *sentences = json_of(data_path("minilm/reference.json"));
    static struct sentence s[SENTENCES];
    static int32_t ids[SENTENCES * MOST];
    static float hidden[SENTENCES * MOST * E], embedding[SENTENCES * E], zero[MOST * E];
    int64_t lengths[SENTENCES];
    double worst[2] = {0};
    for (int i = 0; i < SENTENCES; i++) {
        encode(&m, json_string_value(json_object_get(json_array_get(sentences, (size_t)i), "text")), &s[i]);
        memcpy(ids + i * MOST, s[i].ids, (size_t)s[i].count * sizeof *ids);
        lengths[i] = s[i].count;
    }
    const sa_encode_args a = {.struct_size = sizeof a,
                              .batch = SENTENCES,
                              .tokens = MOST,
                              .ids = ids,
                              .lengths = lengths,
                              .hidden = hidden,
                              .embedding = embedding};
    cr_assert_eq(sa_model_encode(m.ctx, m.model, &a), SA_OK, "%s", sa_ctx_last_error(m.ctx));
    for (int i = 0; i < SENTENCES; i++) {
        const int64_t count = lengths[i] * E;
        const double scale = largest_difference(s[i].hidden, zero, count);
        worst[0] = fmax(worst[0], largest_difference(hidden + i * MOST * E, s[i].hidden, count) / scale);
        worst[1] = fmax(worst[1], largest_difference(embedding + i * E, s[i].embedding, E));
    }
    cr_log_info("padded against single: hidden states differ by %.2g, embeddings by %.2g", worst[0], worst[1]);
    cr_expect(worst[0] <= 1e-6, "hidden states differ by %g", worst[0]);
    cr_expect(worst[1] <= 1e-6, "embeddings differ by %g", worst[1]);
    json_decref(sentences);
    minilm_close(&m);
}

Test(minilm, tells_banks_apart) {
    struct minilm m = minilm_open(NULL);
    static struct sentence money, river, loan;
    double near = 0, far = 0;
    encode(&m, "I went to the bank to deposit money.", &money);
    encode(&m, "The bank gave me a loan.", &loan);
    encode(&m, "We sat on the bank of the river.", &river);
    for (int e = 0; e < E; e++) {
        near += (double)money.embedding[e] * (double)loan.embedding[e];
        far += (double)money.embedding[e] * (double)river.embedding[e];
    }
    cr_expect_gt(near, far + 0.1, "%g and %g", near, far);
    minilm_close(&m);
}
