/* From sound to features: the formulas of sa_mel in the header, a task per stretch of frames.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "parallel/parallel.h"
#include "sound/mel.h"

#include <float.h>
#include <math.h>

enum { FRAMES_PER_TASK = 64 };

/* Memory of a worker, in bytes from its beginning. */
struct layout {
    struct ledger worker, all;
    int64_t frame, spectrum, power; /* of a worker */
    int64_t workers, loudest;       /* in all */
};

struct call {
    const sa_mel *mel;
    const float *samples; /* [count], with Whisper's rules then zeros up to `end` */
    int64_t count, end, frames;
    float *features; /* [bins][frames], with Kaldi's rules [frames][bins] */
    const struct layout *layout;
    char *scratch;
};

static struct layout layout_of(const sa_mel *m, int32_t workers, int64_t tasks) {
    const int64_t n = m->fft.size, frequencies = n / 2 + 1;
    struct layout l = {.worker = {.title = "frame"}, .all = {.title = "features of sound"}};
    l.frame = ledger_book(&l.worker, "frame", n, 1, sizeof(double));
    l.spectrum = ledger_book(&l.worker, "spectrum", frequencies, 2, sizeof(double));
    l.power = ledger_book(&l.worker, "power", frequencies, 1, sizeof(double));
    l.loudest = ledger_book(&l.all, "loudest", tasks, 1, sizeof(float));
    l.workers = ledger_book_each(&l.all, &l.worker, workers);
    return l;
}

/* ------------------------------------------------------------------------------------------- Whisper's rules */

/* Sample i of the sound with its mirrored ends. */
static double sample_at(const struct call *c, int64_t i) {
    if (i < 0) i = -i;
    if (i >= c->end) i = 2 * (c->end - 1) - i;
    return i < c->count ? (double)c->samples[i] : 0;
}

/* The samples of frame t by the window; 0 if all are zeros. */
static int take_mirrored(const struct call *c, int64_t t, double *frame) {
    const sa_mel_config *config = &c->mel->config;
    const int64_t first = t * config->step - config->frame / 2;
    int any = 0;
    for (int64_t i = 0; i < config->frame; i++) {
        const double x = sample_at(c, first + i);
        any |= x != 0;
        frame[i] = x * c->mel->taper[i];
    }
    return any;
}

static void end_whisper(const struct call *c, float loudest) {
    const int64_t size = c->mel->config.bins * c->frames;
    for (int64_t i = 0; i < size; i++) c->features[i] = (fmaxf(c->features[i], loudest - 8) + 4) / 4;
}

/* --------------------------------------------------------------------------------------------- Kaldi's rules */

/* The samples of frame t without their mean, each less most of the one before it, by the window; then zeros. 0 if all
 * are zeros. */
static int take_emphasised(const struct call *c, int64_t t, double *frame) {
    const double kept = 0.97;
    const sa_mel_config *config = &c->mel->config;
    const float *samples = c->samples + t * config->step;
    double sum = 0, before;
    int any = 0;
    for (int64_t i = 0; i < config->frame; i++) {
        any |= samples[i] != 0;
        sum += (double)samples[i] * config->scale;
    }
    const double mean = sum / (double)config->frame;
    before = (double)samples[0] * config->scale - mean;
    for (int64_t i = 0; i < config->frame; i++) {
        const double x = (double)samples[i] * config->scale - mean;
        frame[i] = (x - kept * before) * c->mel->taper[i];
        before = x;
    }
    for (int64_t i = config->frame; i < c->mel->fft.size; i++) frame[i] = 0;
    return any;
}

/* Bin b of the sound's frames. One that is the same in all of them has no deviation but that of rounding. */
static void normalise_bin(const struct call *c, int64_t b, int64_t frames) {
    const sa_mel_config *config = &c->mel->config;
    float *y = c->features + b;
    double sum = 0, squares = 0;
    int varies = 0;
    for (int64_t t = 0; t < frames; t++) {
        sum += (double)y[t * config->bins];
        varies |= y[t * config->bins] != y[0];
    }
    const double mean = varies ? sum / (double)frames : (double)y[0];
    for (int64_t t = 0; t < frames; t++) {
        const double d = (double)y[t * config->bins] - mean;
        squares += d * d;
    }
    const double less = config->by_bin & SA_MEL_MEANS ? mean : 0,
                 scale = config->by_bin & SA_MEL_DEVIATIONS && varies ? 1 / sqrt(squares / (double)frames) : 1;
    for (int64_t t = 0; t < frames; t++) y[t * config->bins] = (float)(((double)y[t * config->bins] - less) * scale);
}

