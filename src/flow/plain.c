/* The plain path, one query row after the other. It defines the right result.
 *
 *   s_j = softcap(scale * q . k_j) + bias_j over the visible keys j;  p_j = exp(s_j - max s) / sum;  o = sum_j p_j v_j
 * where a sink is a term of the sum without a value, rules add to s_j, and dropout changes p_j of the last sum.
 * SPDX-License-Identifier: MIT */
#include "flow/attention.h"
#include "flow/summaries.h"
#include "flow/visible.h"

#include <math.h>
#include <string.h>

/* One query row: its place, its row of the mask, and its outputs. */
struct row {
    const struct problem *p;
    int64_t b, h, t;
    struct sight sight;
    int64_t shift;             /* what slopes count distances from */
    float *weights;            /* NULL if not wanted */
    float *strongest;          /* room for the weights of its strongest keys */
    struct key_summaries keys; /* of the call */
    uint8_t *shown;            /* [S] with callbacks: whether they show a key; else NULL */
};

static float capped(const struct problem *p, float score) {
    return p->softcap > 0 ? p->softcap * tanhf(score / p->softcap) : score;
}

static float score(const struct row *r, int64_t j, int32_t stage, int64_t shift) {
    const struct problem *p = r->p;
    const struct view *queries = queries_for(p, j);
    const void *q = view_row(queries, r->b, r->h, r->t), *k = view_row(&p->key, r->b, r->h / p->G, j);
    float s = (float)(p->scale * view_dot(queries, q, &p->key, k, p->D)), bias;
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

/* By all rules and callbacks. */
static int row_sees(const struct row *r, int64_t j, float *bias) {
    return visible(r->p, &r->sight, j, bias) && (!r->shown || r->shown[j]);
}

/* Keys that callbacks get at a time. */
enum { PLAIN_TILE = 64 };

static sa_score_tile tile_from(const struct row *r, int64_t at) {
    return (sa_score_tile){.struct_size = sizeof(sa_score_tile),
                           .sequence = r->b,
                           .head = r->h,
                           .query = r->t,
                           .key = at,
                           .queries = 1,
                           .keys = min_i64(at + PLAIN_TILE, r->sight.range.last) - at,
                           .query_stride = PLAIN_TILE,
                           .key_stride = 1};
}

/* Asks the caller's mask about the keys from `at` on. */
static void ask_mask(const struct row *r, int64_t at) {
    const struct score_callbacks *calls = &r->p->callbacks;
    sa_score_tile t = tile_from(r, at);
    t.visible = r->shown + at;
    int32_t answer = calls->mask_tile ? calls->mask_tile(calls->user, &t) : SA_TILE_SOME;
    memset(t.visible, answer != SA_TILE_NONE, (size_t)t.keys);
    if (answer != SA_TILE_NONE && answer != SA_TILE_ALL && calls->mask_mod) calls->mask_mod(calls->user, &t);
}

/* Calls `change`, if it is not NULL, for each tile of numbers that has a visible key. */
static void change_tiles(const struct row *r, sa_tile_change_fn change, float *numbers) {
    float bias;
    for (int64_t at = 0; change && at < r->sight.range.last; at += PLAIN_TILE) {
        sa_score_tile t = tile_from(r, at);
        int any = 0;
        for (int64_t j = at; !any && j < at + t.keys; j++) any = row_sees(r, j, &bias);
        t.values = numbers + at;
        if (any) change(r->p->callbacks.user, &t);
    }
}

/* Scores of the visible keys, in s; returns the largest. *seen says whether there is any. */
static float visible_scores(const struct row *r, float *s, int *seen) {
    const struct score_callbacks *calls = &r->p->callbacks;
    float max = -INFINITY, bias;
    for (int64_t at = 0; r->shown && at < r->sight.range.last; at += PLAIN_TILE) ask_mask(r, at);
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1))
        if (row_sees(r, j, &bias)) s[j] = score(r, j, SA_WEIGHTS_BIASED, r->shift);
    change_tiles(r, calls->score_mod, s);
    *seen = 0;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1)) {
        if (!row_sees(r, j, &bias)) continue;
        if (calls->score_mod && r->shown && s[j] == -INFINITY) {
            r->shown[j] = 0;
            continue;
        }
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
        if (p->weights_kind == SA_WEIGHTS_BIASED && r->shown)
            w = !row_sees(r, j, &bias) ? -INFINITY : p->callbacks.score_mod ? s[j] : score(r, j, SA_WEIGHTS_BIASED, 0);
        else if (p->weights_kind != SA_WEIGHTS_PROBABILITIES)
            w = score(r, j, p->weights_kind, 0);
        else if (seen && row_sees(r, j, &bias))
            w = expf(s[j] - base) / total;
        r->weights[j * p->weights.stride_d] = w;
    }
}

