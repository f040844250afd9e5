/* Heads are column ranges of the projected rows, so neither splitting nor joining them moves anything.
 * SPDX-License-Identifier: MIT */
#include "flow/forward.h"

#include "base/arith.h"
#include "base/memory.h"
#include "flow/attention.h"
#include "flow/project.h"

static int book_rows(struct forward *f, int64_t *place, int64_t rows, int64_t width) {
    int64_t bytes;
    *place = f->bytes;
    return checked_mul(f->problem.B, rows, &bytes) && checked_mul(bytes, width, &bytes) &&
           checked_mul(bytes, sizeof(float), &bytes) && checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
           checked_add(f->bytes, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &f->bytes);
}

/* Self-attention projects once, to rows of q, k and v side by side; cross-attention to rows of q, and of k and v. */
static int is_joint(const struct forward *f) {
    return !f->context.data && f->layer->joint.weights;
}

/* Heads of `size` columns each, from `column` on, in rows of `width` floats at `offset` of scratch; scratch is NULL while planning. */
static struct view heads(char *scratch, int64_t offset, int64_t rows, int64_t width, int64_t column, int64_t size) {
    float *data = scratch ? (float *)(scratch + offset) + column : NULL;
    return (struct view){.data = data, .stride_b = rows * width, .stride_h = size, .stride_s = width, .stride_d = 1};
}

static void place_queries_keys_values(struct forward *f, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    int64_t q = l->query.out, k = l->K * l->D;
    if (is_joint(f)) {
        p->query = heads(scratch, f->projected[0], p->T, l->joint.out, 0, l->D);
        p->key = heads(scratch, f->projected[0], p->T, l->joint.out, q, l->D);
        p->value = heads(scratch, f->projected[0], p->T, l->joint.out, q + k, l->Dv);
        return;
    }
    p->query = heads(scratch, f->projected[0], p->T, q, 0, l->D);
    p->key = heads(scratch, f->projected[1], p->S, l->key_value.out, 0, l->D);
    p->value = heads(scratch, f->projected[1], p->S, l->key_value.out, k, l->Dv);
}

/* Attention writes joined heads: into scratch, or straight into y where no output projection follows. */
static void place_output(struct forward *f, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    if (l->output.weights) {
        p->output = heads(scratch, f->joined, p->T, l->output.in, 0, l->Dv);
    } else {
        p->output = f->y;
        p->output.stride_h = l->Dv;
    }
}

static void place(struct forward *f, char *scratch) {
    place_queries_keys_values(f, scratch);
    place_output(f, scratch);
}

/* The projections of a call: q (or all), k and v, output; returns how many. */
static int projections(const struct forward *f, struct projection p[3]) {
    const struct sa_layer *l = f->layer;
    const struct problem *q = &f->problem;
    int n = 0;
    p[n++] = (struct projection){is_joint(f) ? &l->joint : &l->query, q->B, q->T, f->x, q->query};
    if (!is_joint(f))
        p[n++] = (struct projection){&l->key_value, q->B, q->S, f->context.data ? f->context : f->x, q->key};
    if (l->output.weights) p[n++] = (struct projection){&l->output, q->B, q->T, q->output, f->y};
    return n;
}

int forward_plan(const struct machine *machine, struct forward *f) {
    const struct sa_layer *l = f->layer;
    struct projection step[3];
    f->bytes = 0;
    int fits = is_joint(f) ? book_rows(f, &f->projected[0], f->problem.T, l->joint.out)
                           : book_rows(f, &f->projected[0], f->problem.T, l->query.out) &&
                                 book_rows(f, &f->projected[1], f->problem.S, l->key_value.out);
    if (!fits || (l->output.weights && !book_rows(f, &f->joined, f->problem.T, l->output.in))) return 0;
    place(f, NULL);
    if (!plan_attention(machine, &f->problem, &f->plan)) return 0;
    f->work = f->bytes;
    int64_t most = f->plan.bytes;
    for (int i = projections(f, step) - 1; i >= 0; i--) {
        int64_t bytes = project_bytes(machine, &step[i]);
        if (bytes < 0) return 0;
        most = max_i64(most, bytes);
    }
    return checked_add(f->bytes, most, &f->bytes);
}

void forward_run(const struct machine *machine, struct forward *f, void *scratch) {
    char *work = (char *)scratch + f->work;
    struct projection step[3];
    place(f, scratch);
    int n = projections(f, step), inputs = f->layer->output.weights ? n - 1 : n;
    blas_enter();
    for (int i = 0; i < inputs; i++) project(machine, &step[i], work);
    attention_run(machine, &f->problem, &f->plan, work);
    for (int i = inputs; i < n; i++) project(machine, &step[i], work);
    blas_leave();
}
