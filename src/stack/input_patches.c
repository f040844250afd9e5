/* Images [C][height][width]: special tokens, then squares row by row, each flattened to [C][patch][patch] and projected
 * (Dosovitskiy et al. 2020; Touvron et al. 2020 have a second special token, for distillation).
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "flow/project/project.h"
#include "stack/input.h"
#include "stack/rows.h"

#include <string.h>

/* Where the buffers lie in scratch memory, in bytes. */
struct buffers {
    int64_t patches; /* float [B][patches][C * patch * patch] */
    int64_t work;    /* scratch memory of the projection */
    struct ledger ledger;
};

struct cut {
    const struct input *input;
    float *patches;
};

/* Patches of an image, and elements of a patch. */
static int64_t patch_count(const struct input_config *c) {
    return input_rows(c) * input_columns(c);
}
static int64_t patch_size(const struct input_config *c) {
    return c->channels * c->patch * c->patch;
}

/* A row of p pixels of a channel [height][width], which may be given as [width][height]. */
static void copy_pixels(const struct input_config *c, const float *channel, int64_t row, int64_t column, float *to) {
    if (c->is_transposed)
        for (int64_t i = 0; i < c->patch; i++) to[i] = channel[(column + i) * c->height + row];
    else
        memcpy(to, channel + row * c->width + column, (size_t)c->patch * sizeof *to);
}

static void cut_patches(void *arg, int64_t first, int64_t last) {
    const struct cut *cut = arg;
    const struct input_config *c = &cut->input->stack->config.input;
    const int64_t p = c->patch, columns = input_columns(c), count = patch_count(c), size = patch_size(c);
    for (int64_t r = first; r < last; r++) {
        const int64_t row = r % count / columns * c->row_stride, column = r % count % columns * c->column_stride;
        const float *image = cut->input->features + r / count * c->channels * c->height * c->width;
        for (int64_t i = 0; i < c->channels * p; i++)
            copy_pixels(c, image + i / p * c->height * c->width, row + i % p, column, cut->patches + r * size + i * p);
    }
}

static struct projection step(const struct machine *machine, const struct input *in, const float *patches,
                              float *state) {
    const struct stack *s = in->stack;
    const int64_t E = s->config.width, count = patch_count(&s->config.input), size = patch_size(&s->config.input);
    const int64_t specials = s->config.input.special_tokens;
    const struct view x = {.data = (float *)patches, .stride_b = count * size, .stride_s = size, .stride_d = 1};
    const struct view y = {
        .data = state ? state + specials * E : NULL, .stride_b = in->T * E, .stride_s = E, .stride_d = 1};
    return plan_projection(machine, &s->patches, in->B, count, x, y);
}

static struct buffers place_buffers(const struct machine *machine, const struct input *in) {
    const struct input_config *c = &in->stack->config.input;
    const struct projection p = step(machine, in, NULL, NULL);
    struct buffers b = {.ledger = {.title = "patches"}};
    int64_t rows = 0;
    ledger_require(&b.ledger, checked_mul(in->B, patch_count(c), &rows));
    b.patches = ledger_book(&b.ledger, "patches", rows, patch_size(c), sizeof(float));
    b.work = ledger_book(&b.ledger, "projection", project_bytes(machine, &p), 1, 1);
    return b;
}

int64_t patches_bytes(const struct machine *machine, const struct input *in) {
    const struct buffers b = place_buffers(machine, in);
    return ledger_bytes(&b.ledger);
}

void patches_run(const struct machine *machine, const struct input *in, float *state, void *scratch) {
    const int64_t E = in->stack->config.width;
    const struct buffers b = place_buffers(machine, in);
    struct cut cut = {in, (float *)((char *)scratch + b.patches)};
    const struct projection p = step(machine, in, cut.patches, state);
    ledger_open(&b.ledger, scratch);
    rows_run(&machine->parallel, in->B * patch_count(&in->stack->config.input), cut_patches, &cut);
    project(machine, &p, (char *)scratch + b.work);
    ledger_close(&b.ledger, scratch);
    const int64_t named = in->stack->config.input.special_tokens - in->stack->config.input.registers;
    for (int64_t i = 0; i < in->B; i++) {
        float *rows = state + i * in->T * E;
        for (int64_t t = 0; t < named; t++) tensor_floats(&in->stack->special_tokens[t], 0, E, rows + t * E);
        if (in->stack->config.input.registers)
            tensor_floats(&in->stack->registers, 0, in->stack->config.input.registers * E, rows + named * E);
    }
}
