/* Kaldi's filter banks against the formula of the header in double precision, with a plain discrete Fourier transform,
 * and against what Transformers' feature extractors make of a sound (tests/data/sound).
 * SPDX-License-Identifier: MIT */
#include "mels.h"
#include "support/guarded.h"
#include "support/random.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double mel(double f) {
    return 1127 * log(1 + f / 700);
}

/* The weight of frequency f in triangle b. */
static double weight(const sa_mel_config *c, int64_t b, double f) {
    const double first = mel(c->lowest), width = (mel(c->highest) - first) / (double)(c->bins + 1);
    const double place = (mel(f) - first) / width - (double)b;
    return place <= 0 || place >= 2 ? 0 : place < 1 ? place : 2 - place;
}

static double power_of(const double *frame, int64_t count, int64_t size, int64_t k) {
    double re = 0, im = 0;
    for (int64_t n = 0; n < count; n++) {
        const double angle = 2 * pi * (double)(k * n % size) / (double)size;
        re += frame[n] * cos(angle);
        im -= frame[n] * sin(angle);
    }
    return re * re + im * im;
}

static void take_frame(const sa_mel_config *c, const float *samples, double *frame) {
    double mean = 0;
    for (int64_t n = 0; n < c->frame; n++) mean += c->scale * (double)samples[n] / (double)c->frame;
    for (int64_t n = 0; n < c->frame; n++) {
        const double hann = 0.5 - 0.5 * cos(2 * pi * (double)n / (double)(c->frame - 1));
        const double here = c->scale * (double)samples[n] - mean,
                     before = n ? c->scale * (double)samples[n - 1] - mean : here;
        frame[n] = (here - 0.97 * before) * pow(hann, c->window_power);
    }
}

static void normalise(const sa_mel_config *c, int64_t there, double *y) {
    for (int64_t b = 0; b < c->bins; b++) {
        double mean = 0, variance = 0;
        for (int64_t t = 0; t < there; t++) mean += y[t * c->bins + b] / (double)there;
        for (int64_t t = 0; t < there; t++) variance += pow(y[t * c->bins + b] - mean, 2) / (double)there;
        for (int64_t t = 0; t < there; t++) {
            if (c->by_bin & SA_MEL_MEANS) y[t * c->bins + b] -= mean;
            if (c->by_bin & SA_MEL_DEVIATIONS && variance > 1e-12) y[t * c->bins + b] /= sqrt(variance);
        }
    }
}

/* features [frames][bins]; returns how many of the frames the sound has. */
static int64_t plain(const sa_mel_config *c, const float *samples, int64_t count, int64_t frames, double *features) {
    int64_t size = 2, there = 0;
    while (size < c->frame) size *= 2;
    double *frame = calloc((size_t)c->frame, sizeof *frame), *power = calloc((size_t)size, sizeof *power);
    for (; there * c->step + c->frame <= count; there++) {
        take_frame(c, samples + there * c->step, frame);
        for (int64_t k = 0; k <= size / 2; k++) power[k] = power_of(frame, c->frame, size, k);
        for (int64_t b = 0; b < c->bins; b++) {
            double sum = 0;
            for (int64_t k = 0; k <= size / 2; k++)
                sum += weight(c, b, (double)k * (double)c->rate / (double)size) * power[k];
            features[there * c->bins + b] = log(fmax(sum, pow(2, -23)));
        }
    }
    normalise(c, there, features);
    for (int64_t i = 0; i < frames * c->bins; i++)
        features[i] = ((i < there * c->bins ? features[i] : 0) - c->mean) / c->deviation;
    free(power);
    free(frame);
    return there;
}

static void make_noise(struct rng *rng, float *samples, int64_t count) {
    const double pitch = rng_unit(rng) * pi, loud = pow(10, -2 * rng_unit(rng));
    for (int64_t i = 0; i < count; i++)
        samples[i] = (float)(0.1 + loud * (sin(pitch * (double)i) + 0.1 * (double)rng_normal(rng)));
}

static void expect_plain(sa_ctx *ctx, const sa_mel_config *c, const float *samples, int64_t count, int64_t frames) {
    const int64_t size = c->bins * frames;
    sa_mel *m = mel_of(ctx, c);
    float *got = guarded_alloc((size_t)size * sizeof *got);
    double *want = calloc((size_t)size, sizeof *want);
    const int64_t there = plain(c, samples, count, frames, want);
    cr_expect_eq(sa_mel_frames(m, count), there);
    cr_assert_eq(sa_mel_features(ctx, m, samples, count, got, frames), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int64_t i = 0; i < size; i++)
        /* The logarithm is rounded to a float, 2^-21 below 32, and the sum's error is 1e-12 of a frame's energy. Where
         * deviations are made 1, so are those of bins that hold next to nothing but errors. */
        cr_assert_float_eq((double)got[i], want[i], 2e-5 + 2e-5 * fabs(want[i]),
                           "%d Hz, frame %d, step %d, bins %d, by bin %d, %d samples, %d frames: %d: got %.9g, want "
                           "%.9g",
                           (int)c->rate, (int)c->frame, (int)c->step, (int)c->bins, (int)c->by_bin, (int)count,
                           (int)frames, (int)i, (double)got[i], want[i]);
    free(want);
    guarded_free(got, (size_t)size * sizeof *got);
    sa_mel_destroy(&m);
}

