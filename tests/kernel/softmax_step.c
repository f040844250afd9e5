/* SPDX-License-Identifier: MIT */
#include "kernel/softmax_step.h"

#include <float.h>
#include <string.h>

const char *const kind_names[KINDS] = {"ordinary", "sharp", "some hidden", "all hidden",
                                       "some NaN", "huge",  "infinite",    "denormal"};

float kind_score(struct rng *rng, enum kind kind) {
    static const float huge[] = {FLT_MAX, -FLT_MAX, 3e38f, -3e38f, 1e30f, -INFINITY};
    uint32_t nan = (rng_chance(rng, .5) ? 0x7f800001u : 0xff800001u) + (uint32_t)rng_below(rng, 0x7fffff);
    float value = rng_normal(rng) * 4;
    switch (kind) {
    case SHARP:
        return value * 30;
    case SOME_HIDDEN:
        return rng_chance(rng, .5) ? -INFINITY : value;
    case ALL_HIDDEN:
        return -INFINITY;
    case SOME_NAN:
        if (rng_chance(rng, .2)) memcpy(&value, &nan, sizeof value);
        return value;
    case HUGE_LOGITS:
        return huge[rng_below(rng, 6)];
    case INFINITE:
        return rng_chance(rng, .1) ? INFINITY : value;
    case DENORMAL:
        return value * FLT_MIN / 8;
    default:
        return value;
    }
}

void column_start(struct rng *rng, float *maximum, float *total) {
    static const float maxima[] = {-INFINITY, 0, -30, 100, 3e38f, INFINITY};
    *maximum = maxima[rng_below(rng, 6)];
    *total = *maximum > -INFINITY ? 1 + fabsf(rng_normal(rng)) : 0;
}

double worth(float from, float to) {
    return from < to ? fmax(exp((double)(from - to)), FLT_MIN) : 1;
}

static double worth_excess(double got, float from, float to) {
    double exact = worth(from, to);
    return from < to && exact > FLT_MIN ? exp_excess(got, from - to, 0x1p-24, 0) : excess(got, exact, 0);
}

static float largest_score(const struct column *c) {
    float largest = c->maximum_before;
    for (int64_t j = 0; j < c->count; j++)
        if (c->scores[j * c->step] > largest) largest = c->scores[j * c->step];
    return largest;
}

void column_check(const struct column *c, const double *weights, struct worst *worst, const char *what) {
    float largest = largest_score(c), base = largest == -INFINITY ? 0 : largest;
    double total = (double)c->total_before * c->shrink;
    for (int64_t j = 0; j < c->count; j++) {
        total += weights[j];
        NOTE(worst, exp_excess(weights[j], c->scores[j * c->step] - base, c->relative, c->absolute),
             "%s, weight %lld of %lld: exp(%a - %a) = %a", what, (long long)j, (long long)c->count,
             (double)c->scores[j * c->step], (double)base, weights[j]);
    }
    double rounding = (double)(c->count + 2) * 0x1p-24 + c->total_relative;
    NOTE(worst, excess(c->maximum, largest, 0), "%s, %lld scores: maximum %a, want %a", what, (long long)c->count,
         (double)c->maximum, (double)largest);
    NOTE(worst, worth_excess(c->shrink, c->maximum_before, largest), "%s, from %a to %a: shrink %a", what,
         (double)c->maximum_before, (double)largest, (double)c->shrink);
    NOTE(worst, excess(c->total, total, rounding * total + FLT_MIN), "%s, %lld scores: total %a, want %a", what,
         (long long)c->count, (double)c->total, total);
}
