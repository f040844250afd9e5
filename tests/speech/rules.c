/* sa_speech_rules() against the rules as they are written down, in double precision, on random texts and logits.
 * SPDX-License-Identifier: MIT */
#include "scripted.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static const struct line nothing[] = {{0}};
static const char no_latest[] = "\"no_timestamps_token_id\": 50,";

struct rules {
    int has_lists; /* suppress_tokens and begin_suppress_tokens of scripted_rules */
    int latest;    /* max_initial_timestamp_index; -1: none */
};

/* Rule 3 and 4: may this time follow? */
static int time_may_follow(const int32_t *ids, int64_t count, int32_t id) {
    int32_t last = -1;
    for (int64_t i = 0; i < count; i++)
        if (ids[i] >= TIME) last = ids[i];
    const int behind_time = count > 0 && ids[count - 1] >= TIME, behind_two = count < 2 || ids[count - 2] >= TIME;
    if (behind_time && behind_two) return 0;
    return behind_time ? id >= last : id > last;
}

static int text_may_follow(const int32_t *ids, int64_t count, int32_t id) {
    const int closes = count > 1 && ids[count - 1] >= TIME && ids[count - 2] < TIME;
    return count > 0 && !(closes && id < END);
}

static int is_forbidden(const struct rules *r, const int32_t *ids, int64_t count, int times, int32_t id) {
    if (r->has_lists && (id == 1 || id == 2 || id == START)) return 1;
    if (r->has_lists && !count && (id == 3 || id == END)) return 1;
    if (!times) return 0;
    if (id == NO_TIMES) return 1;
    if (id < TIME) return !text_may_follow(ids, count, id);
    if (!count) return r->latest >= 0 && id > TIME + r->latest;
    return !time_may_follow(ids, count, id);
}

static void plain(const struct rules *r, const int32_t *ids, int64_t count, int times, const float *logits,
                  double *want) {
    double total = 0, all_times = 0, text = -INFINITY;
    for (int32_t v = 0; v < VOCABULARY; v++) {
        want[v] = is_forbidden(r, ids, count, times, v) ? -INFINITY : (double)logits[v];
        total += exp(want[v]);
    }
    for (int32_t v = 0; v < VOCABULARY; v++) {
        if (v >= TIME) all_times += exp(want[v]) / total;
        if (v < TIME) text = fmax(text, want[v] - log(total));
    }
    for (int32_t v = 0; times && v < TIME; v++)
        if (log(all_times) > text) want[v] = -INFINITY;
}

/* Texts as a model writes them, and any others. */
static int64_t make_text(struct rng *rng, int32_t *ids) {
    const int64_t count = rng_below(rng, 9);
    for (int64_t i = 0; i < count; i++) {
        ids[i] = (int32_t)(rng_chance(rng, 0.4) ? TIME + rng_below(rng, TIMES) : rng_below(rng, VOCABULARY));
        if (rng_chance(rng, 0.2) && i) ids[i] = ids[i - 1];
    }
    return count;
}

static void expect_plain(const sa_speech *speech, const struct rules *r, uint64_t seeds) {
    int preferred = 0;
    for (uint64_t seed = 0; seed < seeds; seed++) {
        struct rng rng = {seed};
        int32_t ids[9];
        float logits[VOCABULARY];
        double want[VOCABULARY];
        const int64_t count = make_text(&rng, ids);
        const int32_t times = (int32_t)rng_below(&rng, 4) > 0;
        for (int v = 0; v < VOCABULARY; v++) logits[v] = 2 * rng_normal(&rng) + (float)(v >= TIME && seed % 2);
        plain(r, ids, count, times, logits, want);
        cr_assert_eq(sa_speech_rules(speech, count ? ids : NULL, count, times, logits), SA_OK);
        for (int v = 0; v < VOCABULARY; v++)
            cr_assert_eq((double)logits[v], want[v], "case %d, token %d: got %g, want %g", (int)seed, v,
                         (double)logits[v], want[v]);
        preferred += times && count && logits[TEXT] == -INFINITY;
    }
    cr_expect(preferred > 0);
}

Test(rules, are_those_that_are_written_down) {
    const struct rules given = {1, 1}, none = {0, -1};
    struct scripted s = scripted_open(nothing, scripted_rules);
    expect_plain(s.speech, &given, 4000);
    scripted_close(&s);
    s = scripted_open(nothing, no_latest);
    expect_plain(s.speech, &none, 4000);
    scripted_close(&s);
}

/* Where nothing is left, or logits are not finite, every token that may not be stays out. */
Test(rules, of_logits_that_are_not_finite) {
    float logits[VOCABULARY];
    const int32_t ids[] = {TIME, TEXT, TIME + TIMES - 1};
    struct scripted s = scripted_open(nothing, scripted_rules);
    for (int v = 0; v < VOCABULARY; v++) logits[v] = -INFINITY;
    cr_expect_eq(sa_speech_rules(s.speech, ids, 3, 1, logits), SA_OK);
    for (int v = 0; v < VOCABULARY; v++) cr_expect_eq(logits[v], -INFINITY);
    for (int v = 0; v < VOCABULARY; v++) logits[v] = NAN;
    cr_expect_eq(sa_speech_rules(s.speech, ids, 3, 1, logits), SA_OK);
    for (int v = 0; v < END; v++) cr_expect_eq(logits[v], -INFINITY);
    /* Behind the last time of all, text and time may follow again: the same time, or the end. */
    for (int v = 0; v < VOCABULARY; v++) logits[v] = 0;
    cr_expect_eq(sa_speech_rules(s.speech, ids, 3, 1, logits), SA_OK);
    cr_expect_eq(logits[END], 0);
    cr_expect_eq(logits[TIME + TIMES - 1], 0);
    cr_expect_eq(logits[TIME + TIMES - 2], -INFINITY);
    scripted_close(&s);
}

Test(rules, calls_that_make_no_sense) {
    float logits[VOCABULARY] = {0};
    const int32_t id = 0;
    struct scripted s = scripted_open(nothing, scripted_rules);
    cr_expect_eq(sa_speech_rules(NULL, &id, 1, 1, logits), SA_ERR_NULL);
    cr_expect_eq(sa_speech_rules(s.speech, NULL, 1, 1, logits), SA_ERR_NULL);
    cr_expect_eq(sa_speech_rules(s.speech, &id, 1, 1, NULL), SA_ERR_NULL);
    cr_expect_eq(sa_speech_rules(s.speech, &id, -1, 1, logits), SA_ERR_VALUE);
    cr_expect_eq(sa_speech_rules(s.speech, &id, 1, 2, logits), SA_ERR_VALUE);
    cr_expect_eq(sa_speech_rules(s.speech, &id, 1, -1, logits), SA_ERR_VALUE);
    scripted_close(&s);
}
