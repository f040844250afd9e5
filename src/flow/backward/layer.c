/* SPDX-License-Identifier: MIT */
#include "flow/backward/layer.h"

#include "base/arith.h"
#include "flow/backward/norm.h"
#include "flow/backward/product.h"

#include <string.h>

/* A running call. */
struct pass {
    const struct machine *machine;
    struct forward f;
    const struct layer_gradients *g;
    const struct layer_backward_plan *plan;
    char *scratch;
    const float *x, *context; /* X, C [rows][width] */
};

enum part { QUERY, KEY, VALUE, OUTPUT };

/* Some outputs of a linear map. */
static struct linear some_outputs(const struct linear *l, int64_t first, int64_t count) {
    return (struct linear){.weights = linear_row(l, first),
                           .dtype = l->dtype,
                           .in = l->in,
                           .out = count,
                           .ld = l->ld,
                           .bias = l->bias ? l->bias + first : NULL};
}

static struct linear linear_of(const struct sa_layer *l, enum part part) {
    const int64_t k = l->K * l->D, v = l->K * l->Dv;
    if (part == QUERY) return l->query;
    if (part == OUTPUT) return l->output;
    if (l->key.weights) return part == KEY ? l->key : l->value;
    return part == KEY ? some_outputs(&l->key_value, 0, k) : some_outputs(&l->key_value, k, v);
}

static const struct matrix_gradient *gradient_of(const struct layer_gradients *g, enum part part) {
    const struct matrix_gradient *const all[] = {&g->query, &g->key, &g->value, &g->output};
    return all[part];
}

/* Whether `count` batches of rows are one matrix of floats. */
static int is_matrix(const struct view *v, int64_t batch, int64_t rows, int64_t width) {
    return v->dtype == SA_F32 && v->stride_s >= width && (batch <= 1 || v->stride_b == rows * v->stride_s);
}

/* Whether they are one without gaps, too. Others are copied. */
static int is_contiguous(const struct view *v, int64_t batch, int64_t rows, int64_t width) {
    return is_matrix(v, batch, rows, width) && v->stride_s == width;
}

static int64_t book_copy(struct ledger *l, const char *name, const struct view *v, int64_t batch, int64_t rows,
                         int64_t width) {
    return ledger_book(l, name, is_contiguous(v, batch, rows, width) ? 0 : batch * rows, width, sizeof(float));
}

static int64_t book_weights(struct ledger *l, const struct sa_layer *layer) {
    int64_t most = 0, numbers;
    for (int part = QUERY; part <= OUTPUT; part++) {
        const struct linear linear = linear_of(layer, (enum part)part);
        if (!linear.weights || linear.dtype == SA_F32) continue;
        ledger_require(l, checked_mul(linear.out, linear.in, &numbers));
        if (ledger_fits(l)) most = max_i64(most, numbers);
    }
    return ledger_book(l, "weights", most, 1, sizeof(float));
}

static struct view heads_at(char *scratch, int64_t offset, const struct forward *f, int64_t rows, int64_t heads,
                            int64_t D, const int64_t *starts) {
    struct view v = heads_in_rows(scratch, offset, rows, heads * D, 0, D);
    v.starts = f->packed ? starts : NULL;
    return v;
}

/* Gradients of queries and keys, and q and k before their norms, lie alike. */
static struct view query_view(const struct forward *f, char *scratch, int64_t offset) {
    return heads_at(scratch, offset, f, forward_rows(f), f->layer->H, f->layer->D, f->problem.query_starts);
}
static struct view key_view(const struct forward *f, char *scratch, int64_t offset, int64_t D) {
    return heads_at(scratch, offset, f, f->N, f->layer->K, D, f->problem.visible.key_starts);
}

/* The views of attention's gradients. */
static struct gradients attention_gradients(const struct forward *f, const struct layer_gradients *g,
                                            const struct layer_backward_plan *plan, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct gradients a = g->attention;
    a.query = query_view(f, scratch, plan->query);
    a.key = key_view(f, scratch, plan->key, l->D);
    a.value = key_view(f, scratch, plan->value, l->Dv);
    a.upstream = g->upstream;
    a.upstream.stride_h = l->Dv;
    if (l->output.weights) a.upstream = heads_at(scratch, plan->joined, f, forward_rows(f), l->H, l->Dv, NULL);
    a.upstream.starts = f->packed ? f->problem.query_starts : NULL;
    return a;
}

