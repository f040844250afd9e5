/* Features against the formula of the header in double precision, with a plain discrete Fourier transform.
 * SPDX-License-Identifier: MIT */
#include "mels.h"
#include "support/guarded.h"
#include "support/random.h"
#include "support/recording.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

static double mel(double f) {
    return f < 1000 ? 3 * f / 200 : 15 + 27 * log(f / 1000) / log(6.4);
}

/* The frequency of a mel, by bisection: the formula above is the only one. */
static double frequency(double wanted) {
    double low = 0, high = 1e7;
    for (int i = 0; i < 200; i++) {
        const double middle = (low + high) / 2;
        if (mel(middle) < wanted)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The weight of frequency f in triangle b. */
static double weight(const sa_mel_config *c, int64_t b, double f) {
    const double first = mel(c->lowest), width = (mel(c->highest) - first) / (double)(c->bins + 1);
    const double left = frequency(first + width * (double)b), top = frequency(first + width * (double)(b + 1)),
                 right = frequency(first + width * (double)(b + 2));
    if (f <= left || f >= right) return 0;
    return (f < top ? (f - left) / (top - left) : (right - f) / (right - top)) * 2 / (right - left);
}

static double power_of(const double *frame, int64_t size, int64_t k) {
    double re = 0, im = 0;
    for (int64_t n = 0; n < size; n++) {
        const double angle = 2 * pi * (double)(k * n % size) / (double)size;
        re += frame[n] * cos(angle);
        im -= frame[n] * sin(angle);
    }
    return re * re + im * im;
}

static void take_frame(const sa_mel_config *c, const float *samples, int64_t count, int64_t frames, int64_t t,
                       double *frame) {
    const int64_t N = frames * c->step;
    for (int64_t n = 0; n < c->frame; n++) {
        int64_t i = t * c->step - c->frame / 2 + n;
        i = i < 0 ? -i : i >= N ? 2 * N - 2 - i : i;
        frame[n] = (i < count ? (double)samples[i] : 0) * (0.5 - 0.5 * cos(2 * pi * (double)n / (double)c->frame));
    }
}

/* features [bins][frames] */
static void plain(const sa_mel_config *c, const float *samples, int64_t count, int64_t frames, double *features) {
    const int64_t K = c->frame / 2 + 1;
    double *frame = calloc((size_t)c->frame, sizeof *frame), largest = -10;
    double *weights = calloc((size_t)(c->bins * K), sizeof *weights);
    for (int64_t b = 0; b < c->bins; b++)
        for (int64_t k = 0; k < K; k++)
            weights[b * K + k] = weight(c, b, (double)k * (double)c->rate / (double)c->frame);
    for (int64_t t = 0; t < frames; t++) {
        take_frame(c, samples, count, frames, t, frame);
        for (int64_t b = 0; b < c->bins; b++) features[b * frames + t] = 0;
        for (int64_t k = 0; k < K; k++) {
            const double power = power_of(frame, c->frame, k);
            for (int64_t b = 0; b < c->bins; b++) features[b * frames + t] += weights[b * K + k] * power;
        }
    }
    for (int64_t i = 0; i < c->bins * frames; i++) {
        features[i] = log10(fmax(features[i], 1e-10));
        largest = fmax(largest, features[i]);
    }
    for (int64_t i = 0; i < c->bins * frames; i++) features[i] = (fmax(features[i], largest - 8) + 4) / 4;
    free(weights);
    free(frame);
}

/* A tone, quieter noise, and nothing at all for a part of the time. */
static void make_sound(struct rng *rng, float *samples, int64_t count) {
    const double pitch = rng_unit(rng) * pi, loud = pow(10, -4 * rng_unit(rng));
    const int64_t silent = rng_below(rng, count + 1);
    for (int64_t i = 0; i < count; i++)
        samples[i] = (float)(loud * (sin(pitch * (double)i) + 0.01 * (double)rng_normal(rng))) *
                     (float)(i < silent || i > silent + count / 3);
}

static void expect_plain(sa_ctx *ctx, const sa_mel_config *c, const float *samples, int64_t count, int64_t frames) {
    const int64_t size = c->bins * frames;
    sa_mel *m = mel_of(ctx, c);
    float *got = guarded_alloc((size_t)size * sizeof *got);
    double *want = calloc((size_t)size, sizeof *want);
    cr_assert_eq(sa_mel_features(ctx, m, samples, count, got, frames), SA_OK, "%s", sa_ctx_last_error(ctx));
    plain(c, samples, count, frames, want);
    for (int64_t i = 0; i < size; i++)
        /* Three roundings of numbers below 16, the last one divided by 4: 3 * 2^-21 / 4; the sums' own error, 1e-12 of
         * a frame's energy, where a bin holds 1e-8 of it: 1e-4 / ln 10 / 4. */
        cr_assert_float_eq((double)got[i], want[i], 2e-5,
                           "%d Hz, frame %d, step %d, bins %d, %d of %d samples: %d: "
                           "got %.9g, want %.9g",
                           (int)c->rate, (int)c->frame, (int)c->step, (int)c->bins, (int)count, (int)(frames * c->step),
                           (int)i, (double)got[i], want[i]);
    free(want);
    guarded_free(got, (size_t)size * sizeof *got);
    sa_mel_destroy(&m);
}

Test(features, are_those_of_the_formula) {
    sa_ctx *ctx = threads(2);
    for (uint64_t seed = 0; seed < 60; seed++) {
        struct rng rng = {seed};
        sa_mel_config c = {.struct_size = sizeof c,
                           .rate = 2000 + rng_below(&rng, 20000),
                           .frame = 2 + rng_below(&rng, 120),
                           .step = 1 + rng_below(&rng, 60),
                           .bins = 1 + rng_below(&rng, 30)};
        const int64_t frames = c.frame / 2 / c.step + 1 + rng_below(&rng, 90), end = frames * c.step;
        const int64_t count = rng_chance(&rng, 0.2) ? end : rng_below(&rng, end + 1);
        float *samples = guarded_alloc((size_t)count * sizeof *samples);
        c.window = 1000 * c.step;
        c.lowest = rng_chance(&rng, 0.5) ? 0 : 0.1 * (double)c.rate * rng_unit(&rng);
        c.highest = (double)c.rate / 2 * (rng_chance(&rng, 0.5) ? 1 : 0.5 + 0.5 * rng_unit(&rng));
        make_sound(&rng, samples, count);
        expect_plain(ctx, &c, samples, count, frames);
        guarded_free(samples, (size_t)count * sizeof *samples);
    }
    sa_ctx_destroy(&ctx);
}

Test(features, of_whisper_by_default) {
    enum { FRAMES = 20, COUNT = 3000 };
    const sa_mel_config all = {.struct_size = sizeof all,
                               .rate = 16000,
                               .frame = 400,
                               .step = 160,
                               .bins = 80,
                               .window = 480000,
                               .highest = 8000};
    static float samples[COUNT], first[80 * FRAMES], second[80 * FRAMES];
    sa_ctx *ctx = threads(1);
    struct rng rng = {1};
    make_sound(&rng, samples, COUNT);
    expect_plain(ctx, &all, samples, COUNT, FRAMES);
    sa_mel *given = mel_of(ctx, &all), *usual = mel_of(ctx, NULL);
    cr_expect_eq(sa_mel_features(ctx, given, samples, COUNT, first, FRAMES), SA_OK);
    cr_expect_eq(sa_mel_features(ctx, usual, samples, COUNT, second, FRAMES), SA_OK);
    cr_expect_arr_eq(first, second, sizeof first);
    sa_mel_destroy(&given);
    sa_mel_destroy(&usual);
    sa_ctx_destroy(&ctx);
}

/* Bits depend neither on threads nor on how much sound was there before. */
Test(features, have_the_same_bits_every_time) {
    enum { FRAMES = 700, COUNT = 100000 };
    static float samples[COUNT], want[80 * FRAMES], got[80 * FRAMES];
    struct rng rng = {2};
    make_sound(&rng, samples, COUNT);
    for (int32_t count = 1; count <= 5; count++) {
        sa_ctx *ctx = threads(count);
        sa_mel *m = mel_of(ctx, NULL);
        cr_assert_eq(sa_mel_features(ctx, m, samples, COUNT, count == 1 ? want : got, FRAMES), SA_OK);
        if (count > 1) cr_expect_arr_eq(got, want, sizeof got, "%d threads", (int)count);
        sa_mel_destroy(&m);
        sa_ctx_destroy(&ctx);
    }
}

Test(features, of_silence_are_constant) {
    enum { FRAMES = 300 };
    static float samples[1000], got[80 * FRAMES];
    sa_ctx *ctx = threads(1);
    sa_mel *m = mel_of(ctx, NULL);
    const int64_t counts[] = {0, 1, 1000};
    for (int c = 0; c < 3; c++) {
        cr_assert_eq(sa_mel_features(ctx, m, c ? samples : NULL, counts[c], got, FRAMES), SA_OK);
        for (int i = 0; i < 80 * FRAMES; i++) cr_assert_eq(got[i], -1.5f);
    }
    sa_mel_destroy(&m);
    sa_ctx_destroy(&ctx);
}

Test(features, of_a_recording) {
    enum { FRAMES = 3000, GIVEN = 1103, EXACT = 200 };
    static float got[80 * FRAMES];
    int64_t count;
    float *samples = recording_read(shared_path("audio/jfk.wav"), &count);
    const char *file = shared_path("models/whisper/features.safetensors");
    double *want = recording_tensor(file, "features", 80 * GIVEN);
    double *exact = recording_tensor(file, "features_float64", 80 * EXACT);
    sa_ctx *ctx = threads(2);
    sa_mel *m = mel_of(ctx, NULL);
    cr_assert_eq(sa_mel_features(ctx, m, samples, count, got, FRAMES), SA_OK);
    for (int b = 0; b < 80; b++)
        for (int t = 0; t < FRAMES; t++) {
            const double here = (double)got[b * FRAMES + t];
            /* The reference is float32, and 1.2e-5 away from its own float64. */
            cr_assert_float_eq(here, want[b * GIVEN + (t < GIVEN ? t : GIVEN - 1)], 1e-4, "%d, %d", b, t);
            if (t < EXACT) cr_assert_float_eq(here, exact[b * EXACT + t], 1e-6, "%d, %d", b, t);
        }
    sa_mel_destroy(&m);
    sa_ctx_destroy(&ctx);
    free(exact);
    free(want);
    free(samples);
}