static void end_kaldi(const struct call *c) {
    const sa_mel_config *config = &c->mel->config;
    const int64_t frames = sa_mel_frames(c->mel, c->count), size = config->bins * c->frames;
    for (int64_t b = 0; b < config->bins && config->by_bin; b++) normalise_bin(c, b, frames);
    for (int64_t i = 0; i < size; i++)
        c->features[i] = (float)(((double)c->features[i] - config->mean) / config->deviation);
}

/* ------------------------------------------------------------------------------------------------ both kinds */

/* The feature of frame t and bin b. */
static float *feature_at(const struct call *c, int64_t t, int64_t b) {
    const sa_mel_config *config = &c->mel->config;
    return c->features + (config->kind == SA_MEL_KALDI ? t * config->bins + b : b * c->frames + t);
}

static float logarithm(const struct call *c, double power) {
    return (float)(c->mel->config.kind == SA_MEL_KALDI ? log(fmax(power, (double)FLT_EPSILON))
                                                       : log10(fmax(power, 1e-10)));
}

/* Writes the logarithms of frame t, and returns the largest of them. */
static float run_frame(const struct call *c, int64_t t, char *memory) {
    const sa_mel *m = c->mel;
    const struct layout *l = c->layout;
    double *frame = (double *)(memory + l->frame), *power = (double *)(memory + l->power);
    double(*spectrum)[2] = (double(*)[2])(memory + l->spectrum);
    const int any = (m->config.kind == SA_MEL_KALDI ? take_emphasised : take_mirrored)(c, t, frame);
    float largest = logarithm(c, 0);
    if (!any) {
        for (int64_t b = 0; b < m->config.bins; b++) *feature_at(c, t, b) = largest;
        return largest;
    }
    fft_run(&m->fft, frame, spectrum);
    for (int64_t k = 0; k <= m->fft.size / 2; k++)
        power[k] = spectrum[k][0] * spectrum[k][0] + spectrum[k][1] * spectrum[k][1];
    for (int64_t b = 0; b < m->config.bins; b++) {
        const float y = logarithm(c, filters_sum(&m->filters, b, power));
        *feature_at(c, t, b) = y;
        largest = fmaxf(largest, y);
    }
    return largest;
}

/* Frames behind the sound's are 0 with Kaldi's rules. */
static float run_behind(const struct call *c, int64_t t) {
    for (int64_t b = 0; b < c->mel->config.bins; b++) *feature_at(c, t, b) = 0;
    return -HUGE_VALF;
}

static void run_task(void *arg, int64_t task, int32_t worker) {
    const struct call *c = arg;
    const struct layout *l = c->layout;
    const int64_t end = min_i64((task + 1) * FRAMES_PER_TASK, c->frames),
                  last = c->mel->config.kind == SA_MEL_KALDI ? sa_mel_frames(c->mel, c->count) : c->frames;
    char *memory = c->scratch + l->workers + worker * l->worker.bytes;
    float *loudest = (float *)(c->scratch + l->loudest) + task;
    *loudest = -HUGE_VALF;
    for (int64_t t = task * FRAMES_PER_TASK; t < end; t++)
        *loudest = fmaxf(*loudest, t < last ? run_frame(c, t, memory) : run_behind(c, t));
}

static sa_status check_samples(struct report *report, const float *samples, int64_t first, int64_t count) {
    for (int64_t i = 0; i < count; i++)
        if (!isfinite(samples[i]))
            return fail(report, SA_ERR_VALUE, "samples[%lld] is %g, must be a finite number", (long long)(first + i),
                        (double)samples[i]);
    return SA_OK;
}

