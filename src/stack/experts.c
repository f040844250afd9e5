/* Rows are gathered by expert, so that each product has as many rows as possible, and each expert's weights are read
 * once. What the experts make of a row is added up in the order of their numbers, whatever the number of threads.
 * SPDX-License-Identifier: MIT */
#include "stack/experts.h"

#include "base/arith.h"
#include "stack/feed_forward.h"
#include "stack/rows.h"

#include <math.h>
#include <string.h>

void experts_book(struct ledger *l, const struct stack_config *c, int64_t rows, struct experts_plan *plan) {
    const struct experts_config *e = &c->experts;
    const int64_t R = e->count ? rows : 0;
    plan->scores = ledger_book(l, "router's scores", R, e->count, sizeof(float));
    plan->weights = ledger_book(l, "weights of experts", R, e->used, sizeof(float));
    plan->chosen = ledger_book(l, "chosen experts", R, e->used, sizeof(int32_t));
    plan->order = ledger_book(l, "order of rows", R, e->used, sizeof(int32_t));
    plan->begins = ledger_book(l, "begins of experts", e->count ? e->count + 1 : 0, 1, sizeof(int32_t));
    plan->rows = ledger_book(l, "rows of an expert", R, c->width, sizeof(float));
    plan->results = ledger_book(l, "results of an expert", R, c->width, sizeof(float));
    ledger_require(l, R == 0 || R <= INT32_MAX / e->used);
}

int64_t experts_bytes(const struct machine *machine, const struct model_block *b, int64_t rows) {
    const int64_t router = apply_linear_bytes(machine, &b->router, rows),
                  shared = apply_linear_bytes(machine, &b->shared_router, rows);
    return router < 0 || shared < 0 ? -1 : max_i64(router, shared);
}

/* A running sub-layer. */
struct routing {
    const struct experts_config *config;
    int64_t rows, width;
    const float *x;
    float *y, *scores, *weights, *gathered, *results;
    int32_t *chosen, *order, *begins;
    int32_t first; /* the choices that are gathered now: first .. first + count */
    int64_t count;
};

static struct routing place(const struct stack_config *c, const struct experts_plan *plan, int64_t rows, const float *x,
                            float *y, char *scratch) {
    return (struct routing){.config = &c->experts,
                            .rows = rows,
                            .width = c->width,
                            .x = x,
                            .y = y,
                            .scores = (float *)(scratch + plan->scores),
                            .weights = (float *)(scratch + plan->weights),
                            .gathered = (float *)(scratch + plan->rows),
                            .results = (float *)(scratch + plan->results),
                            .chosen = (int32_t *)(scratch + plan->chosen),
                            .order = (int32_t *)(scratch + plan->order),
                            .begins = (int32_t *)(scratch + plan->begins)};
}

static void softmax(float *p, int64_t n) {
    float highest = -INFINITY;
    double total = 0;
    for (int64_t i = 0; i < n; i++)
        if (p[i] > highest) highest = p[i];
    const double most = (double)highest;
    for (int64_t i = 0; i < n; i++) total += exp((double)p[i] - most);
    for (int64_t i = 0; i < n; i++) p[i] = (float)(exp((double)p[i] - most) / total);
}

static double sigmoid(double x) {
    return 1 / (1 + exp(-x));
}

/* The expert with the highest score; it is taken out. NaN is never the highest, unless nothing else is left. */
static int32_t take_highest(float *scores, int64_t n) {
    int32_t best = -1;
    for (int32_t e = 0; e < n; e++)
        if (scores[e] >= 0 && (best < 0 || scores[e] > scores[best])) best = e;
    for (int32_t e = 0; e < n && best < 0; e++)
        if (isnan(scores[e])) best = e;
    return best;
}

