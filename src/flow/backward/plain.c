/* The plain path of the gradients, one query row after the other, in double. It defines the right result.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/backward.h"

#include <string.h>

/* Sums of a sequence and key/value head, and of a query. */
struct plain_sums {
    double *key, *value, *query;
};

/* One query row. */
struct plain_row {
    int64_t b, h, k, t;
    const void *q, *dO;
    double lse, mean;
};

static void add_rows(double *sums, const struct view *v, const void *row, int64_t n, double factor) {
    for (int64_t d = 0; d < n; d++) sums[d] += factor * view_load(v, row, d);
}

/* The gradients by one visible key, whose mask adds `bias`. A weight of 0 has no gradient, whatever stands at the
 * key. */
static void add_key(const struct backward_job *job, const struct plain_row *r, int64_t j, float bias,
                    const struct shared_sums *shared, const struct plain_sums *sums) {
    const struct problem *p = job->p;
    const void *k = view_row(&p->key, r->b, r->k, j), *v = view_row(&p->value, r->b, r->k, j);
    double score = p->scale * view_dot(&p->query, r->q, &p->key, k, p->D), c = 1;
    if (p->softcap > 0) {
        double capped = tanh(score / p->softcap);
        score = p->softcap * capped;
        c = 1 - capped * capped;
    }
    score += bias;
    if (rules_add(&p->rules)) score += rule_bias(&p->rules, r->h, j - position_of(p, r->b, r->t), 0);
    double weight = exp(score - r->lse), through = 0;
    const double factor = drops(&p->dropout) ? (double)dropout_factor(&p->dropout, r->b, r->h, r->t, j) : 1;
    if (weight == 0) return;
    if (factor != 0) {
        add_rows(sums->value + j * p->Dv, &job->gradients->upstream, r->dO, p->Dv, weight * factor);
        through = factor * view_dot(&job->gradients->upstream, r->dO, &p->value, v, p->Dv);
    }
    double dS = weight * (through - r->mean);
    add_bias_gradient(job, shared, r->b, r->h, r->t, j, dS);
    add_rows(sums->query, &p->key, k, p->D, dS * c * p->scale);
    add_rows(sums->key + j * p->D, &p->query, r->q, p->D, dS * c * p->scale);
}

static void store_row(const struct view *v, int64_t b, int64_t h, int64_t s, const double *sums, int64_t n) {
    if (!v->data) return;
    void *row = view_row(v, b, h, s);
    for (int64_t d = 0; d < n; d++) view_store(v, row, d, (float)sums[d]);
}

static void add_query(const struct backward_job *job, int64_t b, int64_t h, int64_t t, const struct shared_sums *shared,
                      const struct plain_sums *sums) {
    const struct problem *p = job->p;
    const struct view *upstream = &job->gradients->upstream;
    struct plain_row r = {.b = b, .h = h, .k = h / p->G, .t = t};
    r.q = view_row(&p->query, b, h, t);
    r.dO = view_row(upstream, b, h, t);
    r.lse = view_load(&p->lse, view_row(&p->lse, b, h, t), 0);
    r.mean = view_dot(upstream, r.dO, &p->output, view_row(&p->output, b, h, t), p->Dv);
    add_sink_gradient(job, shared, h, r.lse, r.mean);
    memset(sums->query, 0, (size_t)p->D * sizeof *sums->query);
    const struct sight sight = sight_of_query(p, b, h, t);
    float bias;
    for (int64_t j = 0; r.lse != -INFINITY && (j = next_in_line(&sight.line, j)) < sight.range.last; j++)
        if (visible(p, &sight, j, &bias)) add_key(job, &r, j, bias, shared, sums);
    store_row(&job->gradients->query, b, h, t, sums->query, p->D);
}

static void add_sequence(const struct backward_job *job, int64_t b, int64_t k, const struct shared_sums *shared,
                         const struct plain_sums *sums) {
    const struct problem *p = job->p;
    int64_t keys = p->visible.key_starts ? keys_of(p, b) : p->S;
    memset(sums->key, 0, (size_t)(keys * p->D) * sizeof *sums->key);
    memset(sums->value, 0, (size_t)(keys * p->Dv) * sizeof *sums->value);
    for (int64_t h = k * p->G; h < (k + 1) * p->G; h++)
        for (int64_t t = 0; t < query_count(p, b); t++) add_query(job, b, h, t, shared, sums);
    for (int64_t j = 0; j < keys; j++) {
        store_row(&job->gradients->key, b, k, j, sums->key + j * p->D, p->D);
        store_row(&job->gradients->value, b, k, j, sums->value + j * p->Dv, p->Dv);
    }
}

void backward_plain(const struct backward_job *job) {
    const struct problem *p = job->p;
    const struct shared_sums shared = shared_sums_at(job->plan, job->scratch);
    double *memory = (double *)(job->scratch + job->plan->map.plain);
    const struct plain_sums sums = {memory, memory + p->S * p->D, memory + p->S * (p->D + p->Dv)};
    for (int64_t k = 0; k < p->K; k++) {
        clear_shared_sums(job, &shared);
        for (int64_t b = 0; b < p->B; b++) add_sequence(job, b, k, &shared, &sums);
        write_shared_sums(job, &shared, k);
    }
}