/* The row's part of summaries. */
static void summarise_row(const struct row *r, const float *s, float base, float total) {
    const struct problem *p = r->p;
    const struct summaries *out = &p->summaries;
    const int64_t count = out->strongest;
    int32_t *keys = count ? strongest_keys_of(p, r->b, r->h, r->t) : NULL;
    float *weights = count ? r->strongest : NULL, bias;
    double entropy = 0;
    for (int64_t i = 0; i < count; i++) weights[i] = 0, keys[i] = -1;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1)) {
        if (!row_sees(r, j, &bias)) continue;
        const float w = expf(s[j] - base) / total;
        if (w != 0) entropy += (double)w * (log((double)total) - ((double)s[j] - (double)base));
        if (wants_keys(p) && w != 0) add_to_key(&r->keys, summary_place(p, r->b, r->h, j), (double)w, w);
        if (count && w > weights[count - 1]) insert_strongest(weights, keys, count, w, j);
    }
    if (out->entropy.data) view_store(&out->entropy, view_row(&out->entropy, r->b, r->h, r->t), 0, (float)entropy);
    for (int64_t i = 0; i < count; i++)
        view_store(&out->strongest_weights, view_row(&out->strongest_weights, r->b, r->h, r->t), i, weights[i]);
}

/* Adds a key's values to sums, with its weight or, where they are not finite, `odd`; or not, if it is dropped. */
static void add_values(const struct row *r, int64_t j, float weight, float odd, double *sum) {
    const struct problem *p = r->p;
    const double factor = drops(&p->dropout) ? (double)dropout_factor(&p->dropout, r->b, r->h, r->t, j) : 1;
    const void *v = view_row(&p->value, r->b, r->h / p->G, j);
    for (int64_t d = 0; factor != 0 && d < p->Dv; d++) {
        float value = view_load(&p->value, v, d);
        sum[d] += factor * (double)(isfinite(value) ? weight : odd) * value;
    }
}

/* The output again, with probabilities that the caller changes. */
static void attend_modified(const struct row *r, float *s, float base, float total, double *sum) {
    const struct problem *p = r->p;
    float bias;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1))
        if (row_sees(r, j, &bias)) s[j] = expf(s[j] - base) / total;
    change_tiles(r, p->callbacks.prob_mod, s);
    for (int64_t d = 0; d < p->Dv; d++) sum[d] = 0;
    for (int64_t j = key_from(r, 0); j < r->sight.range.last; j = key_from(r, j + 1))
        if (row_sees(r, j, &bias)) add_values(r, j, s[j], weight_of_odd(s[j], 0), sum);
    void *o = view_row(&p->output, r->b, r->h, r->t);
    for (int64_t d = 0; d < p->Dv; d++) view_store(&p->output, o, d, (float)sum[d]);
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
        if (!row_sees(r, j, &bias)) continue;
        float e = expf(s[j] - base);
        add_values(r, j, e, weight_of_odd(e, s[j]), sum);
        total += e;
    }
    void *o = view_row(&p->output, r->b, r->h, r->t);
    for (int64_t d = 0; d < p->Dv; d++) view_store(&p->output, o, d, seen ? (float)(sum[d] / total) : 0);
    if (p->lse.data) {
        float lse = base + (float)log(total);
        view_store(&p->lse, view_row(&p->lse, r->b, r->h, r->t), 0, seen ? (float)(lse + shifted) : -INFINITY);
    }
    if (r->weights) write_weights(r, s, base, (float)total, seen);
    if (wants_summaries(p)) summarise_row(r, s, base, (float)total);
    if (p->callbacks.prob_mod && seen) attend_modified(r, s, base, (float)total, sum);
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
    r.strongest = (float *)(scratch + map->strongest_weights);
    r.keys = key_summaries_at(a->plan, a->scratch);
    if (callbacks_hide(&p->callbacks)) r.shown = (uint8_t *)(scratch + map->shown);
    if (p->weights.data) r.weights = view_row(&p->weights, b, r.h, r.t);
    attend(&r, (float *)(scratch + map->scores), (double *)(scratch + map->states));
}