/* Chooses the experts of a row, in the order of their numbers. Scores that are taken become -1. */
static void choose_row(const struct routing *r, int64_t row) {
    const struct experts_config *c = r->config;
    float *scores = r->scores + row * c->count, *weights = r->weights + row * c->used;
    int32_t *chosen = r->chosen + row * c->used;
    double total = 0;
    if (c->is_sigmoid)
        for (int64_t e = 0; e < c->count; e++) scores[e] = (float)sigmoid((double)scores[e]);
    else
        softmax(scores, c->count);
    for (int64_t i = 0; i < c->used; i++) {
        int64_t at = i;
        const int32_t best = take_highest(scores, c->count);
        const float weight = scores[best];
        for (; at > 0 && chosen[at - 1] > best; at--) chosen[at] = chosen[at - 1], weights[at] = weights[at - 1];
        chosen[at] = best, weights[at] = weight;
        total += (double)weight;
        scores[best] = -1;
    }
    const double factor = c->multiplier / (c->normalise ? total : 1);
    for (int64_t i = 0; i < c->used; i++) weights[i] = (float)((double)weights[i] * factor);
}

static void choose_rows(void *arg, int64_t first, int64_t last) {
    for (int64_t row = first; row < last; row++) choose_row(arg, row);
}

/* Sorts the choices of all rows by expert; those of one expert stay in the order of rows. */
static void sort_choices(const struct routing *r) {
    const int64_t X = r->config->count, choices = r->rows * r->config->used;
    memset(r->begins, 0, (size_t)(X + 1) * sizeof *r->begins);
    for (int64_t i = 0; i < choices; i++) r->begins[r->chosen[i] + 1]++;
    for (int64_t e = 0; e < X; e++) r->begins[e + 1] += r->begins[e];
    for (int64_t i = 0; i < choices; i++) r->order[r->begins[r->chosen[i]]++] = (int32_t)i;
    for (int64_t e = X; e > 0; e--) r->begins[e] = r->begins[e - 1];
    r->begins[0] = 0;
}

static void gather_rows(void *arg, int64_t first, int64_t last) {
    const struct routing *r = arg;
    for (int64_t i = first; i < last; i++)
        memcpy(r->gathered + i * r->width, r->x + r->order[r->first + i] / r->config->used * r->width,
               (size_t)r->width * sizeof *r->x);
}

/* A row has an expert only once, so rows of one expert never meet in y. */
static void add_rows(void *arg, int64_t first, int64_t last) {
    const struct routing *r = arg;
    for (int64_t i = first; i < last; i++) {
        const int64_t choice = r->order[r->first + i];
        const float *result = r->results + i * r->width, weight = r->weights[choice];
        float *y = r->y + choice / r->config->used * r->width;
        for (int64_t j = 0; j < r->width; j++) y[j] += weight * result[j];
    }
}

static void add_shared(void *arg, int64_t first, int64_t last) {
    const struct routing *r = arg;
    for (int64_t row = first; row < last; row++) {
        const float factor = r->config->shared_gate ? (float)sigmoid((double)r->scores[row]) : 1;
        const float *result = r->results + row * r->width;
        for (int64_t j = 0; j < r->width; j++) r->y[row * r->width + j] += factor * result[j];
    }
}

/* The router's scores are done with, and their room has that of the shared expert's gate. */
static void run_shared(const struct machine *machine, const struct model_block *b, struct routing *r, void *work,
                       expert_fn expert, void *arg) {
    expert(arg, &b->shared, r->rows, r->x, r->results);
    if (b->shared_router.weights) apply_linear(machine, &b->shared_router, r->rows, r->x, r->scores, work);
    rows_run(&machine->parallel, r->rows, add_shared, r);
}

void experts_run(const struct machine *machine, const struct stack_config *c, const struct model_block *b,
                 const struct experts_plan *plan, int64_t rows, const float *x, float *y, char *scratch, void *work,
                 expert_fn expert, void *arg) {
    struct routing r = place(c, plan, rows, x, y, scratch);
    apply_linear(machine, &b->router, rows, x, r.scores, work);
    rows_run(&machine->parallel, rows, choose_rows, &r);
    if (tasks_stop(&machine->parallel)) return; /* places are made of what has been chosen */
    sort_choices(&r);
    memset(y, 0, (size_t)(rows * c->width) * sizeof *y);
    for (int64_t e = 0; e < c->experts.count; e++) {
        r.first = r.begins[e], r.count = r.begins[e + 1] - r.begins[e];
        if (!r.count) continue;
        rows_run(&machine->parallel, r.count, gather_rows, &r);
        expert(arg, &b->experts[e], r.count, r.gathered, r.results);
        rows_run(&machine->parallel, r.count, add_rows, &r);
    }
    if (b->shared.down.weights) run_shared(machine, b, &r, work, expert, arg);
}
