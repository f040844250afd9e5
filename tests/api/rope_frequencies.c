/* sa_rope_frequencies() against the formulas of Hugging Face's modeling_rope_utils.py, written out plainly, and against
 * numbers that models publish.
 * SPDX-License-Identifier: MIT */
#include "selfattn.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { MOST = 128 };

static const double PI = 3.14159265358979323846;

static void get(const sa_rope_scaling *s, double frequency[MOST / 2], double *factor) {
    cr_assert_eq(sa_rope_frequencies(s, frequency, factor), SA_OK, "%s", sa_ctx_last_error(NULL));
}

static int near(double got, double want) {
    return fabs(got - want) <= 1e-12 * fabs(want);
}

/* How many of the pairs are not as wanted. */
static void expect_all(const sa_rope_scaling *s, double (*want)(const sa_rope_scaling *, int64_t), double want_factor) {
    double frequency[MOST / 2], factor;
    int wrong = 0, first = -1;
    get(s, frequency, &factor);
    for (int i = 0; i < s->rotary / 2; i++)
        if (!near(frequency[i], want(s, i)) && wrong++ == 0) first = i;
    cr_expect_eq(wrong, 0, "kind %d, rotary %lld: %d frequencies are wrong, as %d: %.17g, want %.17g", s->kind,
                 (long long)s->rotary, wrong, first, frequency[first < 0 ? 0 : first], want(s, first < 0 ? 0 : first));
    cr_expect(near(factor, want_factor), "kind %d: factor %.17g, want %.17g", s->kind, factor, want_factor);
}

static double plain(const sa_rope_scaling *s, int64_t i) {
    return 1 / pow(s->theta != 0 ? s->theta : 10000, 2 * (double)i / (double)s->rotary);
}

Test(rope_frequencies, plain) {
    for (int64_t rotary = 2; rotary <= MOST; rotary += 6) {
        expect_all(&(sa_rope_scaling){.struct_size = sizeof(sa_rope_scaling), .rotary = rotary}, plain, 1);
        expect_all(&(sa_rope_scaling){.struct_size = sizeof(sa_rope_scaling), .rotary = rotary, .theta = 500000}, plain,
                   1);
    }
}

static double linear(const sa_rope_scaling *s, int64_t i) {
    return plain(s, i) / s->factor;
}

Test(rope_frequencies, linear) {
    sa_rope_scaling s = {.struct_size = sizeof s, .kind = SA_ROPE_LINEAR, .rotary = 64, .factor = 2.5};
    expect_all(&s, linear, 1);
}

static double dynamic(const sa_rope_scaling *s, int64_t i) {
    double longest = (double)s->original_positions, length = fmax((double)s->length, longest), dim = (double)s->rotary;
    double base =
        (s->theta != 0 ? s->theta : 10000) * pow(s->factor * length / longest - (s->factor - 1), dim / (dim - 2));
    return 1 / pow(base, 2 * (double)i / dim);
}

Test(rope_frequencies, dynamic) {
    sa_rope_scaling s = {
        .struct_size = sizeof s, .kind = SA_ROPE_DYNAMIC, .rotary = 64, .factor = 4, .original_positions = 2048};
    expect_all(&s, plain, 1); /* no longer than it was trained for */
    s.length = 2048;
    expect_all(&s, plain, 1);
    s.length = 2049;
    expect_all(&s, dynamic, 1);
    s.length = 10000, s.theta = 1e6;
    expect_all(&s, dynamic, 1);
    s.rotary = 4;
    expect_all(&s, dynamic, 1);
}

/* Pair that turns so many times over the original positions. */
static double correction(const sa_rope_scaling *s, double turns) {
    double theta = s->theta != 0 ? s->theta : 10000;
    return (double)s->rotary * log((double)s->original_positions / (turns * 2 * PI)) / (2 * log(theta));
}

static double yarn(const sa_rope_scaling *s, int64_t i) {
    double low = correction(s, s->beta_fast != 0 ? s->beta_fast : 32);
    double high = correction(s, s->beta_slow != 0 ? s->beta_slow : 1);
    if (s->truncate == 0) low = floor(low), high = ceil(high);
    if (low < 0) low = 0;
    if (high > (double)s->rotary - 1) high = (double)s->rotary - 1;
    if (low == high) high += .001;
    double ramp = ((double)i - low) / (high - low), keep = 1 - (ramp < 0 ? 0 : ramp > 1 ? 1 : ramp);
    double extrapolated = plain(s, i), interpolated = plain(s, i) / s->factor;
    return interpolated * (1 - keep) + extrapolated * keep;
}

