/* Sound of any length, [channels][frames] or [frames][channels]: convolutions, each with an activation, some with norms
 * (Baevski et al., "wav2vec 2.0", 2020; Jeffries et al., "Moonshine", 2024; Wang et al., "fairseq S2T", 2020).
 *
 * Rows are stored one behind the other, as in input_sound.c, so that each convolution is a projection of overlapping
 * rows. Two buffers take turns.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "flow/project/project.h"
#include "stack/activation.h"
#include "stack/input.h"
#include "stack/norm.h"
#include "stack/rows.h"

#include <math.h>
#include <string.h>

/* Where the buffers of a sequence lie in scratch memory, in bytes. */
struct buffers {
    int64_t rows[2]; /* float, with padding: those of even and of odd convolutions */
    int64_t work;    /* scratch memory of the projections */
    struct ledger ledger;
};

/* Rows of zeros at each end of what convolution i reads. */
static int64_t padding(const struct stack *s, int64_t i) {
    const struct convolution_config *c = &s->config.input.convolutions;
    return c->is_padded && i < c->count ? c->kernels[i] / 2 : 0;
}

/* Channels that convolution i reads; those behind the last one for i = count. */
static int64_t channels_of(const struct stack *s, int64_t i) {
    if (i == 0) return s->config.input.channels;
    return s->front[i - 1].out / (s->config.input.convolutions.is_halved ? 2 : 1);
}

/* Convolution i from rows x, padding included, to rows y. */
static struct projection step(const struct machine *machine, const struct stack *s, int64_t i, int64_t rows, float *x,
                              float *y) {
    const struct view from = {.data = x,
                              .stride_s = s->config.input.convolutions.strides[i] * channels_of(s, i),
                              .stride_d = 1},
                      to = {.data = y, .stride_s = s->front[i].out, .stride_d = 1};
    return plan_projection(machine, &s->front[i], 1, rows, from, to);
}

static struct buffers place_buffers(const struct machine *machine, const struct input *in) {
    const struct stack *s = in->stack;
    const struct convolution_config *c = &s->config.input.convolutions;
    struct buffers b = {.ledger = {.title = "convolutions"}};
    int64_t most[2] = {0}, work = 0, rows = in->width, size;
    for (int64_t i = 0; i <= c->count; i++) {
        const int64_t width = i ? s->front[i - 1].out : s->config.input.channels;
        ledger_require(&b.ledger, checked_mul(rows + 2 * padding(s, i), width, &size));
        most[i % 2] = max_i64(most[i % 2], size);
        if (i == c->count) break;
        rows = convolution_rows(c, i, rows);
        const struct projection p = step(machine, s, i, rows, NULL, NULL);
        const int64_t bytes = project_bytes(machine, &p);
        ledger_require(&b.ledger, bytes >= 0);
        work = max_i64(work, bytes);
    }
    b.rows[0] = ledger_book(&b.ledger, "even rows", most[0], 1, sizeof(float));
    b.rows[1] = ledger_book(&b.ledger, "odd rows", most[1], 1, sizeof(float));
    b.work = ledger_book(&b.ledger, "projections", work, 1, 1);
    return b;
}

int64_t convolutions_bytes(const struct machine *machine, const struct input *in) {
    const struct buffers b = place_buffers(machine, in);
    return ledger_bytes(&b.ledger);
}

static void fill_frames(const struct input *in, const float *features, float *rows) {
    const struct input_config *c = &in->stack->config.input;
    for (int64_t t = 0; t < in->width; t++)
        for (int64_t i = 0; i < c->channels; i++)
            rows[t * c->channels + i] = features[c->is_transposed ? t * c->channels + i : i * in->width + t];
}

/* Rows [count][channels] that are normalised over rows: each channel on its own, or all channels together. */
struct over_rows {
    const struct norm *norm;
    float *x;
    int64_t count, channels;
    int together;
};

/* Mean and 1 / sqrt(variance + epsilon) of the channels first ... last - 1. */
static void moments(const struct over_rows *o, int64_t first, int64_t last, double *mean, double *factor) {
    const double n = (double)(o->count * (last - first));
    double sum = 0, square = 0;
    for (int64_t t = 0; t < o->count; t++)
        for (int64_t i = first; i < last; i++) sum += (double)o->x[t * o->channels + i];
    *mean = sum / n;
    for (int64_t t = 0; t < o->count; t++)
        for (int64_t i = first; i < last; i++) {
            const double off = (double)o->x[t * o->channels + i] - *mean;
            square += off * off;
        }
    *factor = 1 / sqrt(square / n + o->norm->epsilon);
}