/* The forward call, which writes the log-sum-exp too. */
static struct forward with_lse(const struct forward *forward, const struct layer_backward_plan *plan, char *scratch) {
    struct forward f = *forward;
    const int64_t rows = forward_rows(&f);
    if (!f.problem.lse.data)
        f.problem.lse = (struct view){.data = scratch + plan->lse,
                                      .stride_b = f.problem.H * rows,
                                      .stride_h = rows,
                                      .stride_s = 1,
                                      .stride_d = 1,
                                      .starts = f.problem.query_starts};
    return f;
}

static int64_t products_bytes(const struct machine *machine, const struct forward *f) {
    const int64_t rows = forward_batch(f) * max_i64(forward_rows(f), f->N);
    int64_t most = 0;
    for (int part = QUERY; part <= OUTPUT; part++) {
        const struct linear l = linear_of(f->layer, (enum part)part);
        most = max_i64(most, product_bytes(machine, rows, l.in, l.out));
    }
    return most;
}

static int64_t most_bytes(const struct machine *machine, const struct forward *f, const struct layer_backward_plan *p) {
    const struct view query = query_view(f, NULL, p->query), key = key_view(f, NULL, p->key, f->layer->D);
    const struct heads_step queries = forward_queries(f, &query), keys = forward_keys(f, &key);
    const int64_t heads = max_i64(heads_bytes(machine, &queries), heads_bytes(machine, &keys));
    return max_i64(max_i64(p->attention.bytes, products_bytes(machine, f)), heads);
}

int layer_backward_plan(const struct machine *machine, const struct forward *forward, const struct layer_gradients *g,
                        struct layer_backward_plan *plan) {
    const struct sa_layer *l = forward->layer;
    *plan = (struct layer_backward_plan){.scratch = {.title = "layer backward"}};
    struct ledger *s = &plan->scratch;
    if (!forward_plan(machine, forward, &plan->forward)) return 0;
    const int64_t rows = forward_batch(forward) * forward_rows(forward), keys = forward_batch(forward) * forward->N,
                  f = sizeof(float);
    plan->again = ledger_book(s, "layer", plan->forward.scratch.bytes, 1, 1);
    plan->lse = ledger_book(s, "lse", forward->problem.lse.data ? 0 : rows, l->H, f);
    plan->x = book_copy(s, "x", &forward->x, forward_batch(forward), forward_rows(forward), l->E);
    if (forward->has_context)
        plan->context = book_copy(s, "context", &forward->context, forward_batch(forward), forward->N, l->Ec);
    plan->upstream = book_copy(s, "dy", &g->upstream, forward_batch(forward), forward_rows(forward), l->Eo);
    plan->joined = ledger_book(s, "dO", l->output.weights ? rows : 0, l->H * l->Dv, f);
    plan->query = ledger_book(s, "dQ", rows, l->H * l->D, f);
    plan->key = ledger_book(s, "dK", keys, l->K * l->D, f);
    plan->value = ledger_book(s, "dV", keys, l->K * l->Dv, f);
    plan->raw_query = ledger_book(s, "q", l->query_norm.weight ? rows : 0, l->H * l->D, f);
    plan->raw_key = ledger_book(s, "k", l->query_norm.weight ? keys : 0, l->K * l->D, f);
    plan->weights = book_weights(s, l);
    if (!ledger_fits(s)) return 0;
    const struct gradients wanted = attention_gradients(forward, g, plan, NULL);
    if (!plan_backward(machine, &forward->problem, &wanted, &plan->attention)) return 0;
    plan->work = ledger_book(s, "step", most_bytes(machine, forward, plan), 1, 1);
    return ledger_fits(s);
}

/* Rows as a contiguous matrix of floats: the caller's memory, or a copy. */
static const float *matrix_of(const struct pass *p, const struct view *v, int64_t copy, int64_t rows, int64_t width) {
    const int64_t batch = forward_batch(&p->f);
    float *to = (float *)(p->scratch + copy);
    if (is_contiguous(v, batch, rows, width)) return v->data;
    for (int64_t i = 0; i < batch * rows; i++, to += width) {
        const void *row = view_row(v, i / rows, 0, i % rows);
        if (v->dtype == SA_F32)
            memcpy(to, row, (size_t)width * sizeof *to);
        else
            p->machine->kernels->rows->load(to, row, v->dtype, width);
    }
    return (const float *)(p->scratch + copy);
}