Test(rope_frequencies, yarn) {
    sa_rope_scaling s = {
        .struct_size = sizeof s, .kind = SA_ROPE_YARN, .rotary = 128, .factor = 16, .original_positions = 4096};
    expect_all(&s, yarn, .1 * log(16) + 1);
    s.truncate = -1;
    expect_all(&s, yarn, .1 * log(16) + 1);
    s.beta_fast = 20, s.beta_slow = 2, s.theta = 150000, s.rotary = 64;
    expect_all(&s, yarn, .1 * log(16) + 1);
    s.truncate = 0;
    expect_all(&s, yarn, .1 * log(16) + 1);
    s.factor = 1;
    expect_all(&s, plain, 1);
    s.factor = 8, s.original_positions = 100; /* bounds that leave the range of pairs */
    expect_all(&s, yarn, .1 * log(8) + 1);
    s.original_positions = 1 << 30;
    expect_all(&s, yarn, .1 * log(8) + 1);
    s.original_positions = 2, s.beta_fast = s.beta_slow = 1; /* both bounds at the first pair */
    expect_all(&s, yarn, .1 * log(8) + 1);
}

Test(rope_frequencies, yarn_attention_factors) {
    sa_rope_scaling s = {
        .struct_size = sizeof s, .kind = SA_ROPE_YARN, .rotary = 64, .factor = 40, .original_positions = 4096};
    s.mscale = s.mscale_all_dim = 1; /* DeepSeek V3 */
    expect_all(&s, yarn, 1);
    s.mscale = .707, s.mscale_all_dim = 1.5;
    expect_all(&s, yarn, (.1 * .707 * log(40) + 1) / (.1 * 1.5 * log(40) + 1));
    s.mscale = s.mscale_all_dim = 0;
    expect_all(&s, yarn, .1 * log(40) + 1);
    s.attention_factor = 1.25;
    expect_all(&s, yarn, 1.25);
}

static double longrope(const sa_rope_scaling *s, int64_t i) {
    return plain(s, i) / (s->length > s->original_positions ? s->long_factors[i] : s->short_factors[i]);
}

Test(rope_frequencies, longrope) {
    double few[MOST / 2], many[MOST / 2];
    sa_rope_scaling s = {
        .struct_size = sizeof s, .kind = SA_ROPE_LONGROPE, .rotary = 96, .short_factors = few, .long_factors = many};
    for (int i = 0; i < MOST / 2; i++) few[i] = 1 + i * .01, many[i] = 1 + i * 1.3;
    s.original_positions = 4096, s.max_positions = 131072; /* Phi 3 */
    expect_all(&s, longrope, sqrt(1 + log(32) / log(4096)));
    s.length = 4096;
    expect_all(&s, longrope, sqrt(1 + log(32) / log(4096)));
    s.length = 4097;
    expect_all(&s, longrope, sqrt(1 + log(32) / log(4096)));
    s.factor = 8, s.max_positions = 0;
    expect_all(&s, longrope, sqrt(1 + log(8) / log(4096)));
    s.attention_factor = 1.19;
    expect_all(&s, longrope, 1.19);
    s.factor = s.attention_factor = 0, s.max_positions = 2048;
    expect_all(&s, longrope, 1);
}

static double llama3(const sa_rope_scaling *s, int64_t i) {
    double low = s->low_frequency_factor != 0 ? s->low_frequency_factor : 1;
    double high = s->high_frequency_factor != 0 ? s->high_frequency_factor : 4;
    double original = (double)s->original_positions, frequency = plain(s, i), wavelength = 2 * PI / frequency;
    if (wavelength > original / low) return frequency / s->factor;
    if (wavelength < original / high) return frequency;
    double smooth = (original / wavelength - low) / (high - low);
    return (1 - smooth) * frequency / s->factor + smooth * frequency;
}

Test(rope_frequencies, llama3) {
    sa_rope_scaling s = {.struct_size = sizeof s, .kind = SA_ROPE_LLAMA3, .rotary = 128, .factor = 8, .theta = 500000};
    s.original_positions = 8192; /* Llama 3.1 */
    expect_all(&s, llama3, 1);
    s.factor = 32, s.rotary = 64; /* Llama 3.2 */
    expect_all(&s, llama3, 1);
    s.low_frequency_factor = 2, s.high_frequency_factor = 2.5, s.theta = 0;
    expect_all(&s, llama3, 1);
}

/* ---- ranges */

