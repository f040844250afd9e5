/* Positions by a convolution over the state: x + f(conv(x)), where each group of channels is convolved on its own
 * (Baevski et al., "wav2vec 2.0", 2020). Half a kernel of zeros stands in front; the result has as many rows as x.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "flow/project/project.h"
#include "stack/activation.h"
#include "stack/input.h"
#include "stack/norm.h"
#include "stack/rows.h"

#include <string.h>

/* Where the buffers of a sequence lie in scratch memory, in bytes. */
struct buffers {
    int64_t group;  /* float [T + kernel - 1][channels of a group] */
    int64_t result; /* float [T][E] */
    int64_t work;   /* scratch memory of a projection */
    struct ledger ledger;
};

/* The convolution of group g; its weights are rows of the matrix of all groups. */
static struct projection step(const struct machine *machine, const struct input *in, struct linear *group, int64_t g,
                              float *x, float *y) {
    const struct stack *s = in->stack;
    const int64_t E = s->config.width, channels = E / s->config.positions.groups;
    *group = s->position_groups;
    group->out = channels;
    group->weights = (const float *)group->weights + g * channels * group->ld;
    group->bias += g * channels;
    const struct view from = {.data = x, .stride_s = channels, .stride_d = 1},
                      to = {.data = y ? y + g * channels : NULL, .stride_s = E, .stride_d = 1};
    return plan_projection(machine, group, 1, in->T, from, to);
}

static struct buffers place_buffers(const struct machine *machine, const struct input *in) {
    const struct stack_config *c = &in->stack->config;
    struct buffers b = {.ledger = {.title = "convolution of positions"}};
    struct linear group;
    const struct projection p = step(machine, in, &group, 0, NULL, NULL);
    b.group =
        ledger_book(&b.ledger, "group", in->T + c->positions.kernel - 1, c->width / c->positions.groups, sizeof(float));
    b.result = ledger_book(&b.ledger, "result", in->T, c->width, sizeof(float));
    b.work = ledger_book(&b.ledger, "projection", project_bytes(machine, &p), 1, 1);
    return b;
}

int64_t position_convolution_bytes(const struct machine *machine, const struct input *in) {
    if (in->stack->config.positions.kind != POSITIONS_CONVOLUTION) return 0;
    const struct buffers b = place_buffers(machine, in);
    return ledger_bytes(&b.ledger);
}

static void scale_and_shift(const float *scales, const float *shifts, int64_t channels, float *x) {
    for (int64_t i = 0; i < channels; i++) x[i] = x[i] * scales[i] + shifts[i];
}

/* The channels of group g with zeros around them. */
static void fill_group(const struct input *in, int64_t g, const float *state, float *rows) {
    const struct stack_config *c = &in->stack->config;
    const int64_t channels = c->width / c->positions.groups, before = c->positions.kernel / 2;
    const float *scales = in->stack->position_scales;
    memset(rows, 0, (size_t)((in->T + c->positions.kernel - 1) * channels) * sizeof *rows);
    for (int64_t t = 0; t < in->T; t++) {
        float *row = rows + (before + t) * channels;
        memcpy(row, state + t * c->width + g * channels, (size_t)channels * sizeof *rows);
        if (scales) scale_and_shift(scales + g * channels, in->stack->position_shifts + g * channels, channels, row);
    }
}

struct adding {
    const struct machine *machine;
    const struct stack *stack;
    float *state, *result;
};

static void add_rows(void *arg, int64_t first, int64_t last) {
    const struct adding *a = arg;
    const struct stack_config *c = &a->stack->config;
    const int64_t at = first * c->width, n = (last - first) * c->width;
    activate(a->machine->kernels, (enum activation)c->input.convolutions.activation, a->result + at, n);
    for (int64_t i = at; i < at + n; i++) a->state[i] += a->result[i];
    for (int64_t t = first; c->positions.has_norm && t < last; t++)
        norm_row(&a->stack->position_norm, a->state + t * c->width, a->state + t * c->width);
}

void position_convolution_run(const struct machine *machine, const struct input *in, float *state, char *scratch) {
    const struct stack_config *c = &in->stack->config;
    if (c->positions.kind != POSITIONS_CONVOLUTION) return;
    const struct buffers b = place_buffers(machine, in);
    float *rows = (float *)(scratch + b.group), *result = (float *)(scratch + b.result);
    ledger_open(&b.ledger, scratch);
    for (int64_t i = 0; i < in->B; i++) {
        struct adding adding = {machine, in->stack, state + i * in->T * c->width, result};
        for (int64_t g = 0; g < c->positions.groups; g++) {
            struct linear group;
            const struct projection p = step(machine, in, &group, g, rows, result);
            fill_group(in, g, adding.state, rows);
            project(machine, &p, scratch + b.work);
        }
        rows_run(&machine->parallel, in->T, add_rows, &adding);
    }
    ledger_close(&b.ledger, scratch);
}
