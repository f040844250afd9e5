/* SPDX-License-Identifier: MIT */
#include "file/quantise/quantise_fit.h"

#include <math.h>

/* A group whose numbers are all smaller than this is taken for 0: their squares would underflow. */
static const float tiny = 1e-15f;

float extreme_of(const float *x, int n) {
    float extreme = 0;
    for (int i = 0; i < n; i++)
        if (fabsf(x[i]) > fabsf(extreme)) extreme = x[i];
    return extreme;
}

float inverse_of(float scale) {
    return fabsf(scale) >= 0x1p-100f ? 1 / scale : 0;
}

static int clamp(float rounded, int least, int most) {
    if (!(rounded > (float)least)) return least;
    return rounded < (float)most ? (int)rounded : most;
}

int nearest_step(float x, float scale, int least, int most) {
    return clamp(nearbyintf(x / scale), least, most);
}

/* The sums of a least-squares fit of x by a q, weighted by x^2. */
struct fit {
    float xq, qq;
};

static void add_term(struct fit *f, float x, float q) {
    const float w = x * x;
    f->xq += w * x * q;
    f->qq += w * q * q;
}

/* Whether the fit explains more than the best so far, which explained `best`. */
static int is_better(const struct fit *f, float best) {
    return f->qq > 0 && f->xq * f->xq > best * f->qq;
}

static struct fit try_scale(const float *x, int n, int steps, float inverse) {
    struct fit f = {0};
    for (int i = 0; i < n; i++) add_term(&f, x[i], (float)clamp(nearbyintf(inverse * x[i]), -steps, steps - 1));
    return f;
}

float fit_scale(const float *x, int n, int steps) {
    const float extreme = extreme_of(x, n);
    if (fabsf(extreme) < tiny) return 0;
    struct fit f = try_scale(x, n, steps, -(float)steps / extreme);
    float scale = f.qq > 0 ? f.xq / f.qq : 0, best = scale * f.xq;
    for (int k = -9; k <= 9; k++) {
        if (k == 0) continue;
        f = try_scale(x, n, steps, -((float)steps + 0.1f * (float)k) / extreme);
        if (!is_better(&f, best)) continue;
        scale = f.xq / f.qq;
        best = scale * f.xq;
    }
    return scale;
}

/* Gives element i the integer that is best while the others stay; 1 if that changed it. */
static int improve(const float *x, int i, int steps, int *q, struct fit *f) {
    struct fit others = *f;
    add_term(&others, x[i], 0);
    const float w = x[i] * x[i], old = (float)q[i];
    others.xq -= w * x[i] * old;
    others.qq -= w * old * old;
    if (!(others.xq > 0)) return 0;
    const int next = clamp(nearbyintf(x[i] * others.qq / others.xq), -steps, steps - 1);
    if (next == q[i]) return 0;
    add_term(&others, x[i], (float)next);
    if (!(others.qq > 0 && others.xq * others.xq * f->qq > f->xq * f->xq * others.qq)) return 0;
    q[i] = next;
    *f = others;
    return 1;
}

float fit_scale_by_turns(const float *x, int n, int steps) {
    enum { TURNS = 5 };
    const float extreme = extreme_of(x, n), inverse = -(float)steps / extreme;
    int q[MOST_GROUP], changed = 1;
    struct fit f = {0};
    if (fabsf(extreme) < tiny) return 0;
    for (int i = 0; i < n; i++) {
        q[i] = clamp(nearbyintf(inverse * x[i]), -steps, steps - 1);
        add_term(&f, x[i], (float)q[i]);
    }
    for (int turn = 0; turn < TURNS && changed; turn++) {
        changed = 0;
        for (int i = 0; i < n; i++) changed |= improve(x, i, steps, q, &f);
    }
    return f.qq > 0 ? f.xq / f.qq : 0;
}

/* A group with its weights, and sums that do not depend on the integers. */
struct group {
    const float *x, *w;
    int n;
    float least, range, sum_w, sum_x;
};

static struct group measure(const float *x, const float *w, int n) {
    struct group g = {x, w, n, 0, 0, 0, 0};
    float most = x[0];
    for (int i = 0; i < n; i++) {
        g.least = fminf(g.least, x[i]), most = fmaxf(most, x[i]);
        g.sum_w += w[i], g.sum_x += w[i] * x[i];
    }
    g.range = most - g.least;
    return g;
}

static void round_group(const struct group *g, float inverse, int steps, int *q) {
    for (int i = 0; i < g->n; i++) q[i] = clamp(nearbyintf(inverse * (g->x[i] - g->least)), 0, steps);
}

/* The error of a q + least. */
static float error_of(const struct group *g, const int *q, float a, float least, int absolute) {
    float error = 0;
    for (int i = 0; i < g->n; i++) {
        const float difference = a * (float)q[i] + least - g->x[i];
        error += g->w[i] * (absolute ? fabsf(difference) : difference * difference);
    }
    return error;
}

/* The best a and least <= 0 for these integers; 0 if they do not determine them. */
static int solve(const struct group *g, const int *q, float *a, float *least) {
    float sum_q = 0, sum_qq = 0, sum_xq = 0;
    for (int i = 0; i < g->n; i++) {
        const float wq = g->w[i] * (float)q[i];
        sum_q += wq, sum_qq += wq * (float)q[i], sum_xq += wq * g->x[i];
    }
    const float determinant = g->sum_w * sum_qq - sum_q * sum_q;
    if (!(determinant > 0)) return 0;
    *a = (g->sum_w * sum_xq - g->sum_x * sum_q) / determinant;
    *least = (sum_qq * g->sum_x - sum_q * sum_xq) / determinant;
    if (*least > 0) *least = 0, *a = sum_xq / sum_qq;
    return 1;
}

void fit_range(const float *x, const float *w, int n, const struct range_search *s, float *a, float *b) {
    const struct group g = measure(x, w, n);
    int q[MOST_GROUP];
    *a = 0, *b = -g.least;
    if (!(g.range > 0)) return;
    *a = g.range / (float)s->steps;
    round_group(&g, 1 / *a, s->steps, q);
    float best = error_of(&g, q, *a, g.least, s->absolute);
    for (int k = 0; k <= s->count; k++) {
        float scale, least;
        round_group(&g, ((float)s->steps + s->first + 0.1f * (float)k) / g.range, s->steps, q);
        if (!solve(&g, q, &scale, &least)) continue;
        const float error = error_of(&g, q, scale, least, s->absolute);
        if (error < best) best = error, *a = scale, *b = -least;
    }
}

int nearest_on_curve(const signed char *curve, float x) {
    int at = 0;
    while (at < 15 && 2 * x >= (float)(curve[at] + curve[at + 1])) at++;
    return at;
}

static struct fit try_curve(const float *x, int n, const signed char *curve, float inverse) {
    struct fit f = {0};
    for (int i = 0; i < n; i++) add_term(&f, x[i], (float)curve[nearest_on_curve(curve, inverse * x[i])]);
    return f;
}

float fit_curve(const float *x, int n, const signed char *curve) {
    enum { TRIES = 7 };
    const float extreme = extreme_of(x, n);
    if (fabsf(extreme) < tiny) return 0;
    struct fit f = try_curve(x, n, curve, -(float)curve[0] / extreme);
    float scale = f.qq > 0 ? f.xq / f.qq : 0, best = scale * f.xq;
    for (int k = -TRIES; k <= TRIES; k++) {
        f = try_curve(x, n, curve, (float)(k + curve[0]) / extreme);
        if (!is_better(&f, best)) continue;
        scale = f.xq / f.qq;
        best = scale * f.xq;
    }
    return scale;
}
