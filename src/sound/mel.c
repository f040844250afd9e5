/* Making sa_mel from numbers.
 * SPDX-License-Identifier: MIT */
#include "sound/mel.h"

#include "base/compiler.h"

#include <math.h>
#include <stddef.h>

static sa_status check_whole(struct report *report, const char *name, int64_t value, int64_t least, int64_t most) {
    if (value >= least && value <= most) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s is %lld, must be %lld to %lld", name, (long long)value, (long long)least,
                (long long)most);
}

static sa_status check_band(struct report *report, const sa_mel_config *c) {
    const double half = (double)c->rate / 2;
    if (!(c->lowest >= 0 && c->lowest < half))
        return fail(report, SA_ERR_VALUE, "lowest is %g Hz, must be at least 0 and below rate / 2 = %g", c->lowest,
                    half);
    if (!(c->highest > c->lowest && c->highest <= half))
        return fail(report, SA_ERR_VALUE, "highest is %g Hz, must be above lowest = %g and at most rate / 2 = %g",
                    c->highest, c->lowest, half);
    return SA_OK;
}

static sa_status check_whisper(struct report *report, const sa_mel_config *c) {
    if (c->by_bin || c->scale != 0 || c->window_power != 0 || c->mean != 0 || c->deviation != 0)
        return fail(report, SA_ERR_VALUE,
                    "by_bin, scale, window_power, mean or deviation is set, which only SA_MEL_KALDI has");
    if (c->window <= c->frame / 2)
        return fail(report, SA_ERR_VALUE, "window is %lld, must be more than half of frame = %lld",
                    (long long)c->window, (long long)c->frame);
    return SA_OK;
}

static sa_status check_real(struct report *report, const char *name, double value, double least, double most) {
    if (value >= least && value <= most) return SA_OK;
    return fail(report, SA_ERR_VALUE, "%s is %g, must be %g to %g", name, value, least, most);
}

static sa_status check_kaldi(struct report *report, const sa_mel_config *c) {
    if (!(c->scale > 0 && c->scale <= 1e9))
        return fail(report, SA_ERR_VALUE, "scale is %g, must be above 0 and at most 1e9", c->scale);
    if (!(c->window_power > 0 && c->window_power <= 16))
        return fail(report, SA_ERR_VALUE, "window_power is %g, must be above 0 and at most 16", c->window_power);
    sa_status status = check_whole(report, "by_bin", c->by_bin, 0, SA_MEL_MEANS | SA_MEL_DEVIATIONS);
    if (status == SA_OK) status = check_real(report, "mean", c->mean, -1e6, 1e6);
    if (status == SA_OK) status = check_real(report, "deviation", c->deviation, 1e-6, 1e6);
    return status;
}

static sa_status check_config(struct report *report, const sa_mel_config *c) {
    const struct {
        const char *name;
        int64_t value, least, most;
    } numbers[] = {{"kind", c->kind, SA_MEL_WHISPER, SA_MEL_KALDI},
                   {"rate", c->rate, 1, 1000000},
                   {"frame", c->frame, 2, 65536},
                   {"step", c->step, 1, 65536},
                   {"bins", c->bins, 1, 1024},
                   {"window", c->window, c->kind == SA_MEL_WHISPER, INT32_MAX}};
    sa_status status = SA_OK;
    for (int i = 0; i < COUNT_OF(numbers) && status == SA_OK; i++)
        status = check_whole(report, numbers[i].name, numbers[i].value, numbers[i].least, numbers[i].most);
    if (status != SA_OK) return status;
    if (c->window % c->step)
        return fail(report, SA_ERR_VALUE, "window is %lld, must be a multiple of step = %lld", (long long)c->window,
                    (long long)c->step);
    status = (c->kind == SA_MEL_KALDI ? check_kaldi : check_whisper)(report, c);
    return status == SA_OK ? check_band(report, c) : status;
}

static void fill_in_kaldi(sa_mel_config *c) {
    if (!c->frame) c->frame = c->rate * 25 / 1000;
    if (!c->step) c->step = c->rate * 10 / 1000;
    if (c->lowest == 0) c->lowest = 20;
    if (c->scale == 0) c->scale = 1;
    if (c->window_power == 0) c->window_power = 1;
    if (c->deviation == 0) c->deviation = 1;
}

static void fill_in_whisper(sa_mel_config *c) {
    if (!c->frame) c->frame = 400;
    if (!c->step) c->step = 160;
    if (!c->window) c->window = 480000;
}

/* The rate may be any number yet. */
static void fill_in_defaults(sa_mel_config *c) {
    if (!c->rate) c->rate = 16000;
    if (!c->bins) c->bins = 80;
    if (c->highest == 0) c->highest = (double)c->rate / 2;
    if (c->kind == SA_MEL_KALDI && c->rate > 0 && c->rate <= 1000000) fill_in_kaldi(c);
    if (c->kind == SA_MEL_WHISPER) fill_in_whisper(c);
}

