/* SPDX-License-Identifier: MIT */
#include "text/reading.h"

#include "exit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text) {
    return strcpy(allocate(strlen(text) + 1, 1), text);
}

static const int64_t most_weights = 1 << 28;

static void encode_tokens(const struct engine *engine, const struct tokens *tokens, float *weight) {
    sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = tokens->count, .ids = tokens->id, .attention = weight};
    check(sa_model_encode(engine->ctx, engine->model, &args), engine->ctx);
}

/* The words, without weights. */
static struct reading read_words(const struct engine *engine, const char *text) {
    struct reading r = {.layers = sa_model_get(engine->model, SA_MODEL_LAYERS),
                        .heads = sa_model_get(engine->model, SA_MODEL_QUERY_HEADS),
                        .tokens = engine_tokens_that_fit(engine, text)};
    const size_t count = (size_t)r.tokens.count;
    r.count = r.tokens.count;
    r.word = allocate(count, sizeof *r.word);
    r.special = allocate(count, 1);
    for (size_t t = 0; t < count; t++) {
        r.word[t] = copy(sa_tokenizer_token(engine->tokenizer, r.tokens.id[t]));
        r.special[t] = (unsigned char)engine_is_special(engine, r.tokens.id[t]);
    }
    return r;
}

static void find_weights(const struct engine *engine, struct reading *r) {
    r->weight = allocate((size_t)(r->layers * r->heads * r->count * r->count), sizeof *r->weight);
    encode_tokens(engine, &r->tokens, r->weight);
}

struct reading reading_make(const struct engine *engine, const char *text) {
    struct reading r = read_words(engine, text);
    find_weights(engine, &r);
    return r;
}

struct reading reading_make_any(const struct engine *engine, const char *text) {
    struct reading r = read_words(engine, text);
    if (r.layers * r.heads * r.count * r.count <= most_weights) find_weights(engine, &r);
    return r;
}

void reading_free(struct reading *reading) {
    for (int64_t t = 0; t < reading->count; t++) free(reading->word[t]);
    free(reading->word);
    free(reading->special);
    free(reading->tokens.id);
    free(reading->weight);
}

const float *reading_map(const struct reading *reading, int64_t layer, int64_t head) {
    return reading->weight + (layer * reading->heads + head) * reading->count * reading->count;
}

static int continues(const char *piece) {
    return !strncmp(piece, "##", 2) && piece[2];
}

/* Writes to group[t] which whole word token t belongs to; returns how many words there are. */
static int64_t group_pieces(const struct reading *reading, int64_t *group) {
    int64_t groups = 0;
    for (int64_t t = 0; t < reading->count; t++) {
        if (!t || !continues(reading->word[t]) || reading->special[t - 1]) groups++;
        group[t] = groups - 1;
    }
    return groups;
}

/* Adds up columns, averages rows: the [T,T] map becomes [groups,groups]. */
static void join_map(const float *map, const int64_t *group, int64_t count, float *joined, int64_t groups) {
    for (int64_t start = 0, end; start < count; start = end) {
        for (end = start + 1; end < count && group[end] == group[start];) end++;
        for (int64_t t = start; t < end; t++)
            for (int64_t s = 0; s < count; s++)
                joined[group[t] * groups + group[s]] += map[t * count + s] / (float)(end - start);
    }
}

/* `mark` bytes of a piece that does not begin its word are left out. */
static void join_words(struct reading *reading, const int64_t *group, int64_t groups, int mark) {
    char **word = allocate((size_t)groups, sizeof *word);
    unsigned char *special = allocate((size_t)groups, 1);
    for (int64_t t = 0; t < reading->count; t++) {
        char **whole = &word[group[t]];
        const char *piece = reading->word[t] + (*whole ? mark : 0);
        char *longer = allocate((*whole ? strlen(*whole) : 0) + strlen(piece) + 1, 1);
        strcat(strcpy(longer, *whole ? *whole : ""), piece);
        free(*whole);
        *whole = longer;
        special[group[t]] = reading->special[t];
        free(reading->word[t]);
    }
    free(reading->word);
    free(reading->special);
    reading->word = word;
    reading->special = special;
}

void reading_join_by(struct reading *reading, const int64_t *group, int64_t groups, int mark) {
    int64_t count = reading->count, maps = reading->layers * reading->heads;
    float *joined = allocate((size_t)(maps * groups * groups), sizeof *joined);
    for (int64_t i = 0; i < maps; i++)
        join_map(reading->weight + i * count * count, group, count, joined + i * groups * groups, groups);
    join_words(reading, group, groups, mark);
    free(reading->weight);
    reading->weight = joined;
    reading->count = groups;
}

void reading_join(struct reading *reading) {
    int64_t *group = allocate((size_t)reading->count, sizeof *group);
    int64_t groups = group_pieces(reading, group);
    reading_join_by(reading, group, groups, 2);
    free(group);
}

/* The word in the vocabulary's spelling (lower case, without accents, ...) with its pieces put together. */
static char *spell(const struct engine *engine, const char *word) {
    struct tokens tokens = engine_tokens(engine, word);
    size_t bytes = 1;
    for (int64_t t = 0; t < tokens.count; t++) bytes += strlen(sa_tokenizer_token(engine->tokenizer, tokens.id[t]));
    char *spelled = allocate(bytes, 1);
    for (int64_t t = 0; t < tokens.count; t++) {
        const char *piece = sa_tokenizer_token(engine->tokenizer, tokens.id[t]);
        if (!engine_is_special(engine, tokens.id[t])) strcat(spelled, piece + (*spelled && continues(piece) ? 2 : 0));
    }
    free(tokens.id);
    return spelled;
}

int64_t reading_find(const struct reading *reading, const struct engine *engine, const char *word, int nth) {
    char *spelled = spell(engine, word);
    int seen = 0;
    for (int64_t t = 0; t < reading->count; t++) {
        seen += !strcmp(reading->word[t], word) || !strcmp(reading->word[t], spelled);
        if (seen == nth) {
            free(spelled);
            return t;
        }
    }
    fputs("The words of the text:", stderr);
    for (int64_t t = 0; t < reading->count; t++) fprintf(stderr, " %s", reading->word[t]);
    fputc('\n', stderr);
    if (seen) usage_error("--nth is %d, but the text has \"%s\" %d times", nth, word, seen);
    usage_error("the text has no word \"%s\" (--join puts the pieces of words together)", word);
}
