/* SPDX-License-Identifier: MIT */
#include "train/graph.h"

#include "base/arith.h"
#include "stack/input.h"

#include <math.h>
#include <string.h>

/* Ids in the tape's memory, one for each row; NULL: all are 0. */
static int32_t *make_ids(struct graph *g, const int32_t *from) {
    int32_t *ids = tape_memory(&g->trainer->tape, g->B * g->T, sizeof *ids);
    for (int64_t r = 0; ids && from && r < g->B * g->T; r++) ids[r] = from[r];
    return ids;
}

/* Rows of a table of the stack. */
static struct value rows_of(struct graph *g, enum stack_role role, const int32_t *ids, double factor) {
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    const struct parameter *table = graph_parameter(g, g->bound->once[role].weight);
    const int64_t width = role == POSITIONS ? position_width(c) : c->input.embedding;
    return op_rows_of(t, tape_parameter(t, table, width), ids, g->B * g->T, factor);
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
    const int64_t registers = c->input.registers, named = c->input.special_tokens - registers;
    int64_t tokens = input_rows(&c->input) * input_columns(&c->input);
    struct value x = op_linear(t, cut_patches(g), graph_weights(g, &g->bound->once[PATCHES], 0, c->width));
    if (registers) x = op_in_front(t, x, graph_parameter(g, g->bound->once[REGISTERS].weight), tokens);
    tokens += registers;
    for (int64_t i = 2 - named; i < 2; i++)
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
    struct value x = rows_of(g, WORDS, make_ids(g, g->ids), scale);
    if (c->mask_token >= 0) x = op_multiply(t, x, factors_beside_masks(g, x.width));
    if (c->norms_words) x = graph_norm(g, &g->bound->once[INPUT_NORM], x);
    return c->types ? op_add(t, x, rows_of(g, TYPES, make_ids(g, NULL), 1), 1) : x;
}

static struct value sinusoids(struct graph *g) {
    const int64_t width = position_width(&g->stack->config), offset = g->stack->config.positions.offset;
    struct value v = {.rows = g->B * g->T, .width = width};
    v.x = tape_memory(&g->trainer->tape, v.rows * width, sizeof *v.x);
    for (int64_t r = 0; v.x && r < v.rows; r++)
        memcpy(v.x + r * width, g->stack->sinusoids + (offset + r % g->T) * width, (size_t)width * sizeof *v.x);
    return v;
}

/* The row of each token in a table of learned positions; -1: registers of an image have none. */
static int32_t *position_rows(struct graph *g) {
    const struct stack_config *c = &g->stack->config;
    const int64_t registers = c->input.registers, named = c->input.special_tokens - registers;
    int32_t *rows = tape_memory(&g->trainer->tape, g->B * g->T, sizeof *rows);
    for (int64_t r = 0; rows && r < g->B * g->T; r++) {
        const int64_t token = r % g->T, row = token < named ? token : token - registers;
        const int is_register = registers && token >= named && row < named;
        rows[r] = is_register ? -1 : (int32_t)(row + c->positions.offset);
    }
    return rows;
}

static struct value learned_positions(struct graph *g) {
    const struct stack_config *c = &g->stack->config;
    struct tape *t = &g->trainer->tape;
    if (!c->positions.table_rows) return rows_of(g, POSITIONS, position_rows(g), 1);
    const struct stretch stretch = stretch_of(c);
    const struct value table = op_stretch(t, graph_parameter(g, g->bound->once[POSITIONS].weight), &stretch);
    return op_rows_of(t, table, position_rows(g), g->B * g->T, 1);
}

static struct value add_positions(struct graph *g, struct value x) {
    const struct position_config *c = &g->stack->config.positions;
    if (c->kind != POSITIONS_LEARNED && c->kind != POSITIONS_SINUSOIDAL) return x;
    return op_add(&g->trainer->tape, x, g->bound->once[POSITIONS].weight ? learned_positions(g) : sinusoids(g), 1);
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