sa_status mel_run(sa_ctx *ctx, const sa_mel *mel, const float *samples, int64_t first, int64_t count, float *features,
                  int64_t frames, float *loudest) {
    const struct parallel *parallel = &ctx->machine.parallel;
    const int64_t tasks = ceil_div(frames, FRAMES_PER_TASK);
    const struct layout layout = layout_of(mel, parallel_workers(parallel, tasks), tasks);
    sa_status status = check_samples(&ctx->report, samples, first, count);
    if (status == SA_OK && !ledger_fits(&layout.all)) status = fail_overflow(&ctx->report, "the scratch memory");
    if (status == SA_OK) status = context_reserve(ctx, layout.all.bytes);
    if (status != SA_OK) return status;
    struct call call = {.mel = mel,
                        .samples = samples,
                        .count = count,
                        .end = frames * mel->config.step,
                        .frames = frames,
                        .features = features,
                        .layout = &layout,
                        .scratch = ctx->scratch};
    ledger_open(&layout.all, ctx->scratch);
    tasks_run(parallel, tasks, run_task, &call);
    *loudest = -HUGE_VALF;
    for (int64_t t = 0; t < tasks; t++) *loudest = fmaxf(*loudest, ((float *)(call.scratch + layout.loudest))[t]);
    ledger_close(&layout.all, ctx->scratch);
    if (mel->config.kind == SA_MEL_KALDI)
        end_kaldi(&call);
    else
        end_whisper(&call, *loudest);
    return context_cancelled(ctx);
}

static sa_status check_whisper(struct report *report, const sa_mel *mel, int64_t count, int64_t frames) {
    const int64_t end = frames * mel->config.step;
    if (end <= mel->config.frame / 2)
        return fail(report, SA_ERR_SHAPE,
                    "frames is %lld, that is %lld samples; must be more than half of a frame, %lld", (long long)frames,
                    (long long)end, (long long)mel->config.frame / 2);
    if (count > end)
        return fail(report, SA_ERR_VALUE, "count is %lld, must be 0 to frames * step = %lld", (long long)count,
                    (long long)end);
    return SA_OK;
}

static sa_status check_kaldi(struct report *report, const sa_mel *mel, int64_t count, int64_t frames) {
    const int64_t there = sa_mel_frames(mel, count);
    if (there < 1)
        return fail(report, SA_ERR_VALUE, "count is %lld, must be at least a frame = %lld", (long long)count,
                    (long long)mel->config.frame);
    if (there > frames)
        return fail(report, SA_ERR_VALUE, "count is %lld, that is %lld frames; must be no more than frames = %lld",
                    (long long)count, (long long)there, (long long)frames);
    return SA_OK;
}

static sa_status check_call(struct report *report, const sa_mel *mel, const float *samples, int64_t count,
                            const float *features, int64_t frames) {
    int64_t end, size;
    if (!mel) return fail_null(report, "mel");
    if (!features) return fail_null(report, "features");
    if (count && !samples) return fail_null(report, "samples");
    if (frames < 1) return fail(report, SA_ERR_SHAPE, "frames is %lld, must be at least 1", (long long)frames);
    if (count < 0) return fail(report, SA_ERR_VALUE, "count is %lld, must be at least 0", (long long)count);
    if (!checked_mul(frames, mel->config.step, &end) || !checked_mul(frames, mel->config.bins, &size) ||
        !checked_mul(size, sizeof *features, &size) || end > INT64_MAX / 4)
        return fail_overflow(report, "the size of the features");
    return (mel->config.kind == SA_MEL_KALDI ? check_kaldi : check_whisper)(report, mel, count, frames);
}

sa_status sa_mel_features(sa_ctx *ctx, const sa_mel *mel, const float *samples, int64_t count, float *features,
                          int64_t frames) {
    float loudest;
    sa_status status = context_enter(ctx);
    if (status != SA_OK) return status;
    status = check_call(&ctx->report, mel, samples, count, features, frames);
    if (status == SA_OK) status = mel_run(ctx, mel, samples, 0, count, features, frames, &loudest);
    return context_leave(ctx, status);
}
