/* Sound as a spectrogram [bins][frames]: two convolutions over three frames, each with GELU, the second of which takes
 * every other frame (Radford et al., "Whisper", 2022).
 *
 * With its rows stored one behind the other and a row of zeros at both ends, the rows that a convolution looks at are
 * a row of three times the width: both are projections of rows that overlap.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/memory.h"
#include "flow/project/project.h"
#include "stack/activation.h"
#include "stack/input.h"
#include "stack/rows.h"

#include <string.h>

/* Where the buffers of a sequence lie in scratch memory, in bytes. */
struct buffers {
    int64_t frames; /* float [frames + 2][bins] */
    int64_t inner;  /* float [frames + 2][E] */
    int64_t work, bytes;
};

static int book(int64_t *bytes, int64_t rows, int64_t width) {
    int64_t size;
    return checked_mul(rows, width, &size) && checked_mul(size, sizeof(float), &size) &&
           checked_add(*bytes, round_up(size, MEMORY_ALIGNMENT), bytes);
}

/* The two convolutions of a sequence; the buffers' address is NULL while planning. */
static void steps(const struct input *in, const struct buffers *b, char *scratch, float *state,
                  struct projection step[2]) {
    const struct stack *s = in->stack;
    const int64_t E = s->config.width, bins = s->config.input.channels, frames = s->config.input.width;
    float *rows = scratch ? (float *)(scratch + b->frames) : NULL;
    float *inner = scratch ? (float *)(scratch + b->inner) : NULL;
    step[0] = (struct projection){&s->convolutions[0],
                                  1,
                                  frames,
                                  {.data = rows, .stride_s = bins, .stride_d = 1},
                                  {.data = inner ? inner + E : NULL, .stride_s = E, .stride_d = 1}};
    step[1] = (struct projection){&s->convolutions[1],
                                  1,
                                  in->T,
                                  {.data = inner, .stride_s = 2 * E, .stride_d = 1},
                                  {.data = state, .stride_s = E, .stride_d = 1}};
}

static int plan(const struct machine *machine, const struct input *in, struct buffers *b) {
    const struct stack_config *c = &in->stack->config;
    struct projection step[2];
    *b = (struct buffers){0};
    /* Of an even number of frames the last convolution reads one row less; it is there all the same. */
    if (!book(&b->bytes, c->input.width + 2, c->input.channels)) return 0;
    b->inner = b->bytes;
    if (!book(&b->bytes, c->input.width + 2, c->width)) return 0;
    b->work = b->bytes;
    steps(in, b, NULL, NULL, step);
    int64_t first = project_bytes(machine, &step[0]), second = project_bytes(machine, &step[1]);
    return first >= 0 && second >= 0 && checked_add(b->bytes, max_i64(first, second), &b->bytes);
}

int64_t sound_bytes(const struct machine *machine, const struct input *in) {
    struct buffers b;
    return plan(machine, in, &b) ? b.bytes : -1;
}

struct job {
    const struct kernels *kernels;
    float *x;
    int64_t width;
};

static void gelu_rows(void *arg, int64_t first, int64_t last) {
    const struct job *job = arg;
    activate(job->kernels, ACTIVATION_GELU, job->x + first * job->width, (last - first) * job->width);
}

static void run_gelu(const struct machine *machine, float *x, int64_t rows, int64_t width) {
    struct job job = {machine->kernels, x, width};
    rows_run(&machine->parallel, rows, gelu_rows, &job);
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
    if (!plan(machine, in, &b)) return;
    float *rows = (float *)((char *)scratch + b.frames), *inner = (float *)((char *)scratch + b.inner);
    for (int64_t s = 0; s < in->B; s++) {
        steps(in, &b, scratch, state + s * in->T * E, step);
        fill_frames(in, in->features + s * c->input.channels * frames, rows);
        memset(inner, 0, (size_t)E * sizeof *inner);
        memset(inner + (frames + 1) * E, 0, (size_t)E * sizeof *inner);
        project(machine, &step[0], (char *)scratch + b.work);
        run_gelu(machine, inner + E, frames, E);
        project(machine, &step[1], (char *)scratch + b.work);
        run_gelu(machine, state + s * in->T * E, in->T, E);
    }
}
