/* Rotary frequencies for more positions than a model was trained on.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "api/rope.h"

#include <math.h>
#include <stddef.h>

#define TWO_PI 6.283185307179586

static void divide(double *frequency, int64_t rotary, double factor) {
    for (int64_t i = 0; i < rotary / 2; i++) frequency[i] /= factor;
}

/* bloc97, "NTK-aware scaled RoPE", 2023: theta grows so that the slowest pair is stretched in proportion to the
 * length. */
static void dynamic(const sa_rope_scaling *s, double *frequency) {
    double longest = (double)s->original_positions;
    double length = s->length > s->original_positions ? (double)s->length : longest;
    double growth = s->factor * length / longest - (s->factor - 1);
    plain_frequencies(frequency, s->rotary, s->theta * pow(growth, (double)s->rotary / (double)(s->rotary - 2)));
}

/* The pair that turns `turns` times over the positions of the training. */
static double pair_of_turns(const sa_rope_scaling *s, double turns) {
    return (double)s->rotary * log((double)s->original_positions / (turns * TWO_PI)) / (2 * log(s->theta));
}

static double yarn_scale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * log(factor) + 1;
}

/* Fast pairs keep their frequency, slow ones are divided by factor, with a ramp between. */
static double yarn(const sa_rope_scaling *s, double *frequency) {
    double low = pair_of_turns(s, s->beta_fast), high = pair_of_turns(s, s->beta_slow);
    if (!s->truncate) low = floor(low), high = ceil(high);
    low = fmax(low, 0), high = fmin(high, (double)s->rotary - 1);
    if (low == high) high += 0.001;
    for (int64_t i = 0; i < s->rotary / 2; i++) {
        double slow = fmin(fmax(((double)i - low) / (high - low), 0), 1);
        frequency[i] = frequency[i] / s->factor * slow + frequency[i] * (1 - slow);
    }
    if (s->mscale != 0 && s->mscale_all_dim != 0)
        return yarn_scale(s->factor, s->mscale) / yarn_scale(s->factor, s->mscale_all_dim);
    return yarn_scale(s->factor, 1);
}

static double longrope(const sa_rope_scaling *s, double *frequency) {
    const double *factors = s->length > s->original_positions ? s->long_factors : s->short_factors;
    double factor = s->factor != 0 ? s->factor : (double)s->max_positions / (double)s->original_positions;
    for (int64_t i = 0; i < s->rotary / 2; i++) frequency[i] /= factors[i];
    return factor <= 1 ? 1 : sqrt(1 + log(factor) / log((double)s->original_positions));
}

/* Wavelengths above original / low are stretched, those below original / high are not, those between are
 * interpolated. */
static void llama3(const sa_rope_scaling *s, double *frequency) {
    for (int64_t i = 0; i < s->rotary / 2; i++) {
        double turns = (double)s->original_positions * frequency[i] / TWO_PI;
        double smooth = (turns - s->low_frequency_factor) / (s->high_frequency_factor - s->low_frequency_factor);
        smooth = fmin(fmax(smooth, 0), 1);
        frequency[i] = (1 - smooth) * frequency[i] / s->factor + smooth * frequency[i];
    }
}

/* Which kinds use a field that not all do. */
enum {
    LINEAR = 1 << SA_ROPE_LINEAR,
    DYNAMIC = 1 << SA_ROPE_DYNAMIC,
    YARN = 1 << SA_ROPE_YARN,
    LONGROPE = 1 << SA_ROPE_LONGROPE,
    LLAMA3 = 1 << SA_ROPE_LLAMA3,
};

struct use {
    const char *name;
    double value;
    int kinds;
};

