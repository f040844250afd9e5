/* SPDX-License-Identifier: MIT */
#include "picture/translation_map.h"

#include "exit.h"
#include "picture/heatmap.h"

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in the picture for each token: its text, or its name where it has none. */
static void name_tokens(const struct engine *e, const struct tokens *t, char **word, unsigned char *special) {
    char **piece = engine_pieces(e, t);
    for (int64_t i = 0; i < t->count; i++) {
        char *valid = g_utf8_make_valid(piece[i], -1);
        const char *name = sa_tokenizer_token(e->tokenizer, t->id[i]), *text = g_strstrip(valid);
        special[i] = !*piece[i];
        word[i] = strdup(*text ? text : name ? name : "?");
        g_free(valid);
        free(piece[i]);
    }
    free(piece);
}

/* The decoder's tokens but for the last one: a token was written where the one before it looked. */
static struct tokens targets_of(const struct rewriting *r, const struct tokens *begin, const struct tokens *written) {
    struct tokens t = rewriting_prompt(r, begin);
    t.id = reallocate(t.id, (size_t)(t.count + written->count), sizeof *t.id);
    memcpy(t.id + t.count, written->id, (size_t)(written->count - 1) * sizeof *t.id);
    t.count += written->count - 1;
    return t;
}

/* Fills the rows of the written tokens, which stand behind those of the source in the map. */
static void fill_map(const struct rewriting *r, const struct tokens *source, const struct tokens *targets,
                     int64_t written, int64_t layer, int head, float *map) {
    const struct engine *e = r->engine;
    const int64_t L = sa_model_get(e->model, SA_MODEL_DECODER_LAYERS), S = source->count, U = targets->count;
    const int64_t H = sa_model_get(e->model, SA_MODEL_DECODER_QUERY_HEADS);
    float *weight = allocate((size_t)(L * H * U), (size_t)S * sizeof *weight);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = S,
                                 .ids = source->id,
                                 .targets = U,
                                 .target_ids = targets->id,
                                 .cross_attention = weight};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    const int64_t first = head == NOT_GIVEN ? 0 : head, heads = head == NOT_GIVEN ? H : 1;
    for (int64_t h = first; h < first + heads; h++)
        for (int64_t t = 0; t < written; t++)
            for (int64_t s = 0; s < S; s++)
                map[(S + t) * (S + written) + s] +=
                    weight[((layer * H + h) * U + U - written + t) * S + s] / (float)heads;
    free(weight);
}

void translation_map_draw(const struct rewriting *r, const struct tokens *source, const struct tokens *begin,
                          const struct rewritten *written, int layer, int head, const char *file) {
    const int64_t S = source->count, W = written->tokens.count, T = S + W;
    if (!W) failure("no word was written, so there is nothing to draw");
    struct engine writer = *r->engine;
    writer.tokenizer = r->written;
    struct reading reading = {.layers = 1,
                              .heads = 1,
                              .count = T,
                              .word = allocate((size_t)T, sizeof *reading.word),
                              .special = allocate((size_t)T, 1),
                              .weight = allocate((size_t)T, (size_t)T * sizeof *reading.weight)};
    name_tokens(r->engine, source, reading.word, reading.special);
    name_tokens(&writer, &written->tokens, reading.word + S, reading.special + S);
    struct tokens targets = targets_of(r, begin, &written->tokens);
    const int64_t last = sa_model_get(r->engine->model, SA_MODEL_DECODER_LAYERS) - 1;
    fill_map(r, source, &targets, W, layer == NOT_GIVEN ? last : layer, head, reading.weight);
    char title[128], which[40] = "mean of all heads", *text = g_utf8_make_valid(written->text, -1);
    if (head != NOT_GIVEN) snprintf(which, sizeof which, "head %d", head);
    snprintf(title, sizeof title, "What each new word looked at: layer %lld, %s",
             (long long)(layer == NOT_GIVEN ? last : layer), which);
    const struct heatmap heatmap = {
        .reading = &reading,
        .word = -1,
        .first = S,
        .apart = 1,
        .title = title,
        .text = text,
        .note = "A row shows how much the model looked at each word of the source, above, when it wrote the word at "
                "the left."};
    heatmap_draw(&heatmap, file);
    g_free(text);
    free(targets.id);
    reading_free(&reading);
}