/* The matrix as floats, a row per output. */
static struct operand weights_of(const struct pass *p, const struct linear *l) {
    float *to = (float *)(p->scratch + p->plan->weights);
    if (l->dtype == SA_F32) return (struct operand){l->weights, l->ld, 0};
    for (int64_t o = 0; o < l->out; o++) linear_widen(l, p->machine->kernels, o, 0, l->in, to + o * l->in);
    return (struct operand){to, l->in, 0};
}

static void *work_of(const struct pass *p) {
    return p->scratch + p->plan->work;
}

/* to += dy W, [rows][in] */
static void add_input_gradient(const struct pass *p, enum part part, const float *dy, int64_t rows, float *to,
                               int64_t ld) {
    const struct linear l = linear_of(p->f.layer, part);
    const struct product product = {to, ld, rows, l.in, l.out, {dy, l.out, 0}, weights_of(p, &l)};
    product_add(p->machine, &product, work_of(p));
}

/* The same, to the caller's tensor. */
static void add_tensor_gradient(const struct pass *p, enum part part, const float *dy, const struct view *to,
                                int64_t rows) {
    const struct linear l = linear_of(p->f.layer, part);
    const int64_t batch = forward_batch(&p->f);
    const int is_one = is_matrix(to, batch, rows, l.in);
    const int64_t batches = is_one ? 1 : batch, count = is_one ? batch * rows : rows;
    for (int64_t b = 0; to->data && b < batches; b++)
        add_input_gradient(p, part, dy + b * count * l.out, count, view_row(to, b, 0, 0), to->stride_s);
}

/* dW += dy^T x, or its transpose, and the bias's. */
static void add_matrix_gradient(const struct pass *p, enum part part, const float *dy, const float *x, int64_t rows) {
    const struct linear l = linear_of(p->f.layer, part);
    const struct matrix_gradient *g = gradient_of(p->g, part);
    const struct product out_in = {g->weights, g->ld, l.out, l.in, rows, {dy, l.out, 1}, {x, l.in, 0}},
                         in_out = {g->weights, g->ld, l.in, l.out, rows, {x, l.in, 1}, {dy, l.out, 0}};
    if (g->weights) product_add(p->machine, g->in_out ? &in_out : &out_in, work_of(p));
    if (g->bias) add_rows(&p->machine->parallel, g->bias, dy, rows, l.out);
}

static void clear_matrix(const struct matrix_gradient *g, const struct linear *l) {
    const int64_t rows = g->in_out ? l->in : l->out, width = g->in_out ? l->out : l->in;
    for (int64_t r = 0; g->weights && r < rows; r++) memset(g->weights + r * g->ld, 0, (size_t)width * sizeof(float));
    if (g->bias) memset(g->bias, 0, (size_t)l->out * sizeof(float));
}

static void clear_rows(const struct pass *p, const struct view *v, int64_t rows, int64_t width) {
    for (int64_t i = 0; v->data && i < forward_batch(&p->f) * rows; i++)
        memset(view_row(v, i / rows, 0, i % rows), 0, (size_t)width * sizeof(float));
}

static void clear_gradients(const struct pass *p) {
    const struct sa_layer *l = p->f.layer;
    for (int part = QUERY; part <= OUTPUT; part++) {
        const struct linear linear = linear_of(l, (enum part)part);
        clear_matrix(gradient_of(p->g, (enum part)part), &linear);
    }
    clear_rows(p, &p->g->x, forward_rows(&p->f), l->E);
    clear_rows(p, &p->g->context, p->f.N, l->Ec);
}

/* Attention's gradient by the joined heads, and those of the output projection. */
static void output_backward(const struct pass *p) {
    const struct sa_layer *l = p->f.layer;
    const int64_t rows = forward_batch(&p->f) * forward_rows(&p->f);
    float *to = (float *)(p->scratch + p->plan->joined);
    if (!l->output.weights) return;
    const float *dy = matrix_of(p, &p->g->upstream, p->plan->upstream, forward_rows(&p->f), l->Eo);
    memset(to, 0, (size_t)(rows * l->output.in) * sizeof *to);
    add_input_gradient(p, OUTPUT, dy, rows, to, l->output.in);
    add_matrix_gradient(p, OUTPUT, dy, p->f.problem.output.data, rows);
}

