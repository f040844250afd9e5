/* SPDX-License-Identifier: MIT */
#include "stack/feed_forward.h"

#include "base/arith.h"
#include "flow/project/project.h"
#include "stack/rows.h"

static struct view rows_of(const float *data, int64_t width) {
    return (struct view){.data = (float *)data, .stride_s = width, .stride_d = 1};
}

static struct projection step(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x,
                              const float *y) {
    return plan_projection(machine, linear, 1, rows, rows_of(x, linear->in), rows_of(y, linear->out));
}

void apply_linear(const struct machine *machine, const struct linear *linear, int64_t rows, const float *x, float *y,
                  void *scratch) {
    const struct projection p = step(machine, linear, rows, x, y);
    project(machine, &p, scratch);
}

int64_t apply_linear_bytes(const struct machine *machine, const struct linear *linear, int64_t rows) {
    const struct projection p = step(machine, linear, rows, NULL, NULL);
    return linear->weights ? project_bytes(machine, &p) : 0;
}

/* The larger number of bytes; -1 if one does not fit. */
static int64_t most_bytes(int64_t a, int64_t b) {
    return a < 0 || b < 0 ? -1 : max_i64(a, b);
}

/* The products that read x: one, or with a gate two. */
static int first_steps(const struct machine *machine, const struct feed_forward_matrices *m, int64_t rows,
                       const float *x, const float *inner, const float *gate, struct projection steps[2]) {
    steps[0] = step(machine, &m->up, rows, x, inner);
    if (!m->gate.weights) return 1;
    steps[1] = step(machine, &m->gate, rows, x, gate);
    return 2;
}

static int64_t matrices_bytes(const struct machine *machine, const struct feed_forward_matrices *m, int64_t rows) {
    struct projection steps[2];
    if (!m->up.weights) return 0;
    const int count = first_steps(machine, m, rows, NULL, NULL, NULL, steps);
    return most_bytes(project_together_bytes(machine, steps, count), apply_linear_bytes(machine, &m->down, rows));
}

/* What a block's products need. The experts of a block have the same sizes and types. An expert may get any number of
 * rows: see fitting_rows(). */
static int64_t block_bytes(const struct machine *machine, const struct model_block *b, int64_t rows) {
    int64_t bytes = matrices_bytes(machine, &b->dense, rows);
    if (!b->experts) return bytes;
    bytes = most_bytes(bytes, matrices_bytes(machine, &b->experts[0], rows));
    for (int64_t few = 1; few <= min_i64(rows, FEW_ROWS); few++)
        bytes = most_bytes(bytes, matrices_bytes(machine, &b->experts[0], few));
    bytes = most_bytes(bytes, matrices_bytes(machine, &b->shared, rows));
    return most_bytes(bytes, experts_bytes(machine, b, rows));
}

int feed_forward_plan(const struct machine *machine, const struct stack *stack, int64_t rows,
                      struct feed_forward_plan *plan) {
    const struct stack_config *c = &stack->config;
    int64_t width = 0, work = 0;
    *plan = (struct feed_forward_plan){.scratch = {.title = "feed-forward"}};
    for (int64_t l = 0; l < c->layers; l++) {
        const struct model_block *b = &stack->blocks[l];
        width = max_i64(width, max_i64(b->dense.up.out, b->shared.up.out));
        if (b->experts) width = max_i64(width, b->experts[0].up.out);
        work = most_bytes(work, block_bytes(machine, b, rows));
    }
    if (work < 0) return 0;
    plan->inner = ledger_book(&plan->scratch, "inner", rows, width, sizeof(float));
    plan->gate = ledger_book(&plan->scratch, "gate", c->gated ? rows : 0, width, sizeof(float));
    experts_book(&plan->scratch, c, rows, &plan->experts);
    plan->work = ledger_book(&plan->scratch, "projections", work, 1, 1);
    plan->work_bytes = work;
    return ledger_fits(&plan->scratch);
}

/* A running sub-layer. */
struct running {
    const struct machine *machine;
    const struct stack_config *config;
    float *inner, *gate;
    void *work;
    int64_t work_bytes;
    int64_t width; /* of the rows in `inner` and `gate` now */
    int has_gate;
};

/* GPT-OSS bounds what goes into the product: the gate from above, the other factor on both sides. */
static void clamp(float *gate, float *up, int64_t n, float most) {
    for (int64_t i = 0; i < n; i++) {
        gate[i] = gate[i] > most ? most : gate[i];
        up[i] = up[i] > most ? most : up[i] < -most ? -most : up[i];
    }
}

static void activate_rows(void *arg, int64_t first, int64_t last) {
    const struct running *r = arg;
    const struct kernels *kernels = r->machine->kernels;
    const int64_t at = first * r->width, n = (last - first) * r->width;
    float *inner = r->inner + at, *gate = r->gate + at;
    const enum activation f = (enum activation)r->config->activation;
    if (!r->has_gate) {
        activate(kernels, f, inner, n);
        return;
    }
    if (r->config->clamp > 0) clamp(gate, inner, n, (float)r->config->clamp);
    activate(kernels, f, gate, n);
    for (int64_t i = 0; r->config->up_plus_one && i < n; i++) inner[i] += 1;
    kernels->rows->multiply(inner, gate, n);
}

/* Fewer rows may need more memory for products than all do. Then they are halved, down to as many as always fit. */
static int64_t fitting_rows(const struct running *r, const struct feed_forward_matrices *m, int64_t rows) {
    while (rows > FEW_ROWS && matrices_bytes(r->machine, m, rows) > r->work_bytes) rows = ceil_div(rows, 2);
    return rows;
}

static void run_matrices(void *arg, const struct feed_forward_matrices *m, int64_t count, const float *x, float *y) {
    struct running *r = arg;
    const struct machine *machine = r->machine;
    const int64_t E = r->config->width, most = fitting_rows(r, m, count);
    r->width = m->up.out;
    for (int64_t first = 0; first < count; first += most) {
        const int64_t rows = min_i64(most, count - first);
        struct projection steps[2];
        const int together = first_steps(machine, m, rows, x + first * E, r->inner, r->gate, steps);
        project_together(machine, steps, together, r->work);
        rows_run(&machine->parallel, rows, activate_rows, r);
        apply_linear(machine, &m->down, rows, r->inner, y + first * E, r->work);
    }
}

void feed_forward_run(const struct machine *machine, const struct stack_config *c, const struct model_block *b,
                      const struct feed_forward_plan *plan, int64_t rows, const float *x, float *y, char *scratch) {
    struct running r = {.machine = machine,
                        .config = c,
                        .inner = (float *)(scratch + plan->inner),
                        .gate = (float *)(scratch + plan->gate),
                        .work = scratch + plan->work,
                        .work_bytes = plan->work_bytes,
                        .has_gate = c->gated};
    ledger_open(&plan->scratch, scratch);
    if (b->experts)
        experts_run(machine, c, b, &plan->experts, rows, x, y, scratch, r.work, run_matrices, &r);
    else
        run_matrices(&r, &b->dense, rows, x, y);
    ledger_close(&plan->scratch, scratch);
}