static void normalise_channel(const struct over_rows *o, int64_t i, double mean, double factor) {
    for (int64_t t = 0; t < o->count; t++) {
        float *x = o->x + t * o->channels + i;
        *x = (float)(((double)*x - mean) * factor * (double)o->norm->weight[i] + (double)o->norm->bias[i]);
    }
}

static void normalise_channels(void *arg, int64_t first, int64_t last) {
    const struct over_rows *o = arg;
    double mean, factor;
    if (o->together) moments(o, 0, o->channels, &mean, &factor);
    for (int64_t i = first; i < last; i++) {
        if (!o->together) moments(o, i, i + 1, &mean, &factor);
        normalise_channel(o, i, mean, factor);
    }
}

static void normalise(const struct machine *machine, const struct stack *s, int64_t i, int64_t rows, float *x) {
    const int kind = s->config.input.convolutions.norm;
    struct over_rows o = {&s->front_norms[i], x, rows, channels_of(s, i + 1), kind == CONVOLUTION_NORM_ALL};
    if (kind == CONVOLUTION_NORM_LAYERS) norm_rows(&machine->parallel, &s->front_norms[i], rows, x, x);
    if (i || kind == CONVOLUTION_NORM_LAYERS || kind == CONVOLUTION_NORM_NONE) return;
    if (o.together)
        normalise_channels(&o, 0, o.channels);
    else
        rows_run(&machine->parallel, o.channels, normalise_channels, &o);
}

struct activating {
    const struct kernels *kernels;
    enum activation f;
    int is_halved;
    float *x;
    int64_t width;
};

static void activate_rows(void *arg, int64_t first, int64_t last) {
    const struct activating *a = arg;
    if (!a->is_halved) {
        activate(a->kernels, a->f, a->x + first * a->width, (last - first) * a->width);
        return;
    }
    for (int64_t t = first; t < last; t++)
        for (int64_t i = 0; i < a->width / 2; i++)
            a->x[t * a->width + i] /= 1 + expf(-a->x[t * a->width + a->width / 2 + i]);
}

/* Activates what convolution i has made; of halved rows only the first halves stay. */
static void finish(const struct machine *machine, const struct stack *s, int64_t i, int64_t rows, float *x) {
    const struct convolution_config *c = &s->config.input.convolutions;
    struct activating a = {machine->kernels, (enum activation)(i ? c->activation : c->first_activation), c->is_halved,
                           x, s->front[i].out};
    if (c->norm != CONVOLUTION_NORM_ALL) normalise(machine, s, i, rows, x);
    rows_run(&machine->parallel, rows, activate_rows, &a);
    for (int64_t t = 1; c->is_halved && t < rows; t++)
        memmove(x + t * a.width / 2, x + t * a.width, (size_t)a.width / 2 * sizeof *x);
    if (c->norm == CONVOLUTION_NORM_ALL) normalise(machine, s, i, rows, x);
}

/* One sequence. Returns where its rows lie. */
static const float *convolve(const struct machine *machine, const struct input *in, const struct buffers *b,
                             const float *features, char *scratch) {
    const struct stack *s = in->stack;
    const struct convolution_config *c = &s->config.input.convolutions;
    int64_t rows = in->width;
    float *x = (float *)(scratch + b->rows[0]);
    fill_frames(in, features, x + padding(s, 0) * channels_of(s, 0));
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t before = padding(s, i) * channels_of(s, i);
        float *y = (float *)(scratch + b->rows[(i + 1) % 2]), *first = y + padding(s, i + 1) * channels_of(s, i + 1);
        memset(x, 0, (size_t)before * sizeof *x);
        memset(x + before + rows * channels_of(s, i), 0, (size_t)before * sizeof *x);
        rows = convolution_rows(c, i, rows);
        const struct projection p = step(machine, s, i, rows, x, first);
        project(machine, &p, scratch + b->work);
        finish(machine, s, i, rows, first);
        x = y;
    }
    return x;
}

void convolutions_run(const struct machine *machine, const struct input *in, float *state, void *scratch) {
    const struct input_config *c = &in->stack->config.input;
    const struct buffers b = place_buffers(machine, in);
    const int64_t size = in->T * c->embedding;
    ledger_open(&b.ledger, scratch);
    for (int64_t i = 0; i < in->B; i++)
        memcpy(state + i * size, convolve(machine, in, &b, in->features + i * c->channels * in->width, scratch),
               (size_t)size * sizeof *state);
    ledger_close(&b.ledger, scratch);
}
