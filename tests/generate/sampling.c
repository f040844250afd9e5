/* The steps from logits to a token against the same steps with a whole sort, in double precision and in the order of
 * the header's text.
 * SPDX-License-Identifier: MIT */
#include "generate/sampling.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 300 };

struct place {
    double logit, probability;
    int32_t id;
};

static int compare(const void *left, const void *right) {
    const struct place *a = left, *b = right;
    if (a->logit != b->logit) return a->logit < b->logit ? 1 : -1;
    return (a->id > b->id) - (a->id < b->id);
}

/* All that may be drawn, largest logit first; penalties put in. */
static int64_t sorted_places(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences,
                             struct place *place) {
    int64_t n = 0;
    for (int64_t id = 0; id < V; id++) {
        double l = (double)logits[id];
        if (occurrences && occurrences[id]) {
            l = l > 0 ? l / s->repetition_penalty : l * s->repetition_penalty;
            l = (double)(float)(l - s->presence_penalty - occurrences[id] * s->frequency_penalty);
        }
        if (l > -HUGE_VAL) place[n++] = (struct place){l, 0, (int32_t)id};
    }
    qsort(place, (size_t)n, sizeof *place, compare);
    return n;
}

static void soften(struct place *place, int64_t n, double temperature) {
    double total = 0;
    for (int64_t i = 0; i < n; i++)
        total += place[i].probability = exp((place[i].logit - place[0].logit) / temperature);
    for (int64_t i = 0; i < n; i++) place[i].probability /= total;
}

/* What stays after all steps, softmax taken: probability by id. */
static void expected(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences,
                     double probability[MOST]) {
    struct place place[MOST];
    int64_t n = sorted_places(s, logits, V, occurrences, place), kept;
    if (s->top_k && n > s->top_k) n = s->top_k;
    soften(place, n, s->temperature);
    double sum = 0;
    for (kept = 0; kept < n && (kept == 0 || sum < s->top_p); kept++) sum += place[kept].probability;
    n = kept;
    for (kept = 1; kept < n && place[kept].probability >= s->min_p * place[0].probability;) kept++;
    soften(place, kept, s->temperature);
    memset(probability, 0, MOST * sizeof *probability);
    for (int64_t i = 0; i < kept; i++) probability[place[i].id] = place[i].probability;
}

/* Between the borders of neighbouring tokens' shares of [0, 1) exactly that token is drawn. */
static void expect_shares(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences,
                          int64_t number) {
    double probability[MOST], sum = 0;
    struct candidate work[2 * MOST];
    expected(s, logits, V, occurrences, probability);
    for (int32_t id = 0; id < V; id++) {
        double near = sum + 1e-9, far = sum + probability[id] - 1e-9;
        sum += probability[id];
        if (near >= far) continue; /* too thin a share to tell its borders from rounding */
        int32_t first = sampling_choose(s, logits, V, occurrences, near, work);
        int32_t last = sampling_choose(s, logits, V, occurrences, far, work);
        cr_expect(first == id && last == id,
                  "case %lld, V %lld: token %d has the share %.12f to %.12f, drawn %d and %d", (long long)number,
                  (long long)V, (int)id, near, far, (int)first, (int)last);
    }
    cr_expect(fabs(sum - 1) < 1e-12);
}

static double maybe(struct rng *rng, double value) {
    return rng_chance(rng, 0.5) ? value : 0;
}

static sa_sampling random_sampling(struct rng *rng, int64_t V) {
    const sa_sampling wanted = {.struct_size = sizeof wanted,
                                .temperature = 0.2 + 2 * rng_unit(rng),
                                .top_k = rng_chance(rng, 0.5) ? 1 + rng_below(rng, V + 2) : 0,
                                .top_p = maybe(rng, rng_unit(rng)),
                                .min_p = maybe(rng, 0.3 * rng_unit(rng)),
                                .repetition_penalty = maybe(rng, 0.5 + rng_unit(rng)),
                                .presence_penalty = maybe(rng, rng_unit(rng) - 0.5),
                                .frequency_penalty = maybe(rng, rng_unit(rng) - 0.5)};
    struct report report;
    sa_sampling taken;
    cr_assert_eq(sampling_take(&report, &wanted, &taken), SA_OK, "%s", report.text);
    return taken;
}