Test(kaldi, features_are_those_of_the_formula) {
    sa_ctx *ctx = threads(2);
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng rng = {seed};
        sa_mel_config c = {.struct_size = sizeof c,
                           .kind = SA_MEL_KALDI,
                           .rate = 2000 + rng_below(&rng, 20000),
                           .frame = 2 + rng_below(&rng, 120),
                           .step = 1 + rng_below(&rng, 60),
                           .bins = 1 + rng_below(&rng, 30),
                           .by_bin = (int32_t)rng_below(&rng, 4),
                           .scale = rng_chance(&rng, 0.5) ? 32768 : 1,
                           .window_power = rng_chance(&rng, 0.5) ? 0.85 : 1};
        const int64_t count = c.frame + rng_below(&rng, 90) * c.step + rng_below(&rng, c.step),
                      more = rng_below(&rng, 80), frames = (count - c.frame) / c.step + 1 + more;
        float *samples = guarded_alloc((size_t)count * sizeof *samples);
        c.lowest = rng_chance(&rng, 0.5) ? 20 : 0.1 * (double)c.rate * rng_unit(&rng);
        c.highest = (double)c.rate / 2 * (rng_chance(&rng, 0.5) ? 1 : 0.5 + 0.5 * rng_unit(&rng));
        c.mean = rng_chance(&rng, 0.5) ? 0 : -4;
        c.deviation = rng_chance(&rng, 0.5) ? 1 : 9;
        make_noise(&rng, samples, count);
        expect_plain(ctx, &c, samples, count, frames);
        guarded_free(samples, (size_t)count * sizeof *samples);
    }
    sa_ctx_destroy(&ctx);
}

Test(kaldi, usual_numbers) {
    enum { COUNT = 3000, FRAMES = 20 };
    static float samples[COUNT], first[80 * FRAMES], second[80 * FRAMES];
    const sa_mel_config all = {.struct_size = sizeof all,
                               .kind = SA_MEL_KALDI,
                               .rate = 16000,
                               .frame = 400,
                               .step = 160,
                               .bins = 80,
                               .lowest = 20,
                               .highest = 8000,
                               .scale = 1,
                               .window_power = 1,
                               .deviation = 1},
                        few = {.struct_size = sizeof few, .kind = SA_MEL_KALDI},
                        slow = {.struct_size = sizeof slow, .kind = SA_MEL_KALDI, .rate = 11025};
    struct rng rng = {4};
    sa_ctx *ctx = threads(1);
    make_noise(&rng, samples, COUNT);
    expect_plain(ctx, &all, samples, COUNT, FRAMES);
    sa_mel *given = mel_of(ctx, &all), *usual = mel_of(ctx, &few);
    cr_expect_eq(sa_mel_features(ctx, given, samples, COUNT, first, FRAMES), SA_OK);
    cr_expect_eq(sa_mel_features(ctx, usual, samples, COUNT, second, FRAMES), SA_OK);
    cr_expect_arr_eq(first, second, sizeof first);
    cr_expect_eq(sa_mel_get(usual, SA_MEL_KIND), SA_MEL_KALDI);
    cr_expect_eq(sa_mel_get(usual, SA_MEL_WINDOW), 0);
    sa_mel_destroy(&usual);
    usual = mel_of(ctx, &slow);
    cr_expect_eq(sa_mel_get(usual, SA_MEL_FRAME), 275);
    cr_expect_eq(sa_mel_get(usual, SA_MEL_STEP), 110);
    sa_mel_destroy(&usual);
    sa_mel_destroy(&given);
    sa_ctx_destroy(&ctx);
}

/* What a constant sound has is told from nothing by no one, and no deviation is not divided by. */
Test(kaldi, silence) {
    enum { COUNT = 1000, FRAMES = 9 };
    static float samples[COUNT], got[80 * FRAMES];
    sa_mel_config c = {.struct_size = sizeof c, .kind = SA_MEL_KALDI};
    sa_ctx *ctx = threads(1);
    for (int loud = 0; loud < 2; loud++) {
        for (int i = 0; i < COUNT; i++) samples[i] = (float)loud * 0.3f;
        for (c.by_bin = 0; c.by_bin < 4; c.by_bin++) {
            sa_mel *m = mel_of(ctx, &c);
            const float want = c.by_bin & SA_MEL_MEANS ? 0 : (float)log(pow(2, -23));
            cr_assert_eq(sa_mel_features(ctx, m, samples, COUNT, got, FRAMES), SA_OK);
            for (int i = 0; i < 80 * FRAMES; i++) cr_assert_eq(got[i], i < 80 * 4 ? want : 0, "%d", i);
            sa_mel_destroy(&m);
        }
    }
    sa_ctx_destroy(&ctx);
}

