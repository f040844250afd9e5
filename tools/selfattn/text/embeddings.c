/* SPDX-License-Identifier: MIT */
#include "text/embeddings.h"

#include "exit.h"
#include "text/named_token.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Texts of a batch: enough that every product has many rows. */
enum { BATCH = 32 };

/* As the model can read it: its end is kept, which tokenizers put there. */
static struct tokens tokens_cut(const struct engine *e, const char *prompt, const char *text, int64_t most,
                                int64_t *cut) {
    struct tokens t = engine_tokens_behind(e, prompt, text);
    if (most > 0 && t.count > most) {
        tokens_shorten(&t, most);
        ++*cut;
    }
    if (!t.count) failure("a text has no tokens: \"%.60s\"", text);
    return t;
}

/* The tokenizer's, whose number config.json often leaves out or has wrong. */
static int32_t padding_token(const struct engine *e) {
    json_t *config = engine_json_beside(e->directory, "tokenizer_config.json", 1);
    char *text = named_token(config, "pad_token", NULL);
    int32_t id = (int32_t)sa_model_get(e->model, SA_MODEL_PAD_TOKEN);
    if (*text && sa_tokenizer_find(e->tokenizer, text, &id)) failure("there is no pad_token \"%.60s\"", text);
    if (id < 0) failure("texts have to be padded, but neither tokenizer_config.json nor config.json says with what");
    free(text);
    json_decref(config);
    return id;
}

/* To as many tokens as all texts had while the model learned. */
static void pad(const struct engine *e, struct tokens *texts, int64_t count, int64_t tokens) {
    const int32_t padding = padding_token(e);
    for (int64_t b = 0; b < count; b++) {
        int32_t *ids = allocate((size_t)tokens, sizeof *ids);
        for (int64_t t = 0; t < tokens; t++) ids[t] = t < texts[b].count ? texts[b].id[t] : padding;
        free(texts[b].id);
        texts[b] = (struct tokens){.id = ids, .count = tokens};
    }
}

static void embed_batch(const struct engine *e, struct tokens *texts, int64_t count, float *row) {
    const int64_t padded = sa_model_get(e->model, SA_MODEL_PADDED_TOKENS);
    int64_t longest = 1, lengths[BATCH];
    if (padded) pad(e, texts, count, padded);
    for (int64_t b = 0; b < count; b++) {
        lengths[b] = texts[b].count;
        if (lengths[b] > longest) longest = lengths[b];
    }
    int32_t *ids = allocate((size_t)(count * longest), sizeof *ids);
    for (int64_t b = 0; b < count; b++) memcpy(ids + b * longest, texts[b].id, (size_t)lengths[b] * sizeof *ids);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = count,
                                 .tokens = longest,
                                 .ids = ids,
                                 .lengths = lengths,
                                 .embedding = row};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    free(ids);
}

/* Whether the tokenizer itself tells capitals from small letters. */
static int has_capitals(const struct engine *e) {
    struct tokens a = engine_tokens(e, "A cat and THE Dog"), b = engine_tokens(e, "a cat and the dog");
    const int differ = a.count != b.count || memcmp(a.id, b.id, (size_t)a.count * sizeof *a.id) != 0;
    free(a.id);
    free(b.id);
    return differ;
}

int64_t embeddings_most_tokens(const struct engine *e) {
    static const char file[] = "sentence_bert_config.json";
    const int64_t positions = sa_model_get(e->model, SA_MODEL_MAX_POSITIONS);
    json_t *json = engine_json_beside(e->directory, file, 1);
    const json_t *most = json_object_get(json, "max_seq_length"), *lower = json_object_get(json, "do_lower_case");
    const int64_t given = most && !json_is_null(most) ? json_integer_value(most) : INT64_MAX;
    if (given < 1 || (most && !json_is_null(most) && !json_is_integer(most)))
        failure("%s%s: max_seq_length must be an integer from 1", e->directory, file);
    if (lower && !json_is_boolean(lower) && !json_is_null(lower))
        failure("%s%s: do_lower_case must be true or false", e->directory, file);
    if (json_is_true(lower) && has_capitals(e))
        failure("%s%s: do_lower_case is true, which is not supported with a tokenizer that keeps capitals",
                e->directory, file);
    json_decref(json);
    if (given == INT64_MAX) return positions > 0 ? positions : 0;
    return positions > 0 && positions < given ? positions : given;
}

struct embeddings embeddings_make(const struct engine *e, const char *prompt, char *const *text, int64_t count) {
    const int64_t most = embeddings_most_tokens(e);
    struct embeddings x = {.count = count, .width = sa_model_get(e->model, SA_MODEL_EMBEDDING_WIDTH)};
    x.row = allocate((size_t)(count * x.width) + 1, sizeof *x.row);
    for (int64_t first = 0; first < count; first += BATCH) {
        const int64_t n = count - first < BATCH ? count - first : BATCH;
        struct tokens texts[BATCH];
        for (int64_t b = 0; b < n; b++) texts[b] = tokens_cut(e, prompt, text[first + b], most, &x.cut);
        embed_batch(e, texts, n, x.row + first * x.width);
        for (int64_t b = 0; b < n; b++) free(texts[b].id);
    }
    return x;
}

void embeddings_free(struct embeddings *embeddings) {
    free(embeddings->row);
    embeddings->row = NULL;
}

double embeddings_cosine(const float *a, const float *b, int64_t width) {
    double sum = 0, first = 0, second = 0;
    for (int64_t i = 0; i < width; i++) {
        sum += (double)a[i] * (double)b[i];
        first += (double)a[i] * (double)a[i];
        second += (double)b[i] * (double)b[i];
    }
    return first > 0 && second > 0 ? sum / sqrt(first * second) : 0;
}