static sa_rope_scaling valid(int32_t kind) {
    static const double factors[MOST / 2] = {1, 1, 1, 1, 1, 1, 1, 1};
    sa_rope_scaling s = {.struct_size = sizeof s, .kind = kind, .rotary = 16};
    if (kind != SA_ROPE_PLAIN) s.factor = 2;
    if (kind >= SA_ROPE_DYNAMIC) s.original_positions = 100;
    if (kind == SA_ROPE_LONGROPE) s.short_factors = s.long_factors = factors;
    return s;
}

static void expect_refused(const sa_rope_scaling *s, sa_status status, const char *words, const char *spoiled) {
    double frequency[MOST / 2], factor;
    sa_status got = sa_rope_frequencies(s, frequency, &factor);
    cr_expect_eq(got, status, "%s: status %d, want %d", spoiled, got, status);
    cr_expect(strstr(sa_ctx_last_error(NULL), words), "%s: \"%s\" does not say \"%s\"", spoiled,
              sa_ctx_last_error(NULL), words);
}

#define REFUSED(kind, status, words, ...)                                                                              \
    do {                                                                                                               \
        sa_rope_scaling s = valid(kind);                                                                               \
        __VA_ARGS__;                                                                                                   \
        expect_refused(&s, status, words, #__VA_ARGS__);                                                               \
    } while (0)

Test(rope_frequencies, ranges) {
    const int32_t kinds = SA_ROPE_LLAMA3 + 1;
    static const double bad[MOST / 2] = {1, 1, 0, 1, 1, 1, 1, 1};
    for (int32_t kind = 0; kind < kinds; kind++) {
        double frequency[MOST / 2], factor;
        const sa_rope_scaling fine = valid(kind);
        get(&fine, frequency, &factor);
        REFUSED(kind, SA_ERR_VALUE, "rotary is 15, must be even and at least 2", s.rotary = 15);
        REFUSED(kind, SA_ERR_VALUE, "rotary is 0", s.rotary = 0);
        REFUSED(kind, SA_ERR_VALUE, "rotary is -2", s.rotary = -2);
        REFUSED(kind, SA_ERR_VALUE, "theta is 1, must be finite and above 1", s.theta = 1);
        REFUSED(kind, SA_ERR_VALUE, "theta is inf", s.theta = INFINITY);
        REFUSED(kind, SA_ERR_VALUE, "theta is nan", s.theta = NAN);
        if (kind != SA_ROPE_PLAIN) {
            REFUSED(kind, SA_ERR_VALUE, "factor is 0.5, must be finite and at least 1", s.factor = .5);
            REFUSED(kind, SA_ERR_VALUE, "factor is nan", s.factor = NAN);
        }
        REFUSED(kind, SA_ERR_STRUCT_SIZE, "sa_rope_scaling.struct_size is 8", s.struct_size = 8);
    }
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "truncate is 1", s.truncate = 1);
    REFUSED(SA_ROPE_DYNAMIC, SA_ERR_VALUE, "length is -1, must be at least 0", s.length = -1);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_VALUE, "length is -9", s.length = -9);
    REFUSED(kinds, SA_ERR_VALUE, "kind is 6", (void)0);
    REFUSED(-1, SA_ERR_VALUE, "kind is -1", (void)0);
    REFUSED(SA_ROPE_LINEAR, SA_ERR_VALUE, "factor is 0", s.factor = 0);
    REFUSED(SA_ROPE_DYNAMIC, SA_ERR_VALUE, "rotary is 2, must be at least 4", s.rotary = 2);
    for (int32_t kind = SA_ROPE_DYNAMIC; kind < kinds; kind++)
        REFUSED(kind, SA_ERR_VALUE, "original_positions is 1, must be at least 2", s.original_positions = 1);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "beta_fast is -1 and beta_slow 1, must be finite and above 0",
            s.beta_fast = -1);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "beta_slow nan", s.beta_slow = NAN);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "beta_fast is inf", s.beta_fast = INFINITY);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "mscale is inf and mscale_all_dim 1, must be finite", s.mscale = INFINITY,
            s.mscale_all_dim = 1);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "mscale_all_dim nan", s.mscale = 1, s.mscale_all_dim = NAN);
    REFUSED(SA_ROPE_YARN, SA_ERR_VALUE, "attention_factor is -1, must be finite and at least 0",
            s.attention_factor = -1);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_NULL, "short_factors is NULL", s.short_factors = NULL);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_NULL, "long_factors is NULL", s.long_factors = NULL);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_VALUE, "long_factors[2] 0, must be above 0", s.long_factors = bad);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_VALUE, "short_factors[2] is 0", s.short_factors = bad);
    REFUSED(SA_ROPE_LONGROPE, SA_ERR_VALUE, "factor is 0 and max_positions 0", s.factor = 0, s.max_positions = 0);
    REFUSED(SA_ROPE_LLAMA3, SA_ERR_VALUE, "must be finite and 0 < low < high", s.low_frequency_factor = 4);
    REFUSED(SA_ROPE_LLAMA3, SA_ERR_VALUE, "must be finite and 0 < low < high", s.low_frequency_factor = -1);
    REFUSED(SA_ROPE_LLAMA3, SA_ERR_VALUE, "high_frequency_factor inf, must be finite and 0 < low < high",
            s.high_frequency_factor = INFINITY);
}