Test(sampling, is_that_of_a_whole_sort) {
    struct rng rng = {12};
    float logits[MOST];
    int32_t occurrences[MOST];
    for (int64_t number = 0; number < 400; number++) {
        int64_t V = 1 + rng_below(&rng, number % 2 ? 12 : MOST);
        int coarse = rng_chance(&rng, 0.3); /* many equal logits */
        for (int64_t id = 0; id < V; id++) {
            logits[id] = 3 * rng_normal(&rng);
            if (coarse) logits[id] = roundf(logits[id]);
            if (id && rng_chance(&rng, 0.05)) logits[id] = -INFINITY;
            occurrences[id] = (int32_t)rng_below(&rng, 4);
        }
        sa_sampling s = random_sampling(&rng, V);
        expect_shares(&s, logits, V, sampling_has_penalties(&s) ? occurrences : NULL, number);
    }
}

/* Sorted, reversed and equal logits are hard on selections. */
Test(sampling, any_order_of_logits) {
    float logits[MOST];
    for (int order = 0; order < 4; order++) {
        for (int64_t id = 0; id < MOST; id++)
            logits[id] = order == 0   ? 0.01f * (float)id
                         : order == 1 ? -0.01f * (float)id
                         : order == 2 ? 1
                                      : 0.02f * (float)(id < MOST / 2 ? id : MOST - id);
        for (int64_t k = 1; k < MOST; k += 7) {
            sa_sampling s = {.temperature = 1, .top_k = k, .top_p = 1, .repetition_penalty = 1};
            expect_shares(&s, logits, MOST, NULL, order * 1000 + k);
            s = (sa_sampling){.temperature = 1, .top_p = ((double)k - 0.5) / MOST, .repetition_penalty = 1};
            expect_shares(&s, logits, MOST, NULL, order * 1000 + k);
        }
    }
}

Test(sampling, greedy_takes_the_first_of_the_largest) {
    const sa_sampling greedy = {.top_p = 1, .repetition_penalty = 1};
    const float logits[] = {1, 3, -INFINITY, NAN, 3, 2};
    cr_expect_eq(sampling_choose(&greedy, logits, 6, NULL, 0.9, NULL), 1);
    cr_expect_eq(sampling_work(&greedy, 6), 0);
    /* 3 / 2 and 2 stay below 1.8 once the penalty is on; -1 * 2 is further away than -1.5 is. */
    const sa_sampling shy = {.top_p = 1, .repetition_penalty = 2};
    const float some[] = {1.8f, 3, 1.7f}, negative[] = {-1, -1.5f};
    const int32_t once[] = {0, 5, 0};
    cr_expect_eq(sampling_choose(&shy, some, 3, once, 0, NULL), 0);
    cr_expect_eq(sampling_choose(&shy, negative, 2, (const int32_t[]){1, 0}, 0, NULL), 1);
    /* Presence counts once, frequency each time. */
    const sa_sampling present = {.top_p = 1, .repetition_penalty = 1, .presence_penalty = 1};
    const sa_sampling frequent = {.top_p = 1, .repetition_penalty = 1, .frequency_penalty = 0.3};
    cr_expect_eq(sampling_choose(&present, some, 3, once, 0, NULL), 1);
    cr_expect_eq(sampling_choose(&frequent, some, 3, once, 0, NULL), 0);
}

Test(sampling, rows_without_a_choice) {
    struct candidate work[6];
    for (int warm = 0; warm < 2; warm++) {
        const sa_sampling s = {.temperature = warm, .top_p = 1, .repetition_penalty = 1};
        cr_expect_eq(sampling_choose(&s, (const float[]){-INFINITY, NAN, -INFINITY}, 3, NULL, 0, work), -1);
        cr_expect_eq(sampling_choose(&s, (const float[]){1, INFINITY, 2}, 3, NULL, 0, work), -1);
        cr_expect_eq(sampling_choose(&s, (const float[]){NAN, -1e30f, -INFINITY}, 3, NULL, 0.999, work), 1);
    }
}

