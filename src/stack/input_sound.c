/* Sound as a spectrogram [bins][frames]: two convolutions over three frames, each with GELU, the second of which takes
 * every other frame (Radford et al., "Whisper", 2022).
 *
 * Rows are stored one behind the other, with a row of zeros at both ends. So the three rows of a convolution are one
 * row of three times the width, and both convolutions are projections of overlapping rows.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "flow/project/project.h"
#include "stack/activation.h"
#include "stack/input.h"
#include "stack/rows.h"

#include <string.h>

/* Where the buffers of a sequence lie in scratch memory, in bytes. */
struct buffers {
    int64_t frames; /* float [frames + 2][bins] */
    int64_t inner;  /* float [frames + 2][E] */
    int64_t work;   /* scratch memory of the projections */
    struct ledger ledger;
};

/* The two convolutions of a sequence; the buffers' address is NULL while planning. */
static void steps(const struct machine *machine, const struct input *in, const struct buffers *b, char *scratch,
                  float *state, struct projection step[2]) {
    const struct stack *s = in->stack;
    const int64_t E = s->config.width, bins = s->config.input.channels, frames = s->config.input.width;
    float *rows = scratch ? (float *)(scratch + b->frames) : NULL;
    float *inner = scratch ? (float *)(scratch + b->inner) : NULL;
    const struct view first_x = {.data = rows, .stride_s = bins, .stride_d = 1},
                      first_y = {.data = inner ? inner + E : NULL, .stride_s = E, .stride_d = 1},
                      second_x = {.data = inner, .stride_s = 2 * E, .stride_d = 1},
                      second_y = {.data = state, .stride_s = E, .stride_d = 1};
    step[0] = plan_projection(machine, &s->convolutions[0], 1, frames, first_x, first_y);
    step[1] = plan_projection(machine, &s->convolutions[1], 1, in->T, second_x, second_y);
}

/* 0 if sizes do not fit. */
static int place_buffers(const struct machine *machine, const struct input *in, struct buffers *b) {
    const struct stack_config *c = &in->stack->config;
    struct projection step[2];
    *b = (struct buffers){.ledger = {.title = "sound"}};
    /* With an even number of frames, the last convolution does not read the last row. */
    b->frames = ledger_book(&b->ledger, "frames", c->input.width + 2, c->input.channels, sizeof(float));
    b->inner = ledger_book(&b->ledger, "inner", c->input.width + 2, c->width, sizeof(float));
    steps(machine, in, b, NULL, NULL, step);
    int64_t first = project_bytes(machine, &step[0]), second = project_bytes(machine, &step[1]);
    ledger_require(&b->ledger, first >= 0 && second >= 0);
    b->work = ledger_book(&b->ledger, "projections", max_i64(first, second), 1, 1);
    return ledger_fits(&b->ledger);
}

int64_t sound_bytes(const struct machine *machine, const struct input *in) {
    struct buffers b;
    return place_buffers(machine, in, &b) ? b.ledger.bytes : -1;
}

struct gelu_rows {
    const struct kernels *kernels;
    float *x;
    int64_t width;
};

static void apply_gelu(void *arg, int64_t first, int64_t last) {
    const struct gelu_rows *r = arg;
    activate(r->kernels, ACTIVATION_GELU, r->x + first * r->width, (last - first) * r->width);
}

static void gelu_all(const struct machine *machine, float *x, int64_t rows, int64_t width) {
    struct gelu_rows r = {machine->kernels, x, width};
    rows_run(&machine->parallel, rows, apply_gelu, &r);
}

static void fill_frames(const struct input *in, const float *features, float *rows) {
    const int64_t bins = in->stack->config.input.channels, frames = in->stack->config.input.width;
    memset(rows, 0, (size_t)bins * sizeof *rows);
    memset(rows + (frames + 1) * bins, 0, (size_t)bins * sizeof *rows);
    for (int64_t t = 0; t < frames; t++)
        for (int64_t i = 0; i < bins; i++) rows[(t + 1) * bins + i] = features[i * frames + t];
}

void sound_run(const struct machine *machine, const struct input *in, float *state, void *scratch) {
    const struct stack_config *c = &in->stack->config;
    const int64_t E = c->width, frames = c->input.width;
    struct buffers b;
    struct projection step[2];
    if (!place_buffers(machine, in, &b)) return;
    ledger_open(&b.ledger, scratch);
    float *rows = (float *)((char *)scratch + b.frames), *inner = (float *)((char *)scratch + b.inner);
    for (int64_t s = 0; s < in->B; s++) {
        steps(machine, in, &b, scratch, state + s * in->T * E, step);
        fill_frames(in, in->features + s * c->input.channels * frames, rows);
        memset(inner, 0, (size_t)E * sizeof *inner);
        memset(inner + (frames + 1) * E, 0, (size_t)E * sizeof *inner);
        project(machine, &step[0], (char *)scratch + b.work);
        gelu_all(machine, inner + E, frames, E);
        project(machine, &step[1], (char *)scratch + b.work);
        gelu_all(machine, state + s * in->T * E, in->T, E);
    }
    ledger_close(&b.ledger, scratch);
}