Test(kaldi, bits_do_not_depend_on_threads) {
    enum { COUNT = 60000, FRAMES = 373 };
    static float samples[COUNT], want[80 * FRAMES], got[80 * FRAMES];
    const sa_mel_config c = {.struct_size = sizeof c, .kind = SA_MEL_KALDI, .by_bin = SA_MEL_MEANS + SA_MEL_DEVIATIONS};
    struct rng rng = {2};
    make_noise(&rng, samples, COUNT);
    for (int32_t count = 1; count <= 5; count++) {
        sa_ctx *ctx = threads(count);
        sa_mel *m = mel_of(ctx, &c);
        cr_assert_eq(sa_mel_features(ctx, m, samples, COUNT, count == 1 ? want : got, FRAMES), SA_OK);
        if (count > 1) cr_expect_arr_eq(got, want, sizeof got, "%d threads", (int)count);
        sa_mel_destroy(&m);
        sa_ctx_destroy(&ctx);
    }
}

Test(kaldi, numbers_that_make_no_sense) {
    const struct {
        sa_mel_config config;
        const char *words;
    } cases[] = {
        {{.kind = 2}, "kind is 2, must be 0 to 1"},
        {{.kind = -1}, "kind is -1"},
        {{.scale = 1}, "which only SA_MEL_KALDI has"},
        {{.mean = NAN}, "which only SA_MEL_KALDI has"},
        {{.by_bin = 1}, "which only SA_MEL_KALDI has"},
        {{.kind = 1, .rate = -1}, "rate is -1, must be 1 to 1000000"},
        {{.kind = 1, .rate = INT64_MAX}, "must be 1 to 1000000"},
        {{.kind = 1, .rate = 79}, "frame is 1, must be 2 to 65536"},
        {{.kind = 1, .rate = 99, .frame = 2}, "step is 0, must be 1 to 65536"},
        {{.kind = 1, .rate = 40, .frame = 2, .step = 1}, "lowest is 20 Hz, must be at least 0 and below rate / 2 = 20"},
        {{.kind = 1, .bins = 1025}, "bins is 1025"},
        {{.kind = 1, .window = 100}, "window is 100, must be a multiple of step = 160"},
        {{.kind = 1, .window = -160}, "window is -160, must be 0 to"},
        {{.kind = 1, .by_bin = 4}, "by_bin is 4, must be 0 to 3"},
        {{.kind = 1, .by_bin = -1}, "by_bin is -1"},
        {{.kind = 1, .scale = -1}, "scale is -1, must be above 0"},
        {{.kind = 1, .scale = NAN}, "scale is nan"},
        {{.kind = 1, .scale = 1e300}, "scale is 1e+300, must be above 0 and at most 1e9"},
        {{.kind = 1, .window_power = -0.5}, "window_power is -0.5, must be above 0 and at most 16"},
        {{.kind = 1, .window_power = INFINITY}, "window_power is inf"},
        {{.kind = 1, .mean = INFINITY}, "mean is inf, must be -1e+06 to 1e+06"},
        {{.kind = 1, .mean = NAN}, "mean is nan"},
        {{.kind = 1, .deviation = -1}, "deviation is -1, must be 1e-06 to 1e+06"},
        {{.kind = 1, .deviation = 1e-300}, "deviation is 1e-300"},
        {{.kind = 1, .lowest = NAN}, "lowest is nan Hz"},
        {{.kind = 1, .highest = 10}, "highest is 10 Hz, must be above lowest = 20"},
    };
    sa_ctx *ctx = threads(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_mel_config c = cases[i].config;
        sa_mel *m;
        c.struct_size = sizeof c;
        cr_expect_eq(sa_mel_create(ctx, &c, &m), SA_ERR_VALUE, "%s", cases[i].words);
        cr_expect(strstr(sa_ctx_last_error(ctx), cases[i].words) != NULL, "%s", sa_ctx_last_error(ctx));
        cr_expect_null(m);
    }
    sa_ctx_destroy(&ctx);
}