static sa_status check_uses(struct report *report, const sa_rope_scaling *s) {
    static const char *const kinds[] = {"SA_ROPE_PLAIN", "SA_ROPE_LINEAR",   "SA_ROPE_DYNAMIC",
                                        "SA_ROPE_YARN",  "SA_ROPE_LONGROPE", "SA_ROPE_LLAMA3"};
    const struct use uses[] = {
        {"truncate", s->truncate, YARN},
        {"factor", s->factor, LINEAR | DYNAMIC | YARN | LONGROPE | LLAMA3},
        {"original_positions", (double)s->original_positions, DYNAMIC | YARN | LONGROPE | LLAMA3},
        {"max_positions", (double)s->max_positions, LONGROPE},
        {"length", (double)s->length, DYNAMIC | LONGROPE},
        {"low_frequency_factor", s->low_frequency_factor, LLAMA3},
        {"high_frequency_factor", s->high_frequency_factor, LLAMA3},
        {"beta_fast", s->beta_fast, YARN},
        {"beta_slow", s->beta_slow, YARN},
        {"mscale", s->mscale, YARN},
        {"mscale_all_dim", s->mscale_all_dim, YARN},
        {"attention_factor", s->attention_factor, YARN | LONGROPE},
        {"short_factors", s->short_factors != NULL, LONGROPE},
        {"long_factors", s->long_factors != NULL, LONGROPE},
    };
    for (size_t i = 0; i < sizeof uses / sizeof *uses; i++)
        if (uses[i].value != 0 && !(uses[i].kinds >> s->kind & 1))
            return fail(report, SA_ERR_VALUE, "%s is given, but the kind %s (%d) does not use it", uses[i].name,
                        kinds[s->kind], (int)s->kind);
    return SA_OK;
}

/* Fields that are only valid together or apart. */
static sa_status check_pairs(struct report *report, const sa_rope_scaling *s) {
    if ((s->mscale != 0) != (s->mscale_all_dim != 0))
        return fail(report, SA_ERR_VALUE, "mscale is %g and mscale_all_dim %g; both have to be given, or neither",
                    s->mscale, s->mscale_all_dim);
    if (s->mscale != 0 && s->attention_factor != 0)
        return fail(report, SA_ERR_VALUE, "mscale is %g beside attention_factor %g; only one of them can hold",
                    s->mscale, s->attention_factor);
    if (s->factor != 0 && s->max_positions != 0)
        return fail(report, SA_ERR_VALUE, "factor is %g beside max_positions %lld; only one of them can hold",
                    s->factor, (long long)s->max_positions);
    return SA_OK;
}

static void fill_in(sa_rope_scaling *s) {
    if (s->theta == 0) s->theta = 10000;
    if (s->low_frequency_factor == 0) s->low_frequency_factor = 1;
    if (s->high_frequency_factor == 0) s->high_frequency_factor = 4;
    if (s->beta_fast == 0) s->beta_fast = 32;
    if (s->beta_slow == 0) s->beta_slow = 1;
}

static sa_status check_longrope(struct report *report, const sa_rope_scaling *s) {
    if (!s->short_factors) return fail_null(report, "short_factors");
    if (!s->long_factors) return fail_null(report, "long_factors");
    for (int64_t i = 0; i < s->rotary / 2; i++)
        if (!(s->short_factors[i] > 0) || !(s->long_factors[i] > 0))
            return fail(report, SA_ERR_VALUE, "short_factors[%lld] is %g and long_factors[%lld] %g, must be above 0",
                        (long long)i, s->short_factors[i], (long long)i, s->long_factors[i]);
    if (s->factor == 0 && s->max_positions < 1)
        return fail(report, SA_ERR_VALUE, "factor is 0 and max_positions %lld; one of them has to be given",
                    (long long)s->max_positions);
    return SA_OK;
}

