/* The handle of features: numbers, refusals, memory, threads.
 * SPDX-License-Identifier: MIT */
#include "mels.h"
#include "support/allocator.h"

#include <criterion/criterion.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define EXPECT_REFUSED(status, ctx, want, words)                                                                       \
    do {                                                                                                               \
        cr_expect_eq(status, want, "%s", sa_ctx_last_error(ctx));                                                      \
        cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s", sa_ctx_last_error(ctx));                        \
    } while (0)

Test(mel, numbers) {
    const sa_mel_config c = {.struct_size = sizeof c, .rate = 8000, .frame = 100, .step = 40, .bins = 7, .window = 400};
    sa_ctx *ctx = threads(1);
    sa_mel *m;
    cr_assert_eq(sa_mel_create(ctx, &c, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(sa_mel_get(m, SA_MEL_RATE), 8000);
    cr_expect_eq(sa_mel_get(m, SA_MEL_FRAME), 100);
    cr_expect_eq(sa_mel_get(m, SA_MEL_STEP), 40);
    cr_expect_eq(sa_mel_get(m, SA_MEL_BINS), 7);
    cr_expect_eq(sa_mel_get(m, SA_MEL_WINDOW), 400);
    cr_expect_eq(sa_mel_get(m, SA_MEL_KIND), SA_MEL_WHISPER);
    cr_expect_eq(sa_mel_get(m, 6), -1);
    cr_expect_eq(sa_mel_get(NULL, SA_MEL_RATE), -1);
    const int64_t counts[][2] = {{0, 0}, {1, 1}, {40, 1}, {41, 2}, {INT64_MAX, INT64_MAX / 40 + 1}, {-1, -1}};
    for (int i = 0; i < 6; i++) cr_expect_eq(sa_mel_frames(m, counts[i][0]), counts[i][1], "%d", i);
    sa_mel_destroy(&m);
    sa_mel_destroy(&m);
    sa_mel_destroy(NULL);
    sa_ctx_destroy(&ctx);
}

Test(mel, numbers_that_make_no_sense) {
    const struct {
        sa_mel_config config;
        const char *words;
    } cases[] = {
        {{.rate = -1}, "rate is -1, must be 1 to 1000000"},
        {{.frame = 1}, "frame is 1, must be 2 to 65536"},
        {{.step = 70000}, "step is 70000, must be 1 to 65536"},
        {{.bins = 1025}, "bins is 1025, must be 1 to 1024"},
        {{.window = 1000}, "window is 1000, must be a multiple of step = 160"},
        {{.window = (int64_t)1 << 40}, "window is 1099511627776"},
        {{.frame = 400, .window = 160}, "must be more than half of frame = 400"},
        {{.lowest = -1}, "lowest is -1 Hz"},
        {{.lowest = NAN}, "lowest is nan Hz"},
        {{.lowest = 8000}, "below rate / 2 = 8000"},
        {{.highest = 8001}, "highest is 8001 Hz"},
        {{.lowest = 300, .highest = 300}, "above lowest = 300"},
        {{.highest = NAN}, "highest is nan Hz"},
    };
    sa_ctx *ctx = threads(1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        sa_mel_config c = cases[i].config;
        sa_mel *m;
        c.struct_size = sizeof c;
        EXPECT_REFUSED(sa_mel_create(ctx, &c, &m), ctx, SA_ERR_VALUE, cases[i].words);
        cr_expect_null(m);
    }
    const sa_mel_config small = {.struct_size = 4};
    sa_mel *m;
    EXPECT_REFUSED(sa_mel_create(ctx, &small, &m), ctx, SA_ERR_STRUCT_SIZE, "sa_mel_config");
    EXPECT_REFUSED(sa_mel_create(ctx, NULL, NULL), ctx, SA_ERR_NULL, "mel is NULL");
    EXPECT_REFUSED(sa_mel_open(ctx, NULL, &m), ctx, SA_ERR_NULL, "path is NULL");
    cr_expect_eq(sa_mel_create(NULL, NULL, &m), SA_ERR_NULL);
    sa_ctx_destroy(&ctx);
}

Test(mel, calls_that_make_no_sense) {
    float samples[1600] = {0}, features[80 * 10];
    sa_ctx *ctx = threads(1);
    sa_mel *m;
    cr_assert_eq(sa_mel_create(ctx, NULL, &m), SA_OK);
    EXPECT_REFUSED(sa_mel_features(ctx, NULL, samples, 1, features, 10), ctx, SA_ERR_NULL, "mel");
    EXPECT_REFUSED(sa_mel_features(ctx, m, NULL, 1, features, 10), ctx, SA_ERR_NULL, "samples");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1, NULL, 10), ctx, SA_ERR_NULL, "features");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, -1, features, 10), ctx, SA_ERR_VALUE, "count is -1");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1601, features, 10), ctx, SA_ERR_VALUE, "= 1600");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1, features, 0), ctx, SA_ERR_SHAPE, "frames is 0");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1, features, 1), ctx, SA_ERR_SHAPE, "half of a frame, 200");
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1, features, INT64_MAX), ctx, SA_ERR_OVERFLOW, "63 bits");
    samples[1234] = NAN;
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1600, features, 10), ctx, SA_ERR_VALUE, "samples[1234] is nan");
    samples[7] = -INFINITY;
    EXPECT_REFUSED(sa_mel_features(ctx, m, samples, 1600, features, 10), ctx, SA_ERR_VALUE, "samples[7] is -inf");
    samples[7] = samples[1234] = 3e38f;
    cr_expect_eq(sa_mel_features(ctx, m, samples, 1600, features, 10), SA_OK);
    for (int i = 0; i < 800; i++) cr_expect(isfinite(features[i]));
    sa_mel_destroy(&m);
    sa_ctx_destroy(&ctx);
}

