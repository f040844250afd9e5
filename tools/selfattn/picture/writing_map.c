/* SPDX-License-Identifier: MIT */
#include "picture/writing_map.h"

#include "exit.h"
#include "picture/heatmap.h"

#include <ctype.h>
#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void check_choice(const char *option, int value, int64_t count) {
    if (value != NOT_GIVEN && (value < 0 || value >= count))
        usage_error("%s is %d, the model has 0 to %lld", option, value, (long long)count - 1);
}

void writing_map_check(const struct engine *e, int layer, int head) {
    check_choice("--layer", layer, sa_model_get(e->model, SA_MODEL_DECODER_LAYERS));
    check_choice("--head", head, sa_model_get(e->model, SA_MODEL_DECODER_QUERY_HEADS));
}

/* Adds the weights of one head to the map: a word was written from where the token before it looked. */
static void add_head(const float *weight, int64_t T, float share, float *map) {
    for (int64_t t = 1; t < T; t++)
        for (int64_t s = 0; s < t; s++) map[t * T + s] += share * weight[(t - 1) * T + s];
}

static void fill_map(const struct engine *e, const struct tokens *all, int layer, int head, float *map) {
    const int64_t L = sa_model_get(e->model, SA_MODEL_DECODER_LAYERS), T = all->count;
    const int64_t H = sa_model_get(e->model, SA_MODEL_DECODER_QUERY_HEADS);
    float *weight = allocate((size_t)(L * H) * (size_t)T, (size_t)T * sizeof *weight);
    const float share = 1 / (float)((layer == NOT_GIVEN ? L : 1) * (head == NOT_GIVEN ? H : 1));
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = T, .ids = all->id, .attention = weight};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    for (int64_t l = 0; l < L; l++)
        for (int64_t h = 0; h < H; h++)
            if ((layer == NOT_GIVEN || l == layer) && (head == NOT_GIVEN || h == head))
                add_head(weight + (l * H + h) * T * T, T, share, map);
    free(weight);
}

/* A reading with one layer and one head, of tokens. */
static struct reading read_tokens(const struct engine *e, const struct tokens *all, int layer, int head) {
    struct reading r = {.layers = 1, .heads = 1, .count = all->count};
    r.word = engine_pieces(e, all);
    r.special = allocate((size_t)r.count, 1);
    r.weight = allocate((size_t)r.count * (size_t)r.count, sizeof *r.weight);
    fill_map(e, all, layer, head, r.weight);
    for (int64_t t = 0; t < r.count; t++) r.special[t] = !*r.word[t];
    return r;
}

/* Whether a token's text begins a word: after spaces, line ends and punctuation, and in scripts without spaces. */
static int begins(const struct reading *r, int64_t t) {
    if (t == 0 || r->special[t] || r->special[t - 1]) return 1;
    const unsigned char *text = (const unsigned char *)r->word[t], *before = (const unsigned char *)r->word[t - 1];
    unsigned char first = text[0], last = before[strlen(r->word[t - 1]) - 1];
    if (isspace(first) || last == '\n') return 1;
    if (ispunct(first)) return first != '\'' && first != '-';
    return first >= 0xe3 || (ispunct(last) && last != '\'' && last != '-');
}

/* What stands in the picture for a word: no spaces around it, something visible for a line end. */
static char *tidy(char *word) {
    char *valid = g_utf8_make_valid(word, -1), *text = g_strstrip(valid);
    char *tidied = strdup(*text ? text : strchr(word, '\n') ? "\xE2\x86\xB5" : "\xE2\x90\xA3");
    g_free(valid);
    free(word);
    return tidied;
}

/* Puts tokens together to words; *first becomes a number of words. */
static void join(struct reading *r, int64_t *first) {
    int64_t *group = allocate((size_t)r->count, sizeof *group), groups = 0, new_words = 0;
    for (int64_t t = 0; t < r->count; t++) {
        groups += begins(r, t);
        group[t] = groups - 1;
        if (t == *first) new_words = group[t];
    }
    *first = new_words;
    reading_join_by(r, group, groups, 0);
    for (int64_t t = 0; t < r->count; t++)
        if (!r->special[t]) r->word[t] = tidy(r->word[t]);
    free(group);
}

static void write_title(char *title, size_t size, int layer, int head) {
    int n = snprintf(title, size, "What each new word was written from");
    if (layer == NOT_GIVEN && head == NOT_GIVEN)
        snprintf(title + n, size - (size_t)n, ": mean of all layers and heads");
    else if (layer == NOT_GIVEN)
        snprintf(title + n, size - (size_t)n, ": head %d, mean of all layers", head);
    else if (head == NOT_GIVEN)
        snprintf(title + n, size - (size_t)n, ": layer %d, mean of all heads", layer);
    else
        snprintf(title + n, size - (size_t)n, ": layer %d, head %d", layer, head);
}

void writing_map_draw(const struct engine *engine, const struct tokens *all, int64_t first, int layer, int head,
                      const char *text, const char *file) {
    if (first >= all->count) failure("no word was written, so there is nothing to draw");
    struct reading reading = read_tokens(engine, all, layer, head);
    join(&reading, &first);
    char title[96], *valid = g_utf8_make_valid(text, -1);
    write_title(title, sizeof title, layer, head);
    const struct heatmap heatmap = {
        .reading = &reading,
        .word = -1,
        .first = first,
        .no_special = 1,
        .title = title,
        .text = valid,
        .note = "A row shows how much the model looked at each word above when it wrote the word at "
                "the left. What is missing to 1 went to tokens that are not drawn."};
    heatmap_draw(&heatmap, file);
    g_free(valid);
    reading_free(&reading);
}
