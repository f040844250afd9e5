/* From sound to features: the formula of sa_mel in the header, a task per stretch of frames.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/ledger.h"
#include "parallel/parallel.h"
#include "sound/mel.h"

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
    const float *samples; /* [count], then zeros up to `end` */
    int64_t count, end, frames;
    float *features; /* [bins][frames] */
    const struct layout *layout;
    char *scratch;
};

static struct layout layout_of(const sa_mel *m, int32_t workers, int64_t tasks) {
    const int64_t n = m->config.frame, frequencies = n / 2 + 1;
    struct layout l = {.worker = {.title = "frame"}, .all = {.title = "features of sound"}};
    l.frame = ledger_book(&l.worker, "frame", n, 1, sizeof(double));
    l.spectrum = ledger_book(&l.worker, "spectrum", frequencies, 2, sizeof(double));
    l.power = ledger_book(&l.worker, "power", frequencies, 1, sizeof(double));
    l.loudest = ledger_book(&l.all, "loudest", tasks, 1, sizeof(float));
    l.workers = ledger_book_each(&l.all, &l.worker, workers);
    return l;
}

/* Sample i of the sound with its mirrored ends. */
static double sample_at(const struct call *c, int64_t i) {
    if (i < 0) i = -i;
    if (i >= c->end) i = 2 * (c->end - 1) - i;
    return i < c->count ? (double)c->samples[i] : 0;
}

/* The samples of frame t by the window; 0 if all are zeros. */
static int take_frame(const struct call *c, int64_t t, double *frame) {
    const sa_mel_config *config = &c->mel->config;
    const int64_t first = t * config->step - config->frame / 2;
    int any = 0;
    for (int64_t i = 0; i < config->frame; i++) {
        const double x = sample_at(c, first + i);
        any |= x != 0;
        frame[i] = x * c->mel->hann[i];
    }
    return any;
}

/* Writes column t, and returns the largest value in it. */
static float run_frame(const struct call *c, int64_t t, char *memory) {
    const sa_mel *m = c->mel;
    const struct layout *l = c->layout;
    double *frame = (double *)(memory + l->frame), *power = (double *)(memory + l->power);
    double(*spectrum)[2] = (double(*)[2])(memory + l->spectrum);
    float largest = MEL_SILENCE;
    if (!take_frame(c, t, frame)) {
        for (int64_t b = 0; b < m->config.bins; b++) c->features[b * c->frames + t] = MEL_SILENCE;
        return largest;
    }
    fft_run(&m->fft, frame, spectrum);
    for (int64_t k = 0; k <= m->config.frame / 2; k++)
        power[k] = spectrum[k][0] * spectrum[k][0] + spectrum[k][1] * spectrum[k][1];
    for (int64_t b = 0; b < m->config.bins; b++) {
        const float y = (float)log10(fmax(filters_sum(&m->filters, b, power), 1e-10));
        c->features[b * c->frames + t] = y;
        largest = fmaxf(largest, y);
    }
    return largest;
}

static void run_task(void *arg, int64_t task, int32_t worker) {
    const struct call *c = arg;
    const struct layout *l = c->layout;
    char *memory = c->scratch + l->workers + worker * l->worker.bytes;
    float *loudest = (float *)(c->scratch + l->loudest) + task;
    *loudest = MEL_SILENCE;
    for (int64_t t = task * FRAMES_PER_TASK; t < min_i64((task + 1) * FRAMES_PER_TASK, c->frames); t++)
        *loudest = fmaxf(*loudest, run_frame(c, t, memory));
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
    *loudest = MEL_SILENCE;
    for (int64_t t = 0; t < tasks; t++) *loudest = fmaxf(*loudest, ((float *)(call.scratch + layout.loudest))[t]);
    ledger_close(&layout.all, ctx->scratch);
    for (int64_t i = 0; i < mel->config.bins * frames; i++) features[i] = (fmaxf(features[i], *loudest - 8) + 4) / 4;
    return context_cancelled(ctx);
}

static sa_status check_call(struct report *report, const sa_mel *mel, const float *samples, int64_t count,
                            const float *features, int64_t frames) {
    int64_t end, size;
    if (!mel) return fail_null(report, "mel");
    if (!features) return fail_null(report, "features");
    if (count && !samples) return fail_null(report, "samples");
    if (frames < 1) return fail(report, SA_ERR_SHAPE, "frames is %lld, must be at least 1", (long long)frames);
    if (!checked_mul(frames, mel->config.step, &end) || !checked_mul(frames, mel->config.bins, &size) ||
        !checked_mul(size, sizeof *features, &size) || end > INT64_MAX / 4)
        return fail_overflow(report, "the size of the features");
    if (end <= mel->config.frame / 2)
        return fail(report, SA_ERR_SHAPE,
                    "frames is %lld, that is %lld samples; must be more than half of a frame, %lld", (long long)frames,
                    (long long)end, (long long)mel->config.frame / 2);
    if (count < 0 || count > end)
        return fail(report, SA_ERR_VALUE, "count is %lld, must be 0 to frames * step = %lld", (long long)count,
                    (long long)end);
    return SA_OK;
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