Test(mel, every_allocation_may_fail) {
    static float samples[1600], features[80 * 10];
    int64_t n = 0;
    for (int failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
        sa_mel *m = NULL;
        test_allocator_use(&allocator, &options);
        sa_ctx *ctx = ctx_open(&options);
        allocator.fail_at = allocator.calls + n;
        sa_status status = sa_mel_create(ctx, NULL, &m);
        if (status == SA_OK) status = sa_mel_features(ctx, m, samples, 1600, features, 10);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, sa_ctx_last_error(ctx));
        allocator.fail_at = -1;
        if (m) {
            cr_expect_eq(sa_mel_features(ctx, m, samples, 1600, features, 10), SA_OK);
            const int64_t calls = allocator.calls;
            cr_expect_eq(sa_mel_features(ctx, m, samples, 1600, features, 10), SA_OK);
            cr_expect_eq(allocator.calls, calls);
        }
        sa_mel_destroy(&m);
        sa_ctx_destroy(&ctx);
        cr_expect_eq(allocator.live, 0, "allocation %d", (int)n);
        cr_expect_eq(allocator.faults, 0);
    }
    cr_expect_gt(n, 5);
}

/* Threads of a program plan, run and free transforms of many sizes at once. */
static void *many_sizes(void *arg) {
    static const float samples[1000];
    static _Thread_local float features[80 * 100];
    const int64_t first = *(const int64_t *)arg;
    sa_ctx *ctx = threads(1);
    for (int64_t frame = first; frame < first + 40; frame++) {
        const sa_mel_config c = {.struct_size = sizeof c, .frame = frame, .step = 10, .window = 1000};
        sa_mel *m;
        cr_assert_eq(sa_mel_create(ctx, &c, &m), SA_OK);
        cr_assert_eq(sa_mel_features(ctx, m, samples, 1000, features, 100), SA_OK);
        sa_mel_destroy(&m);
    }
    sa_ctx_destroy(&ctx);
    return NULL;
}

Test(mel, threads_make_their_own_at_once) {
    pthread_t thread[4];
    int64_t first[4];
    for (int i = 0; i < 4; i++) {
        first[i] = 40 + 13 * i;
        cr_assert_eq(pthread_create(&thread[i], NULL, many_sizes, &first[i]), 0);
    }
    for (int i = 0; i < 4; i++) pthread_join(thread[i], NULL);
}