Test(kaldi, calls_that_make_no_sense) {
    static float samples[1600], got[80 * 10];
    const sa_mel_config c = {.struct_size = sizeof c,
                             .kind = SA_MEL_KALDI,
                             .scale = 1e9,
                             .mean = 1e6,
                             .deviation = 1e-6,
                             .by_bin = SA_MEL_DEVIATIONS};
    const struct {
        int64_t count, frames;
        sa_status status;
        const char *words;
    } cases[] = {{-1, 10, SA_ERR_VALUE, "count is -1, must be at least 0"},
                 {0, 10, SA_ERR_VALUE, "count is 0, must be at least a frame = 400"},
                 {399, 10, SA_ERR_VALUE, "count is 399, must be at least a frame = 400"},
                 {1600, 7, SA_ERR_VALUE, "count is 1600, that is 8 frames; must be no more than frames = 7"},
                 {1600, 0, SA_ERR_SHAPE, "frames is 0"},
                 {1600, INT64_MAX / 8, SA_ERR_OVERFLOW, "63 bits"}};
    sa_ctx *ctx = threads(2);
    sa_mel *m = mel_of(ctx, &c);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cr_expect_eq(sa_mel_features(ctx, m, samples, cases[i].count, got, cases[i].frames), cases[i].status);
        cr_expect(strstr(sa_ctx_last_error(ctx), cases[i].words) != NULL, "%s", sa_ctx_last_error(ctx));
    }
    samples[1234] = NAN;
    cr_expect_eq(sa_mel_features(ctx, m, samples, 1600, got, 10), SA_ERR_VALUE);
    cr_expect(strstr(sa_ctx_last_error(ctx), "samples[1234] is nan") != NULL, "%s", sa_ctx_last_error(ctx));
    for (int i = 0; i < 1600; i++) samples[i] = i % 3 ? 3e38f : -3e38f;
    cr_expect_eq(sa_mel_features(ctx, m, samples, 1600, got, 10), SA_OK);
    for (int i = 0; i < 800; i++) cr_expect(isfinite(got[i]), "%d", i);
    const int64_t counts[][2] = {{0, 0}, {399, 0}, {400, 1}, {559, 1}, {560, 2}, {INT64_MAX, 57646075230342347}};
    for (int i = 0; i < 6; i++) cr_expect_eq(sa_mel_frames(m, counts[i][0]), counts[i][1], "%d", i);
    cr_expect_eq(sa_mel_frames(m, -1), -1);
    cr_expect_eq(sa_mel_frames(NULL, 1), -1);
    sa_mel_destroy(&m);
    sa_ctx_destroy(&ctx);
}

/* The sound of tests/data/sound/formula.py. */
static float *reference_sound(int64_t count) {
    float *samples = calloc((size_t)count, sizeof *samples);
    int64_t drawn = 1;
    for (int64_t i = 0; i < count; i++) {
        drawn = (drawn * 1103515245 + 12345) & 0x7fffffff;
        const double tone = 8000 * sin(0.02 * (double)i + 1e-5 * (double)i * (double)i);
        samples[i] = (float)(150 + nearbyint(tone) + (double)((drawn >> 16) % 601 - 300)) / 32768;
    }
    return samples;
}

static void expect_reference(sa_ctx *ctx, const char *model, double error) {
    char path[64];
    sa_mel *m;
    json_t *one, *root;
    size_t at, i;
    snprintf(path, sizeof path, "sound/%s", model);
    cr_assert_eq(sa_mel_open(ctx, data_path(path), &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    snprintf(path, sizeof path, "sound/%s/reference.json", model);
    root = json_of(data_path(path));
    json_array_foreach(root, at, one) {
        const json_t *want = json_object_get(one, "features");
        const int64_t frames = (int64_t)json_array_size(want) / sa_mel_get(m, SA_MEL_BINS),
                      most = (frames - 1) * sa_mel_get(m, SA_MEL_STEP) + sa_mel_get(m, SA_MEL_FRAME),
                      all = json_integer_value(json_object_get(one, "samples")), count = all < most ? all : most;
        float *samples = reference_sound(all), *got = calloc(json_array_size(want), sizeof *got);
        cr_assert_eq(sa_mel_features(ctx, m, samples, count, got, frames), SA_OK, "%s", sa_ctx_last_error(ctx));
        for (i = 0; i < json_array_size(want); i++) /* It has six digits behind the point, of float32 numbers. */
            cr_assert_float_eq((double)got[i], json_number_value(json_array_get(want, i)), error, "%s, %d samples, %d",
                               model, (int)all, (int)i);
        free(got);
        free(samples);
    }
    json_decref(root);
    sa_mel_destroy(&m);
}

/* Theirs have six digits behind the point. They differ from the formula in double precision by 5.1e-7 and, since means
 * and deviations are computed in float32, by 2.1e-5. */
Test(kaldi, features_are_those_of_transformers) {
    sa_ctx *ctx = threads(1);
    expect_reference(ctx, "ast", 1e-6);
    expect_reference(ctx, "speech_to_text", 3e-5);
    sa_ctx_destroy(&ctx);
}