/* The extremes of a temperature: nothing overflows on the way. */
Test(sampling, hot_and_cold) {
    struct candidate work[6];
    const float logits[] = {-3e38f, 3e38f, 2.9e38f};
    const sa_sampling cold = {.temperature = 1e-300, .top_p = 1, .repetition_penalty = 1};
    const sa_sampling hot = {.temperature = 1e300, .top_p = 1, .repetition_penalty = 1};
    cr_expect_eq(sampling_choose(&cold, logits, 3, NULL, 0.999999, work), 1);
    for (int32_t id = 0; id < 3; id++) cr_expect_eq(sampling_choose(&hot, logits, 3, NULL, (id + 0.5) / 3, work), id);
}

/* The first numbers of SplitMix64 with seed 0, as its authors' program prints them. */
Test(sampling, random_numbers_are_those_of_the_header) {
    static const uint64_t known[] = {0xe220a8397b1dcdaf, 0x6e789e6aa1b965f4, 0x06c45d188009454f};
    for (uint64_t n = 0; n < 3; n++)
        cr_expect_eq(sampling_uniform(0, n), (double)(known[n] >> 11) / 9007199254740992.0);
    cr_expect_neq(sampling_uniform(1, 0), sampling_uniform(0, 0));
}

Test(sampling, log_sum_exp_against_double) {
    struct rng rng = {5};
    float logits[MOST], work[MOST];
    for (int64_t V = 1; V <= MOST; V += 13) {
        double sum = 0;
        for (int64_t i = 0; i < V; i++) sum += exp((double)(logits[i] = 5 * rng_normal(&rng)));
        double got = exp(log_sum_exp(kernels_select(SA_ISA_PORTABLE), logits, V, work));
        /* V terms, each within 2 ULP, added up in float. */
        cr_expect(fabs(got - sum) < (double)(V + 5) * 0x1p-24 * sum, "V %lld: %.9g, want %.9g", (long long)V, got, sum);
    }
}

static void expect_refused(const sa_sampling *s, const char *sentence) {
    struct report report;
    sa_sampling taken;
    cr_expect_eq(sampling_take(&report, s, &taken), SA_ERR_VALUE);
    cr_expect_str_eq(report.text, sentence);
}

#define REFUSED(member, number, sentence)                                                                              \
    expect_refused(&(sa_sampling){.struct_size = sizeof(sa_sampling), .member = number}, sentence)

Test(sampling, refusals) {
    REFUSED(temperature, -1, "temperature is -1, must be 0 or more");
    REFUSED(temperature, INFINITY, "temperature is inf, must be 0 or more");
    REFUSED(top_k, -3, "top_k is -3, must be 0 or more");
    REFUSED(top_p, 1.5, "top_p is 1.5, must be 0 to 1");
    REFUSED(top_p, NAN, "top_p is nan, must be 0 to 1");
    REFUSED(min_p, -0.5, "min_p is -0.5, must be 0 to 1");
    REFUSED(repetition_penalty, -1, "repetition_penalty is -1, must be 0 or more");
    REFUSED(presence_penalty, INFINITY, "presence_penalty is inf, must be finite");
    REFUSED(frequency_penalty, NAN, "frequency_penalty is nan, must be finite");
}

/* Without a temperature; top_p 1 keeps all tokens, as 0 does. */
Test(sampling, what_only_a_draw_looks_at_is_refused) {
    struct report report;
    sa_sampling taken;
    const sa_sampling all = {.struct_size = sizeof all, .top_p = 1};
    REFUSED(top_k, 3, "top_k is 3, but temperature is 0, and so the largest logit is taken");
    REFUSED(top_p, 0.5, "top_p is 0.5, but temperature is 0, and so the largest logit is taken");
    REFUSED(min_p, 0.25, "min_p is 0.25, but temperature is 0, and so the largest logit is taken");
    cr_expect_eq(sampling_take(&report, &all, &taken), SA_OK);
    const sa_sampling seeded = {.struct_size = sizeof seeded, .seed = UINT64_MAX};
    cr_expect_eq(sampling_take(&report, &seeded, &taken), SA_OK, "any seed gives the same greedy text");
}
