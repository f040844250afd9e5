/* SPDX-License-Identifier: MIT */
#include "train/graph.h"

#include "base/arith.h"
#include "stack/input.h"

#include <math.h>
#include <string.h>

/* Ids in the tape's memory: `from` for each row, or `same` + `step` * place in the sequence. */
static int32_t *make_ids(struct graph *g, const int32_t *from, int64_t same, int64_t step) {
    int32_t *ids = tape_memory(&g->trainer->tape, g->B * g->T, sizeof *ids);
    for (int64_t r = 0; ids && r < g->B * g->T; r++) ids[r] = from ? from[r] : (int32_t)(same + step * (r % g->T));
    return ids;
}

/* Squares of an image as rows [C][patch][patch]. */
static struct value cut_patches(struct graph *g) {
    const struct input_config *c = &g->stack->config.input;
    const int64_t p = c->patch, columns = input_columns(c), count = input_rows(c) * columns, size = c->channels * p * p;
    struct value v = {.rows = g->B * count, .width = size};
    v.x = tape_memory(&g->trainer->tape, v.rows * size, sizeof *v.x);
    for (int64_t r = 0; v.x && r < v.rows; r++)
        for (int64_t i = 0; i < c->channels * p; i++) {
            const int64_t channel = r / count * c->channels + i / p;
            const int64_t row = r % count / columns * c->row_stride + i % p, column = r % columns * c->column_stride;
            memcpy(v.x + r * size + i * p, g->features + (channel * c->height + row) * c->width + column,
                   (size_t)p * sizeof *v.x);
        }
    return v;
}

static struct value images(struct graph *g) {
    static const enum stack_role specials[] = {DISTILLATION_TOKEN, CLASS_TOKEN};
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    int64_t tokens = input_rows(&c->input) * input_columns(&c->input);
    struct value x = op_linear(t, cut_patches(g), graph_weights(g, &g->bound->once[PATCHES], 0, c->width));
    for (int64_t i = 2 - c->input.special_tokens; i < 2; i++)
        x = op_in_front(t, x, graph_parameter(g, g->bound->once[specials[i]].weight), tokens++);
    return x;
}

/* What each number of a word is multiplied by in models that have a mask token of their own. */
static struct value factors_beside_masks(struct graph *g, int64_t width) {
    const struct input_config *c = &g->stack->config.input;
    struct value v = {.rows = g->B * g->T, .width = width};
    v.x = tape_memory(&g->trainer->tape, v.rows * width, sizeof *v.x);
    for (int64_t b = 0; v.x && b < g->B; b++) {
        const int32_t *ids = g->ids + b * g->T;
        const float scale = scale_beside_masks(c, ids, g->lengths ? g->lengths[b] : g->T);
        for (int64_t i = 0; i < g->T * width; i++)
            v.x[b * g->T * width + i] = ids[i / width] == c->mask_token ? 0 : scale;
    }
    return v;
}

static struct value words(struct graph *g) {
    const struct input_config *c = &g->stack->config.input;
    const double scale = c->multiplier * (c->scale_words ? sqrt((double)g->stack->config.width) : 1);
    struct tape *t = &g->trainer->tape;
    struct value x = op_rows_of(t, graph_parameter(g, g->bound->once[WORDS].weight), c->embedding,
                                make_ids(g, g->ids, 0, 0), g->B * g->T, scale);
    if (c->mask_token >= 0) x = op_multiply(t, x, factors_beside_masks(g, x.width));
    if (c->norms_words) x = graph_norm(g, &g->bound->once[INPUT_NORM], x);
    if (!c->types) return x;
    return op_add(t, x,
                  op_rows_of(t, graph_parameter(g, g->bound->once[TYPES].weight), c->embedding, make_ids(g, NULL, 0, 0),
                             g->B * g->T, 1),
                  1);
}

static struct value sinusoids(struct graph *g) {
    const int64_t width = position_width(&g->stack->config), offset = g->stack->config.positions.offset;
    struct value v = {.rows = g->B * g->T, .width = width};
    v.x = tape_memory(&g->trainer->tape, v.rows * width, sizeof *v.x);
    for (int64_t r = 0; v.x && r < v.rows; r++)
        memcpy(v.x + r * width, g->stack->sinusoids + (offset + r % g->T) * width, (size_t)width * sizeof *v.x);
    return v;
}

static struct value add_positions(struct graph *g, struct value x) {
    const struct position_config *c = &g->stack->config.positions;
    struct tape *t = &g->trainer->tape;
    if (c->kind != POSITIONS_LEARNED && c->kind != POSITIONS_SINUSOIDAL) return x;
    struct parameter *table = graph_parameter(g, g->bound->once[POSITIONS].weight);
    const struct value rows =
        table ? op_rows_of(t, table, x.width, make_ids(g, NULL, c->offset, 1), x.rows, 1) : sinusoids(g);
    return op_add(t, x, rows, 1);
}

static struct value widen(struct graph *g, struct value x) {
    if (!g->stack->config.input.has_matrix) return x;
    return op_linear(&g->trainer->tape, x, graph_weights(g, &g->bound->once[EMBEDDING], 0, g->stack->config.width));
}

struct value graph_input(struct graph *g) {
    const struct input_config *c = &g->stack->config.input;
    struct value x = c->kind == INPUT_PATCHES ? images(g) : words(g);
    if (c->matrix_first) x = widen(g, x);
    x = add_positions(g, x);
    if (c->has_norm && !c->norms_words) x = graph_norm(g, &g->bound->once[INPUT_NORM], x);
    return c->matrix_first ? x : widen(g, x);
}