/* Gradients of heads' norms: `dy` becomes the gradient by what was normalised. */
struct norms {
    const struct head_norm *norm;
    const float *raw;
    float *dy;
};

static struct norm_row row_of(const struct norms *n, int64_t r) {
    struct norm_row row = {.x = n->raw + r * n->norm->width,
                           .dy = n->dy + r * n->norm->width,
                           .weight = n->norm->weight,
                           .n = n->norm->width,
                           .is_rms = 1};
    row.moments = moments_of(row.x, row.n, row.is_rms, (double)n->norm->epsilon);
    return row;
}

static void norm_backward(const struct norms *n, int64_t rows, float *of_weight) {
    for (int64_t i = 0; of_weight && i < n->norm->width; i++) of_weight[i] = 0;
    for (int64_t r = 0; r < rows; r++) {
        struct norm_row row = row_of(n, r);
        float *dx = n->dy + r * row.n;
        for (int64_t i = 0; of_weight && i < row.n; i++) of_weight[i] += row.dy[i] * norm_row_normed(&row, i);
        norm_row_means(&row);
        for (int64_t i = 0; i < row.n; i++) dx[i] = norm_row_gradient(&row, i);
    }
}

/* q or k before its norm: x W^T + b. */
static void project_again(const struct pass *p, enum part part, const float *x, int64_t rows, float *to) {
    const struct linear l = linear_of(p->f.layer, part);
    struct operand w = weights_of(p, &l);
    w.transposed = 1;
    const struct product product = {to, l.out, rows, l.out, l.in, {x, l.in, 0}, w};
    product_set(p->machine, &product, l.bias, work_of(p));
}

/* From the gradient by rotated and normalised heads to the one by projected rows. */
static void heads_backward(const struct pass *p, enum part part, struct heads_step step, const float *x, int64_t rows,
                           int64_t raw, float *of_weight) {
    const struct head_norm norm = step.norm;
    const struct norms norms = {&norm, (const float *)(p->scratch + raw), step.to.data};
    const int64_t width = step.heads * step.D;
    step.norm.weight = NULL;
    step.turns_back = 1;
    heads_run(p->machine, &step, work_of(p));
    if (!norm.weight) return;
    project_again(p, part, x, rows, (float *)(p->scratch + raw));
    norm_backward(&norms, rows * width / norm.width, of_weight);
}

static void projections_backward(const struct pass *p, const struct gradients *a) {
    const struct forward *f = &p->f;
    const int64_t rows = forward_batch(f) * forward_rows(f), keys = forward_batch(f) * f->N;
    const struct view *of_context = f->has_context ? &p->g->context : &p->g->x;
    heads_backward(p, QUERY, forward_queries(f, &a->query), p->x, rows, p->plan->raw_query, p->g->query_norm);
    heads_backward(p, KEY, forward_keys(f, &a->key), p->context, keys, p->plan->raw_key, p->g->key_norm);
    add_matrix_gradient(p, QUERY, a->query.data, p->x, rows);
    add_matrix_gradient(p, KEY, a->key.data, p->context, keys);
    add_matrix_gradient(p, VALUE, a->value.data, p->context, keys);
    add_tensor_gradient(p, QUERY, a->query.data, &p->g->x, forward_rows(f));
    add_tensor_gradient(p, KEY, a->key.data, of_context, f->N);
    add_tensor_gradient(p, VALUE, a->value.data, of_context, f->N);
}

void layer_backward_run(const struct machine *machine, const struct forward *forward, const struct layer_gradients *g,
                        const struct layer_backward_plan *plan, void *scratch) {
    const struct sa_layer *l = forward->layer;
    struct pass p = {
        .machine = machine, .f = with_lse(forward, plan, scratch), .g = g, .plan = plan, .scratch = scratch};
    ledger_open(&plan->scratch, scratch);
    clear_gradients(&p);
    forward_run(machine, &p.f, &plan->forward, p.scratch + plan->again);
    p.x = matrix_of(&p, &p.f.x, plan->x, forward_rows(&p.f), l->E);
    p.context = p.f.has_context ? matrix_of(&p, &p.f.context, plan->context, p.f.N, l->Ec) : p.x;
    output_backward(&p);
    const struct gradients a = attention_gradients(&p.f, g, plan, scratch);
    backward_run(machine, &p.f.problem, &a, &plan->attention, work_of(&p));
    projections_backward(&p, &a);
    ledger_close(&plan->scratch, scratch);
}
