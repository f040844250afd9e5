/* Positions as tables: slopes of ALiBi, distances of T5's buckets, sinusoids.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"

#include <math.h>

/* 2^(-8i/n) for i = step, 2 step, ... */
static void geometric(float *slopes, int64_t count, int64_t n, double step) {
    for (int64_t i = 0; i < count; i++) slopes[i] = (float)exp2(-8 * (step * (double)i + 1) / (double)n);
}

sa_status sa_alibi_slopes(int64_t heads, float *slopes) {
    struct report *report = thread_report();
    int64_t power = 1;
    if (!slopes) return fail_null(report, "slopes");
    if (heads < 1) return fail(report, SA_ERR_VALUE, "heads is %lld, must be at least 1", (long long)heads);
    while (power <= heads / 2) power *= 2;
    geometric(slopes, power, power, 1);
    geometric(slopes + power, heads - power, 2 * power, 2);
    return SA_OK;
}

/* In single precision, as in the models' training. */
static int64_t bucket_of(int64_t distance, int64_t buckets, int64_t max_distance, int bidirectional) {
    int64_t first = 0, far = -distance;
    if (bidirectional) {
        buckets /= 2;
        if (distance > 0) first = buckets, far = distance;
    }
    if (far < 0) far = 0;
    int64_t exact = buckets / 2;
    if (far < exact) return first + far;
    float share = logf((float)far / (float)exact) / (float)log((double)max_distance / (double)exact);
    int64_t bucket = exact + (int64_t)(share * (float)(buckets - exact));
    return first + (bucket < buckets ? bucket : buckets - 1);
}

sa_status sa_t5_distances(const float *table, int64_t buckets, int64_t heads, int64_t max_distance,
                          int32_t bidirectional, float *bias) {
    struct report *report = thread_report();
    if (!table) return fail_null(report, "table");
    if (!bias) return fail_null(report, "bias");
    if (heads < 1) return fail(report, SA_ERR_VALUE, "heads is %lld, must be at least 1", (long long)heads);
    if (bidirectional != 0 && bidirectional != 1)
        return fail(report, SA_ERR_VALUE, "bidirectional is %d, must be 0 or 1", (int)bidirectional);
    if (buckets < 4 || (bidirectional && buckets % 2))
        return fail(report, SA_ERR_VALUE, "buckets is %lld, must be at least 4, and even where bidirectional",
                    (long long)buckets);
    int64_t exact = buckets / (bidirectional ? 4 : 2);
    if (max_distance <= exact || max_distance > 1 << 20)
        return fail(report, SA_ERR_VALUE, "max_distance is %lld, must be above %lld and at most 2^20",
                    (long long)max_distance, (long long)exact);
    for (int64_t h = 0; h < heads; h++)
        for (int64_t d = -max_distance; d <= max_distance; d++)
            bias[h * (2 * max_distance + 1) + max_distance + d] =
                table[bucket_of(d, buckets, max_distance, bidirectional) * heads + h];
    return SA_OK;
}

/* The frequency of the angle of a pair of columns. */
static double frequency(int64_t pair, int64_t width, int32_t style) {
    int64_t last = width / 2 - 1;
    if (style == SA_SINUSOIDAL_WHISPER) return exp(-log(10000) * (double)pair / (double)last);
    return pow(10000, -2 * (double)pair / (double)width);
}

sa_status sa_sinusoidal_positions(int64_t positions, int64_t width, int32_t style, float *table) {
    struct report *report = thread_report();
    if (!table) return fail_null(report, "table");
    if (positions < 0 || width < 1)
        return fail(report, SA_ERR_VALUE, "positions is %lld and width %lld, must be at least 0 and at least 1",
                    (long long)positions, (long long)width);
    if (style < SA_SINUSOIDAL_PAIRS || style > SA_SINUSOIDAL_WHISPER)
        return fail(report, SA_ERR_VALUE, "style is %d, which is no SA_SINUSOIDAL_ constant", (int)style);
    if (style == SA_SINUSOIDAL_WHISPER && (width < 4 || width % 2))
        return fail(report, SA_ERR_VALUE, "width is %lld, must be even and at least 4 in Whisper's style",
                    (long long)width);
    int64_t sines = (width + 1) / 2;
    for (int64_t p = 0; p < positions; p++)
        for (int64_t i = 0; i < width; i++) {
            int pairs = style == SA_SINUSOIDAL_PAIRS, cosine = pairs ? i % 2 == 1 : i >= sines;
            double angle = (double)p * frequency(pairs ? i / 2 : cosine ? i - sines : i, width, style);
            table[p * width + i] = (float)(cosine ? cos(angle) : sin(angle));
        }
    return SA_OK;
}
