/* SPDX-License-Identifier: MIT */
#include "generate/sampling.h"

#include "api/context.h"
#include "base/arith.h"

#include <math.h>
#include <string.h>

static sa_status check_range(struct report *report, const char *name, double value, double most) {
    if (value >= 0 && value <= most && isfinite(value)) return SA_OK;
    if (most == HUGE_VAL) return fail(report, SA_ERR_VALUE, "%s is %g, must be 0 or more", name, value);
    return fail(report, SA_ERR_VALUE, "%s is %g, must be 0 to %g", name, value, most);
}

static sa_status check_finite(struct report *report, const char *name, double value) {
    return isfinite(value) ? SA_OK : fail(report, SA_ERR_VALUE, "%s is %g, must be finite", name, value);
}

/* Without a temperature nothing is drawn: what only a draw looks at would be ignored. */
static sa_status check_greedy(struct report *report, const sa_sampling *s) {
#define GREEDY ", but temperature is 0, and so the largest logit is taken"
    if (s->temperature > 0) return SA_OK;
    if (s->top_k) return fail(report, SA_ERR_VALUE, "top_k is %lld" GREEDY, (long long)s->top_k);
    if (s->top_p < 1) return fail(report, SA_ERR_VALUE, "top_p is %g" GREEDY, s->top_p);
    if (s->min_p > 0) return fail(report, SA_ERR_VALUE, "min_p is %g" GREEDY, s->min_p);
    return SA_OK;
#undef GREEDY
}

sa_status sampling_take(struct report *report, const sa_sampling *args, sa_sampling *s) {
    sa_status status = SA_OK;
    *s = (sa_sampling){0};
    if (args) status = take_struct(report, "sa_sampling", args, s, sizeof *s, sizeof s->struct_size);
    if (status == SA_OK) status = check_range(report, "temperature", s->temperature, HUGE_VAL);
    if (status == SA_OK && s->top_k < 0)
        status = fail(report, SA_ERR_VALUE, "top_k is %lld, must be 0 or more", (long long)s->top_k);
    if (status == SA_OK) status = check_range(report, "top_p", s->top_p, 1);
    if (status == SA_OK) status = check_range(report, "min_p", s->min_p, 1);
    if (status == SA_OK) status = check_range(report, "repetition_penalty", s->repetition_penalty, HUGE_VAL);
    if (status == SA_OK) status = check_finite(report, "presence_penalty", s->presence_penalty);
    if (status == SA_OK) status = check_finite(report, "frequency_penalty", s->frequency_penalty);
    if (s->repetition_penalty == 0) s->repetition_penalty = 1;
    if (s->top_p == 0) s->top_p = 1;
    return status == SA_OK ? check_greedy(report, s) : status;
}

int sampling_has_penalties(const sa_sampling *s) {
    return s->repetition_penalty != 1 || s->presence_penalty != 0 || s->frequency_penalty != 0;
}

int64_t sampling_work(const sa_sampling *s, int64_t V) {
    return s->temperature > 0 ? 2 * V : 0;
}