static sa_status check_ranges(struct report *report, const sa_rope_scaling *s) {
    int stretches =
        s->kind == SA_ROPE_LINEAR || s->kind == SA_ROPE_DYNAMIC || s->kind == SA_ROPE_YARN || s->kind == SA_ROPE_LLAMA3;
    if (s->truncate != 0 && s->truncate != -1)
        return fail(report, SA_ERR_VALUE, "truncate is %d, must be 0 or -1", (int)s->truncate);
    if (s->rotary < 2 || s->rotary % 2)
        return fail(report, SA_ERR_VALUE, "rotary is %lld, must be even and at least 2", (long long)s->rotary);
    if (!(s->theta > 1) || !isfinite(s->theta))
        return fail(report, SA_ERR_VALUE, "theta is %g, must be finite and above 1", s->theta);
    if ((stretches || s->factor != 0) && !(s->factor >= 1 && isfinite(s->factor)))
        return fail(report, SA_ERR_VALUE, "factor is %g, must be finite and at least 1", s->factor);
    if (s->kind >= SA_ROPE_DYNAMIC && s->original_positions < 2)
        return fail(report, SA_ERR_VALUE, "original_positions is %lld, must be at least 2",
                    (long long)s->original_positions);
    if (s->kind == SA_ROPE_DYNAMIC && s->rotary < 4)
        return fail(report, SA_ERR_VALUE, "rotary is %lld, must be at least 4 for dynamic scaling",
                    (long long)s->rotary);
    if (!(s->low_frequency_factor > 0) || !(s->high_frequency_factor > s->low_frequency_factor) ||
        !isfinite(s->high_frequency_factor))
        return fail(report, SA_ERR_VALUE,
                    "low_frequency_factor is %g and high_frequency_factor %g, must be finite and 0 < low < high",
                    s->low_frequency_factor, s->high_frequency_factor);
    if (s->length < 0) return fail(report, SA_ERR_VALUE, "length is %lld, must be at least 0", (long long)s->length);
    if (!(s->beta_slow > 0 && isfinite(s->beta_slow)) || !(s->beta_fast > 0 && isfinite(s->beta_fast)))
        return fail(report, SA_ERR_VALUE, "beta_fast is %g and beta_slow %g, must be finite and above 0", s->beta_fast,
                    s->beta_slow);
    if (!isfinite(s->mscale) || !isfinite(s->mscale_all_dim))
        return fail(report, SA_ERR_VALUE, "mscale is %g and mscale_all_dim %g, must be finite", s->mscale,
                    s->mscale_all_dim);
    if (!(s->attention_factor >= 0) || !isfinite(s->attention_factor))
        return fail(report, SA_ERR_VALUE, "attention_factor is %g, must be finite and at least 0", s->attention_factor);
    return s->kind == SA_ROPE_LONGROPE ? check_longrope(report, s) : SA_OK;
}

sa_status sa_rope_frequencies(const sa_rope_scaling *scaling, double *inverse_frequency, double *attention_factor) {
    struct report *report = thread_report();
    sa_rope_scaling s;
    double computed = 1;
    if (!scaling) return fail_null(report, "scaling");
    if (!inverse_frequency) return fail_null(report, "inverse_frequency");
    if (!attention_factor) return fail_null(report, "attention_factor");
    sa_status status = take_struct(report, "sa_rope_scaling", scaling, &s, sizeof s, offsetof(sa_rope_scaling, factor));
    if (status != SA_OK) return status;
    if (s.kind < SA_ROPE_PLAIN || s.kind > SA_ROPE_LLAMA3)
        return fail(report, SA_ERR_VALUE, "kind is %d, which is no SA_ROPE_ kind", (int)s.kind);
    status = check_uses(report, &s);
    if (status == SA_OK) status = check_pairs(report, &s);
    fill_in(&s);
    if (status == SA_OK) status = check_ranges(report, &s);
    if (status != SA_OK) return status;
    plain_frequencies(inverse_frequency, s.rotary, s.theta);
    if (s.kind == SA_ROPE_LINEAR) divide(inverse_frequency, s.rotary, s.factor);
    if (s.kind == SA_ROPE_DYNAMIC) dynamic(&s, inverse_frequency);
    if (s.kind == SA_ROPE_YARN) computed = yarn(&s, inverse_frequency);
    if (s.kind == SA_ROPE_LONGROPE) computed = longrope(&s, inverse_frequency);
    if (s.kind == SA_ROPE_LLAMA3) llama3(&s, inverse_frequency);
    int scales = s.kind == SA_ROPE_YARN || s.kind == SA_ROPE_LONGROPE;
    *attention_factor = scales && s.attention_factor != 0 ? s.attention_factor : computed;
    return SA_OK;
}