/* What a kind does not use is refused by name, whatever it is. */
Test(rope_frequencies, fields_of_other_kinds) {
    const int32_t PLAIN = SA_ROPE_PLAIN, LINEAR = SA_ROPE_LINEAR, DYNAMIC = SA_ROPE_DYNAMIC, YARN = SA_ROPE_YARN,
                  LONGROPE = SA_ROPE_LONGROPE, LLAMA3 = SA_ROPE_LLAMA3;
    static const double factors[MOST / 2] = {1};
    for (int32_t kind = PLAIN; kind <= LLAMA3; kind++) {
        if (kind == PLAIN) REFUSED(kind, SA_ERR_VALUE, "factor is given, but the kind SA_ROPE_PLAIN (0)", s.factor = 2);
        if (kind <= LINEAR)
            REFUSED(kind, SA_ERR_VALUE, "original_positions is given, but the kind", s.original_positions = 9);
        if (kind != LONGROPE) {
            REFUSED(kind, SA_ERR_VALUE, "max_positions is given, but the kind", s.max_positions = 9);
            REFUSED(kind, SA_ERR_VALUE, "short_factors is given, but the kind", s.short_factors = factors);
            REFUSED(kind, SA_ERR_VALUE, "long_factors is given, but the kind", s.long_factors = factors);
        }
        if (kind != LONGROPE && kind != DYNAMIC)
            REFUSED(kind, SA_ERR_VALUE, "length is given, but the kind", s.length = 9);
        if (kind != LONGROPE && kind != YARN)
            REFUSED(kind, SA_ERR_VALUE, "attention_factor is given, but the kind", s.attention_factor = 2);
        if (kind != LLAMA3) {
            REFUSED(kind, SA_ERR_VALUE, "low_frequency_factor is given, but the kind", s.low_frequency_factor = 1);
            REFUSED(kind, SA_ERR_VALUE, "high_frequency_factor is given, but the kind", s.high_frequency_factor = NAN);
        }
        if (kind == YARN) continue;
        REFUSED(kind, SA_ERR_VALUE, "truncate is given, but the kind", s.truncate = -1);
        REFUSED(kind, SA_ERR_VALUE, "beta_fast is given, but the kind", s.beta_fast = 32);
        REFUSED(kind, SA_ERR_VALUE, "beta_slow is given, but the kind", s.beta_slow = 1);
        REFUSED(kind, SA_ERR_VALUE, "mscale is given, but the kind", s.mscale = 1);
        REFUSED(kind, SA_ERR_VALUE, "mscale_all_dim is given, but the kind", s.mscale_all_dim = 1);
    }
    REFUSED(YARN, SA_ERR_VALUE, "mscale is 2 and mscale_all_dim 0; both have to be given", s.mscale = 2);
    REFUSED(YARN, SA_ERR_VALUE, "mscale is 0 and mscale_all_dim 2; both have to be given", s.mscale_all_dim = 2);
    REFUSED(YARN, SA_ERR_VALUE, "mscale is 1 beside attention_factor 3", s.mscale = s.mscale_all_dim = 1,
            s.attention_factor = 3);
    REFUSED(LONGROPE, SA_ERR_VALUE, "factor is 2 beside max_positions 9", s.max_positions = 9);
}

Test(rope_frequencies, nulls) {
    double frequency[MOST / 2], factor;
    sa_rope_scaling s = valid(SA_ROPE_PLAIN);
    cr_expect_eq(sa_rope_frequencies(NULL, frequency, &factor), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(NULL), "scaling is NULL");
    cr_expect_eq(sa_rope_frequencies(&s, NULL, &factor), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(NULL), "inverse_frequency is NULL");
    cr_expect_eq(sa_rope_frequencies(&s, frequency, NULL), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(NULL), "attention_factor is NULL");
}
