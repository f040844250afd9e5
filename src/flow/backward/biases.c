/* Gradients of what is added to scores: masks, slopes, relative biases; and of sinks.
 * SPDX-License-Identifier: MIT */
#include "flow/backward/backward.h"

#include <string.h>

static int64_t bias_row(const struct problem *p) {
    return 2 * p->rules.reach + 1;
}

void add_bias_gradient(const struct backward_job *job, const struct shared_sums *sums, int64_t b, int64_t h, int64_t t,
                       int64_t j, double dS) {
    const struct problem *p = job->p;
    const struct gradients *g = job->gradients;
    if (g->mask) g->mask[b * g->mask_b + h * g->mask_h + t * g->mask_t + j * g->mask_s] += (float)dS;
    if (!g->slopes && !g->bias) return;
    int64_t distance = j - position_of(p, b, t), reach = p->rules.reach;
    if (g->slopes) sums->slopes[h % p->G] += dS * (double)distance;
    if (!g->bias) return;
    sums->bias[h % p->G * bias_row(p) + reach + max_i64(-reach, min_i64(reach, distance))] += dS;
}

/* A sink is a score with the weight exp(sink - lse) and without a value. */
void add_sink_gradient(const struct backward_job *job, const struct shared_sums *sums, int64_t h, double lse,
                       double mean) {
    const struct problem *p = job->p;
    if (!job->gradients->sinks || lse == -INFINITY) return;
    sums->sinks[h % p->G] -= exp((double)p->rules.sinks[h] - lse) * mean;
}

void clear_shared_sums(const struct backward_job *job, const struct shared_sums *sums) {
    const struct problem *p = job->p;
    const struct gradients *g = job->gradients;
    if (g->slopes) memset(sums->slopes, 0, (size_t)p->G * sizeof(double));
    if (g->sinks) memset(sums->sinks, 0, (size_t)p->G * sizeof(double));
    if (g->bias) memset(sums->bias, 0, (size_t)(p->G * bias_row(p)) * sizeof(double));
}

static void write_sums(float *to, const double *from, int64_t n) {
    for (int64_t i = 0; to && i < n; i++) to[i] = (float)from[i];
}

void write_shared_sums(const struct backward_job *job, const struct shared_sums *sums, int64_t k) {
    const struct problem *p = job->p;
    const struct gradients *g = job->gradients;
    int64_t first = k * p->G, row = bias_row(p);
    write_sums(g->slopes ? g->slopes + first : NULL, sums->slopes, p->G);
    write_sums(g->sinks ? g->sinks + first : NULL, sums->sinks, p->G);
    write_sums(g->bias ? g->bias + first * row : NULL, sums->bias, p->G * row);
}
