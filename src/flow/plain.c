/* The plain path, one query row after the other. It defines the right result.
 *
 *   s_j = softcap(scale * q . k_j) + bias_j over the visible keys j;  p_j = exp(s_j - max s) / sum;  o = sum_j p_j v_j
 * where a sink is a term of the sum without a value, and rules add to s_j.
 * SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "flow/visible.h"

#include <math.h>

/* In double, since exp turns the error of a score into a relative error of a weight. */
static double dot(const struct view *a, const void *a_row, const struct view *b, const void *b_row, int64_t n) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++) sum += (double)view_load(a, a_row, i) * view_load(b, b_row, i);
    return sum;
}

/* One query row: its place, its row of the mask, and its outputs. */
struct row {
    const struct problem *p;
    int64_t b, h, t;
    struct sight sight;
    int64_t shift;  /* what slopes count distances from */
    float *weights; /* NULL if not wanted */
};

static float capped(const struct problem *p, float score) {
    return p->softcap > 0 ? p->softcap * tanhf(score / p->softcap) : score;
}

static float score(const struct row *r, int64_t j, int32_t stage, int64_t shift) {
    const struct problem *p = r->p;
    const struct view *queries = queries_for(p, j);
    const void *q = view_row(queries, r->b, r->h, r->t), *k = view_row(&p->key, r->b, r->h / p->G, j);
    float s = (float)(p->scale * dot(queries, q, &p->key, k, p->D)), bias;
    if (stage == SA_WEIGHTS_SCALED) return s;
    s = capped(p, s);
    if (stage == SA_WEIGHTS_SOFTCAPPED) return s;
    if (rules_add(&p->rules)) s += rule_bias(&p->rules, r->h, j - position_of(p, r->b, r->t), shift);
    return visible(p, &r->sight, j, &bias) ? s + bias : -INFINITY;
}

/* Key j, or the next key after it in the row's range and line. */
static int64_t key_from(const struct row *r, int64_t j) {
    const struct sight *s = &r->sight;
    return next_in_line(&s->line, j >= r->p->visible.keep && j < s->range.first ? s->range.first : j);
}

/* Scores of the visible keys, in s; returns the largest. *seen says whether there is any. */
static float visible_scores(const struct row *r, float *s, int *seen) {
    float max = -INFINITY, bias;
    *seen = 0;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1)) {
        if (!visible(r->p, &r->sight, j, &bias)) continue;
        s[j] = score(r, j, SA_WEIGHTS_BIASED, r->shift);
        if (s[j] > max) max = s[j];
        *seen = 1;
    }
    return max;
}

static void write_weights(const struct row *r, const float *s, float base, float total, int seen) {
    const struct problem *p = r->p;
    float bias;
    for (int64_t j = 0; j < p->S; j++) {
        float w = 0;
        if (p->weights_kind != SA_WEIGHTS_PROBABILITIES)
            w = score(r, j, p->weights_kind, 0);
        else if (seen && visible(p, &r->sight, j, &bias))
            w = expf(s[j] - base) / total;
        r->weights[j * p->weights.stride_d] = w;
    }
}

/* Sums over all keys in double: they are not cut into chunks here, so in float their errors would grow with the number
 * of keys. */
static void attend(const struct row *r, float *s, double *sum) {
    const struct problem *p = r->p;
    int seen;
    double shifted = p->rules.slopes ? (double)p->rules.slopes[r->h] * (double)r->shift : 0;
    float max = visible_scores(r, s, &seen), bias;
    float sink = p->rules.sinks ? (float)(p->rules.sinks[r->h] - shifted) : -INFINITY;
    if (sink > max) max = sink;
    float base = max == -INFINITY ? 0 : max;
    double total = expf(sink - base);
    for (int64_t d = 0; d < p->Dv; d++) sum[d] = 0;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1)) {
        if (!visible(p, &r->sight, j, &bias)) continue;
        float e = expf(s[j] - base);
        const void *v = view_row(&p->value, r->b, r->h / p->G, j);
        for (int64_t d = 0; d < p->Dv; d++) {
            float value = view_load(&p->value, v, d);
            sum[d] += (double)(isfinite(value) ? e : weight_of_odd(e, s[j])) * value;
        }
        total += e;
    }
    void *o = view_row(&p->output, r->b, r->h, r->t);
    for (int64_t d = 0; d < p->Dv; d++) view_store(&p->output, o, d, seen ? (float)(sum[d] / total) : 0);
    if (p->lse.data) {
        float lse = base + (float)log(total);
        view_store(&p->lse, view_row(&p->lse, r->b, r->h, r->t), 0, seen ? (float)(lse + shifted) : -INFINITY);
    }
    if (r->weights) write_weights(r, s, base, (float)total, seen);
}

void attention_plain_task(void *job, int64_t task, int32_t worker) {
    const struct attention_job *a = job;
    const struct problem *p = a->problem;
    const struct scratch_map *map = &a->plan->map;
    char *scratch = a->scratch + worker * a->plan->worker_memory.bytes;
    int64_t row = task % a->plan->blocks, k = task / a->plan->blocks % p->K, b = task / a->plan->blocks / p->K;
    if (row / p->G >= query_count(p, b)) return;
    struct row r = {.p = p, .b = b, .h = k * p->G + row % p->G, .t = row / p->G};
    r.sight = sight_of_query(p, b, r.h, r.t);
    if (p->rules.slopes) r.shift = nearest_distance(p, &r.sight, position_of(p, b, r.t));
    if (p->weights.data) r.weights = view_row(&p->weights, b, r.h, r.t);
    attend(&r, (float *)(scratch + map->scores), (double *)(scratch + map->states));
}