/* Whisper's window is periodic: it ends a sample before the next one would begin. */
static sa_status make_taper(struct report *report, sa_mel *m) {
    const int is_kaldi = m->config.kind == SA_MEL_KALDI;
    const int64_t n = m->config.frame, period = is_kaldi ? n - 1 : n;
    m->taper = memory_allocate(&m->memory, n, sizeof *m->taper);
    if (!m->taper) return fail_memory(report, n * (int64_t)sizeof *m->taper, "a frame's window");
    for (int64_t i = 0; i < n; i++) {
        const double hann = 0.5 - 0.5 * cos(2 * acos(-1) * (double)i / (double)period);
        m->taper[i] = is_kaldi ? pow(hann, m->config.window_power) : hann;
    }
    return SA_OK;
}

static int64_t transform_size(const sa_mel_config *c) {
    int64_t size = 2;
    if (c->kind == SA_MEL_WHISPER) return c->frame;
    while (size < c->frame) size *= 2;
    return size;
}

/* FFTW plans with arrays that lie as those of its runs will. */
static sa_status make_plan(struct report *report, sa_mel *m) {
    const int64_t n = transform_size(&m->config);
    double *frame = memory_allocate(&m->memory, n, sizeof *frame);
    double(*spectrum)[2] = memory_allocate(&m->memory, n / 2 + 1, sizeof *spectrum);
    sa_status status = frame && spectrum ? fft_plan(report, n, frame, spectrum, &m->fft)
                                         : fail_memory(report, 2 * n * (int64_t)sizeof *frame, "a frame");
    memory_release(&m->memory, spectrum, n / 2 + 1, sizeof *spectrum);
    memory_release(&m->memory, frame, n, sizeof *frame);
    return status;
}

static sa_status make_filters(struct report *report, sa_mel *m) {
    const sa_mel_config *c = &m->config;
    const int64_t size = transform_size(c);
    const struct filter_layout layout = {.shape = c->kind == SA_MEL_KALDI ? FILTERS_KALDI : FILTERS_SLANEY,
                                         .bins = c->bins,
                                         .frequencies = size / 2 + 1,
                                         .spacing = (double)c->rate / (double)size,
                                         .lowest = c->lowest,
                                         .highest = c->highest};
    return filters_make(&m->memory, report, &layout, &m->filters);
}

static void release(sa_mel *m) {
    fft_release(&m->fft);
    filters_release(&m->memory, &m->filters);
    memory_release(&m->memory, m->taper, m->config.frame, sizeof *m->taper);
}

sa_status mel_make(sa_ctx *ctx, const sa_mel_config *config, sa_mel **mel) {
    static const sa_mel_config defaults = {.struct_size = sizeof defaults};
    struct report *report = &ctx->report;
    sa_mel m = {.memory = ctx->memory};
    sa_mel_config *c = &m.config;
    sa_status status =
        take_struct(report, "sa_mel_config", config ? config : &defaults, c, sizeof *c, offsetof(sa_mel_config, rate));
    if (status != SA_OK) return status;
    fill_in_defaults(c);
    status = check_config(report, c);
    if (status != SA_OK) return status;
    status = make_taper(report, &m);
    if (status == SA_OK) status = make_filters(report, &m);
    if (status == SA_OK) status = make_plan(report, &m);
    if (status == SA_OK && !(*mel = memory_allocate(&m.memory, 1, sizeof m)))
        status = fail_memory(report, sizeof m, "features of sound");
    if (status == SA_OK)
        **mel = m;
    else
        release(&m);
    return status;
}

sa_status sa_mel_create(sa_ctx *ctx, const sa_mel_config *config, sa_mel **mel) {
    if (mel) *mel = NULL;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    return context_leave(ctx, mel ? mel_make(ctx, config, mel) : fail_null(&ctx->report, "mel"));
}

sa_status sa_mel_open(sa_ctx *ctx, const char *path, sa_mel **mel) {
    if (mel) *mel = NULL;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    if (!mel || !path) return context_leave(ctx, fail_null(&ctx->report, mel ? "path" : "mel"));
    return context_leave(ctx, mel_open(ctx, path, mel));
}

void sa_mel_destroy(sa_mel **mel) {
    if (!mel || !*mel) return;
    struct allocator memory = (*mel)->memory;
    release(*mel);
    memory_release(&memory, *mel, 1, sizeof **mel);
    *mel = NULL;
}

int64_t sa_mel_get(const sa_mel *mel, int32_t what) {
    if (!mel) return -1;
    const sa_mel_config *c = &mel->config;
    switch (what) {
    case SA_MEL_RATE:
        return c->rate;
    case SA_MEL_FRAME:
        return c->frame;
    case SA_MEL_STEP:
        return c->step;
    case SA_MEL_BINS:
        return c->bins;
    case SA_MEL_WINDOW:
        return c->window;
    case SA_MEL_KIND:
        return c->kind;
    default:
        return -1;
    }
}

int64_t sa_mel_frames(const sa_mel *mel, int64_t count) {
    if (!mel || count < 0) return -1;
    const sa_mel_config *c = &mel->config;
    if (c->kind == SA_MEL_WHISPER) return count / c->step + (count % c->step > 0);
    return count < c->frame ? 0 : (count - c->frame) / c->step + 1;
}
