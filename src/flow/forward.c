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

/* Self-attention projects once, to rows of q, k and v side by side; cross-attention to rows of q and rows of k and v.
 */
static int is_joint(const struct forward *f) {
    return !f->context.data && f->layer->joint.weights;
}

int forward_plan(const struct machine *machine, struct forward *f) {
    const struct sa_layer *l = f->layer;
    const struct problem *p = &f->problem;
    f->bytes = 0;
    int fits = is_joint(f) ? book_rows(f, &f->projected[0], p->T, l->joint.out)
                           : book_rows(f, &f->projected[0], p->T, l->query.out) &&
                                 book_rows(f, &f->projected[1], p->S, l->key_value.out);
    if (!fits || (l->output.weights && !book_rows(f, &f->joined, p->T, l->output.in))) return 0;
    f->attention = f->bytes;
    return plan_attention(machine, p, &f->plan) && checked_add(f->bytes, f->plan.bytes, &f->bytes);
}

/* Heads of `size` columns each in rows of `width` floats. */
static struct view heads(float *data, int64_t rows, int64_t width, int64_t size) {
    return (struct view){.data = data, .stride_b = rows * width, .stride_h = size, .stride_s = width, .stride_d = 1};
}

static void place_queries_keys_values(struct forward *f, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    float *q = (float *)(scratch + f->projected[0]);
    int64_t key_width = l->K * l->D;
    if (is_joint(f)) {
        p->query = heads(q, p->T, l->joint.out, l->D);
        p->key = heads(q + l->query.out, p->T, l->joint.out, l->D);
        p->value = heads(q + l->query.out + key_width, p->T, l->joint.out, l->Dv);
        return;
    }
    float *k = (float *)(scratch + f->projected[1]);
    p->query = heads(q, p->T, l->query.out, l->D);
    p->key = heads(k, p->S, l->key_value.out, l->D);
    p->value = heads(k + key_width, p->S, l->key_value.out, l->Dv);
}

/* Attention writes joined heads: into scratch, or straight into y where no output projection follows. */
static void place_output(struct forward *f, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    if (l->output.weights) {
        p->output = heads((float *)(scratch + f->joined), p->T, l->output.in, l->Dv);
    } else {
        p->output = f->y;
        p->output.stride_h = l->Dv;
    }
}

void forward_run(const struct machine *machine, struct forward *f, void *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    place_queries_keys_values(f, scratch);
    place_output(f, scratch);
    blas_enter();
    project(machine, is_joint(f) ? &l->joint : &l->query, p->B, p->T, &f->x, &p->query);
    if (!is_joint(f)) project(machine, &l->key_value, p->B, p->S, f->context.data ? &f->context : &f->x, &p->key);
    attention_run(machine, p, &f->plan, (char *)scratch + f->attention);
    if (l->output.weights) project(machine, &l->output, p->B, p->T, &p->output, &f->y);
    blas_leave();
}