double sampling_uniform(uint64_t seed, uint64_t n) {
    uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

double log_sum_exp(const struct kernels *kernels, const float *logits, int64_t V, float *work) {
    float most = kernels->rows->max(logits, V);
    memcpy(work, logits, (size_t)V * sizeof *work);
    return (double)most + log((double)kernels->rows->exp_sum(work, V, most));
}

/* The logit of a token after the penalties; -infinity for NaN. */
static float penalised(const sa_sampling *s, const float *logits, const int32_t *occurrences, int64_t id) {
    if (isnan(logits[id])) return -HUGE_VALF;
    if (!occurrences || !occurrences[id]) return logits[id];
    double l = (double)logits[id];
    l = l > 0 ? l / s->repetition_penalty : l * s->repetition_penalty;
    return (float)(l - s->presence_penalty - occurrences[id] * s->frequency_penalty);
}

static int32_t choose_largest(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences) {
    float most = -HUGE_VALF;
    int32_t best = -1;
    for (int64_t id = 0; id < V; id++) {
        float logit = penalised(s, logits, occurrences, id);
        if (logit > most) {
            most = logit;
            best = (int32_t)id;
        }
    }
    return most < HUGE_VALF ? best : -1;
}

/* A total order, from the largest logit down. */
static int before(const struct candidate *a, const struct candidate *b) {
    return a->logit > b->logit || (a->logit == b->logit && a->id < b->id);
}

static void swap(struct candidate *a, struct candidate *b) {
    struct candidate c = *a;
    *a = *b;
    *b = c;
}

/* Moves the candidates that precede a pivot to the front of c [n] and the pivot behind them; returns its place. */
static int64_t partition(struct candidate *c, int64_t n) {
    /* The median of three goes to the end. */
    struct candidate *first = c, *middle = c + n / 2, *last = c + n - 1;
    if (before(middle, first)) swap(middle, first);
    if (before(last, middle)) swap(last, middle);
    if (before(middle, first)) swap(middle, first);
    swap(middle, last);
    int64_t place = 0;
    for (int64_t i = 0; i < n - 1; i++)
        if (before(&c[i], last)) swap(&c[i], &c[place++]);
    swap(&c[place], last);
    return place;
}

/* Takes candidates in order until their weights reach `need`, and returns the last one taken; the last of all if the
 * sum never reaches it. c [n], n > 0, is reordered. A selection, not a sort: linear in n on average. */
static struct candidate find_boundary(struct candidate *c, int64_t n, double need) {
    struct candidate boundary = c[0];
    while (n > 0) {
        int64_t place = partition(c, n);
        double front = 0;
        for (int64_t i = 0; i < place; i++) front += c[i].weight;
        if (front >= need && place > 0) {
            n = place;
            continue;
        }
        boundary = c[place];
        need -= front + boundary.weight;
        if (need <= 0) break;
        c += place + 1;
        n -= place + 1;
    }
    return boundary;
}

/* Keeps, in order of their ids, the fewest candidates whose weights reach `need`. Returns how many. */
static int64_t keep_first(struct candidate *c, int64_t n, double need, struct candidate *spare) {
    memcpy(spare, c, (size_t)n * sizeof *c);
    struct candidate boundary = find_boundary(spare, n, need);
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (!before(&boundary, &c[i])) c[kept++] = c[i];
    return kept;
}

/* Fills c with the tokens that may be drawn, in order of their ids. Returns how many. */
static int64_t list_candidates(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences,
                               struct candidate *c, float *most) {
    int64_t n = 0;
    *most = -HUGE_VALF;
    for (int64_t id = 0; id < V; id++) {
        float logit = penalised(s, logits, occurrences, id);
        if (logit > *most) *most = logit;
        if (logit > -HUGE_VALF) c[n++] = (struct candidate){logit, (int32_t)id, 1};
    }
    return n;
}

static double weigh(const sa_sampling *s, struct candidate *c, int64_t n, float most) {
    double total = 0;
    for (int64_t i = 0; i < n; i++) {
        c[i].weight = exp(((double)c[i].logit - (double)most) / s->temperature);
        total += c[i].weight;
    }
    return total;
}

/* Keeps candidates with a weight of at least `least`; the most probable one has weight 1. */
static int64_t keep_heavy(struct candidate *c, int64_t n, double least) {
    int64_t kept = 0;
    for (int64_t i = 0; i < n; i++)
        if (c[i].weight >= least) c[kept++] = c[i];
    return kept;
}

static int32_t draw(const struct candidate *c, int64_t n, double uniform) {
    double total = 0, sum = 0;
    int64_t i;
    for (i = 0; i < n; i++) total += c[i].weight;
    for (i = 0; i < n - 1; i++) {
        sum += c[i].weight;
        if (sum > uniform * total) break;
    }
    return c[i].id;
}

int32_t sampling_choose(const sa_sampling *s, const float *logits, int64_t V, const int32_t *occurrences,
                        double uniform, struct candidate *work) {
    if (s->temperature == 0) return choose_largest(s, logits, V, occurrences);
    float most;
    int64_t n = list_candidates(s, logits, V, occurrences, work, &most);
    if (n == 0 || most == HUGE_VALF) return -1;
    if (s->top_k > 0 && s->top_k < n) n = keep_first(work, n, (double)s->top_k, work + V);
    double total = weigh(s, work, n, most);
    if (s->top_p < 1) n = keep_first(work, n, s->top_p * total, work + V);
    n = keep_heavy(work, n, s->min_p);
    return draw(work, n, uniform);
}
