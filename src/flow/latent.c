/* SPDX-License-Identifier: MIT */
#include "flow/latent.h"

#include "base/arith.h"
#include "flow/attention.h"
#include "flow/heads.h"
#include "flow/project/project.h"

#include <string.h>

/* A call with the addresses of what it computes; scratch is NULL while planning. */
struct call {
    const struct machine *machine;
    struct forward *f;
    const struct latent_plan *plan;
    char *scratch, *work;
};

/* With S keys and T queries, per head: the expanded form makes D + Dv numbers of each latent vector, the absorbed one L
 * numbers of each query and Dv of each result; and a score takes D + R or L + R products, a result Dv or L. */
int latent_prefers_expanded(const struct forward *f) {
    const struct sa_layer *l = f->layer;
    const double L = (double)l->L, R = (double)l->R, D = (double)l->D, Dv = (double)l->Dv;
    const double S = (double)f->problem.S, T = (double)f->problem.T;
    return S * L * (D + Dv) + T * S * (D + R + Dv) < T * L * (D + Dv) + T * S * (L + R + L);
}

/* Heads of `size` numbers, `apart` from each other, from `column` on in rows of `width` at `offset`. */
static struct view part(const struct call *c, int64_t offset, int64_t rows, int64_t width, int64_t column,
                        int64_t apart) {
    struct view v = heads_in_rows(c->scratch, offset, rows, width, column, 0);
    v.stride_h = apart;
    return v;
}

/* New rows, or their latent vectors, or their keys, by the column. */
static struct view new_rows(const struct call *c, int64_t column) {
    return part(c, c->plan->rows, c->f->problem.T, c->f->layer->L + c->f->layer->R, column, 0);
}

static struct view queries(const struct call *c, int64_t column) {
    const int64_t size = c->f->layer->D + c->f->layer->R;
    return part(c, c->plan->query, c->f->problem.T, c->f->layer->H * size, column, size);
}

static struct view absorbed(const struct call *c, int64_t column) {
    const int64_t size = c->f->layer->L + c->f->layer->R;
    return part(c, c->plan->absorbed, c->f->problem.T, c->f->layer->H * size, column, size);
}

/* What keys and values are expanded from: the cache's rows, or the new ones. */
static struct view source(const struct call *c, int64_t column) {
    if (!c->f->cache) return new_rows(c, column);
    return part(c, c->plan->held, c->f->problem.S, c->f->layer->L + c->f->layer->R, column, 0);
}

static struct view expanded(const struct call *c, int64_t column) {
    const int64_t size = c->f->layer->D + c->f->layer->Dv;
    return part(c, c->plan->up, c->f->problem.S, c->f->layer->H * size, column, size);
}

static struct view keys(const struct call *c, int64_t column) {
    const int64_t size = c->f->layer->D + c->f->layer->R;
    return part(c, c->plan->keys, c->f->problem.S, c->f->layer->H * size, column, size);
}

static struct view sums(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    return part(c, c->plan->sums, c->f->problem.T, l->H * l->L, 0, l->L);
}

/* Joined heads, or y itself where no output projection follows. */
static struct view joined(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    if (l->output.weights) return part(c, c->plan->joined, c->f->problem.T, l->H * l->Dv, 0, l->Dv);
    struct view y = c->f->y;
    y.stride_h = l->Dv;
    return y;
}

static struct view head_of(struct view v, int64_t h) {
    if (v.data) v.data = (char *)v.data + h * v.stride_h * element_size(v.dtype);
    return v;
}

/* ---- the steps. Each is planned with scratch NULL, and run */

static struct projection projection(const struct call *c, const struct linear *linear, struct view x, struct view y) {
    return plan_projection(c->machine, linear, c->f->problem.B, c->f->problem.T, x, y);
}

static struct projection to_low(const struct call *c) {
    const int64_t rank = c->f->layer->down_query.out;
    return projection(c, &c->f->layer->down_query, c->f->x, part(c, c->plan->low, c->f->problem.T, rank, 0, 0));
}

static struct projection to_queries(const struct call *c) {
    const struct linear *linear = &c->f->layer->query;
    struct view from = c->f->x;
    if (c->f->layer->down_query.weights) from = part(c, c->plan->low, c->f->problem.T, linear->in, 0, 0);
    return projection(c, linear, from, queries(c, 0));
}

static struct projection to_rows(const struct call *c) {
    return projection(c, &c->f->layer->down, c->f->x, new_rows(c, 0));
}

static struct projection to_expanded(const struct call *c) {
    return plan_projection(c->machine, &c->f->layer->up, c->f->problem.B, c->f->problem.S, source(c, 0),
                           expanded(c, 0));
}

static struct projection to_y(const struct call *c) {
    return projection(c, &c->f->layer->output, joined(c), c->f->y);
}

/* Of head h: L numbers for D of its queries, by the transposed key matrix; Dv results of L sums. */
static struct linear key_matrix(const struct sa_layer *l, int64_t h) {
    const int64_t bytes = l->L * l->D * element_size(l->up.dtype);
    return (struct linear){l->keys_up + h * bytes, l->up.dtype, l->D, l->L, l->D, NULL, NULL, 0};
}

static struct linear value_matrix(const struct sa_layer *l, int64_t h) {
    const void *rows = linear_row(&l->up, h * (l->D + l->Dv) + l->D);
    return (struct linear){rows, l->up.dtype, l->L, l->Dv, l->L, NULL, NULL, 0};
}

static struct heads_step step(const struct call *c, int64_t heads, int64_t D, struct view from, struct view to) {
    return (struct heads_step){
        .B = c->f->problem.B, .T = c->f->problem.T, .heads = heads, .D = D, .from = from, .to = to};
}

static struct heads_step normalise_low(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    const struct view low = part(c, c->plan->low, c->f->problem.T, l->down_query.out, 0, 0);
    struct heads_step s = step(c, 1, l->down_query.out, low, low);
    s.norm = l->query_norm;
    return s;
}

static struct heads_step normalise_latents(const struct call *c) {
    struct heads_step s = step(c, 1, c->f->layer->L, new_rows(c, 0), new_rows(c, 0));
    s.norm = c->f->layer->key_norm;
    return s;
}

static struct heads_step rotated(const struct call *c, int64_t heads, struct view from, struct view to) {
    struct heads_step s = step(c, heads, c->f->layer->R, from, to);
    s.rotation = c->f->layer->rotation;
    s.positions = c->f->positions;
    if (c->f->cache) s.offsets = c->f->cache->before;
    return s;
}

static struct heads_step rotate_keys(const struct call *c) {
    const int64_t L = c->f->layer->L;
    return rotated(c, 1, new_rows(c, L), new_rows(c, L));
}

/* In place, or to the queries for latent vectors. */
static struct heads_step rotate_queries(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    const struct view from = queries(c, l->D);
    return rotated(c, l->H, from, c->plan->expanded ? from : absorbed(c, l->L));
}

static struct heads_step into_cache(const struct call *c) {
    const struct forward *f = c->f;
    struct heads_step s =
        step(c, 1, f->layer->L + f->layer->R, new_rows(c, 0), cache_view(f->cache, f->cache_layer, 0));
    s.starts = f->cache->before, s.lengths = f->lengths;
    return s;
}

static struct heads_step from_cache(const struct call *c) {
    const struct forward *f = c->f;
    struct heads_step s = step(c, 1, f->layer->L + f->layer->R, cache_view(f->cache, f->cache_layer, 0), source(c, 0));
    s.T = f->problem.S, s.lengths = f->cache->after;
    return s;
}

/* Keys: D numbers of each head's own, and R that all heads share. */
static struct heads_step own_keys(const struct call *c) {
    struct heads_step s = step(c, c->f->layer->H, c->f->layer->D, expanded(c, 0), keys(c, 0));
    s.T = c->f->problem.S;
    return s;
}

static struct heads_step shared_keys(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    struct heads_step s = step(c, l->H, l->R, source(c, l->L), keys(c, l->D));
    s.T = c->f->problem.S;
    return s;
}

/* ---- planning */

static void place_problem(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    struct problem *p = &c->f->problem;
    if (c->plan->expanded) {
        p->K = l->H, p->G = 1, p->D = l->D + l->R, p->Dv = l->Dv;
        p->query = queries(c, 0), p->key = keys(c, 0), p->value = expanded(c, l->D), p->output = joined(c);
    } else {
        p->query = absorbed(c, 0), p->key = p->value = new_rows(c, 0), p->output = sums(c);
        if (c->f->cache) {
            p->key = cache_view(c->f->cache, c->f->cache_layer, 0);
            p->value = cache_view(c->f->cache, c->f->cache_layer, 1);
        }
    }
    p->chain = choose_chain(p->scale, p->D);
}

static void most_of_step(const struct call *c, struct heads_step s, int64_t *most) {
    const int64_t bytes = heads_bytes(c->machine, &s);
    *most = bytes < 0 || *most < 0 ? -1 : max_i64(*most, bytes);
}

static void most_of_projection(const struct call *c, struct projection p, int64_t *most) {
    const int64_t bytes = project_bytes(c->machine, &p);
    *most = bytes < 0 || *most < 0 ? -1 : max_i64(*most, bytes);
}

/* The most scratch memory that any one of the steps needs; -1 if that does not fit. */
static int64_t most_bytes(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    int64_t most = c->plan->attention.bytes;
    if (l->down_query.weights) most_of_projection(c, to_low(c), &most), most_of_step(c, normalise_low(c), &most);
    most_of_projection(c, to_queries(c), &most), most_of_projection(c, to_rows(c), &most);
    most_of_step(c, normalise_latents(c), &most), most_of_step(c, rotate_keys(c), &most);
    most_of_step(c, rotate_queries(c), &most);
    if (c->f->cache) most_of_step(c, into_cache(c), &most);
    if (l->output.weights) most_of_projection(c, to_y(c), &most);
    if (c->plan->expanded) {
        if (c->f->cache) most_of_step(c, from_cache(c), &most);
        most_of_projection(c, to_expanded(c), &most);
        most_of_step(c, own_keys(c), &most), most_of_step(c, shared_keys(c), &most);
    } else {
        const struct linear key = key_matrix(l, 0), value = value_matrix(l, 0);
        most_of_projection(c, projection(c, &key, queries(c, 0), absorbed(c, 0)), &most);
        most_of_projection(c, projection(c, &value, sums(c), joined(c)), &most);
    }
    return most;
}

static int64_t book(struct ledger *ledger, const char *name, int64_t batch, int64_t rows, int64_t width) {
    int64_t all;
    ledger_require(ledger, checked_mul(batch, rows, &all));
    return ledger_fits(ledger) ? ledger_book(ledger, name, all, width, sizeof(float)) : 0;
}

int latent_plan(const struct machine *machine, struct forward *f, int expanded, struct latent_plan *plan) {
    const struct sa_layer *l = f->layer;
    const struct problem *p = &f->problem;
    const int64_t T = p->T, S = expanded ? p->S : 0, absorbing = expanded ? 0 : T, row = l->L + l->R;
    const struct call c = {machine, f, plan, NULL, NULL};
    *plan = (struct latent_plan){.expanded = expanded, .scratch = {.title = "latent layer"}};
    struct ledger *s = &plan->scratch;
    plan->low = book(s, "low queries", p->B, l->down_query.weights ? T : 0, l->down_query.out);
    plan->query = book(s, "queries", p->B, T, l->H * (l->D + l->R));
    plan->rows = book(s, "latents", p->B, T, row);
    plan->absorbed = book(s, "queries for latents", p->B, absorbing, l->H * row);
    plan->sums = book(s, "sums of latents", p->B, absorbing, l->H * l->L);
    plan->held = book(s, "the cache's latents", p->B, f->cache ? S : 0, row);
    plan->up = book(s, "expanded", p->B, S, l->H * (l->D + l->Dv));
    plan->keys = book(s, "keys", p->B, S, l->H * (l->D + l->R));
    plan->joined = book(s, "joined heads", p->B, l->output.weights ? T : 0, l->H * l->Dv);
    if (!ledger_fits(s)) return 0;
    place_problem(&c);
    if (!plan_attention(machine, &f->problem, &plan->attention)) return 0;
    plan->work = ledger_book(s, "step", most_bytes(&c), 1, 1);
    return ledger_fits(s);
}

/* ---- running */

static void run_step(const struct call *c, struct heads_step s) {
    heads_run(c->machine, &s, c->work);
}

static void run_projection(const struct call *c, struct projection p) {
    project(c->machine, &p, c->work);
}

static void make_rows(const struct call *c) {
    const struct forward *f = c->f;
    if (f->layer->down_query.weights) {
        run_projection(c, to_low(c));
        run_step(c, normalise_low(c));
    }
    run_projection(c, to_queries(c));
    run_projection(c, to_rows(c));
    run_step(c, normalise_latents(c));
    run_step(c, rotate_keys(c));
    run_step(c, rotate_queries(c));
    if (!f->cache) return;
    run_step(c, into_cache(c));
    cache_commit(f->cache, f->cache_layer, 1);
}

/* Rows behind a shorter sequence's end are 0; nobody sees them. */
static void take_held(const struct call *c) {
    const struct forward *f = c->f;
    const struct view to = source(c, 0);
    for (int64_t b = 0; b < f->problem.B; b++) {
        const int64_t held = f->cache->after[b];
        memset(view_row(&to, b, 0, held), 0, (size_t)((f->problem.S - held) * to.stride_s) * sizeof(float));
    }
    run_step(c, from_cache(c));
}

static void run_expanded(const struct call *c) {
    if (c->f->cache) take_held(c);
    run_projection(c, to_expanded(c));
    run_step(c, own_keys(c));
    run_step(c, shared_keys(c));
    attention_run(c->machine, &c->f->problem, &c->plan->attention, c->work);
}

static void run_absorbed(const struct call *c) {
    const struct sa_layer *l = c->f->layer;
    for (int64_t h = 0; h < l->H; h++) {
        const struct linear key = key_matrix(l, h);
        run_projection(c, projection(c, &key, head_of(queries(c, 0), h), head_of(absorbed(c, 0), h)));
    }
    attention_run(c->machine, &c->f->problem, &c->plan->attention, c->work);
    for (int64_t h = 0; h < l->H; h++) {
        const struct linear value = value_matrix(l, h);
        run_projection(c, projection(c, &value, head_of(sums(c), h), head_of(joined(c), h)));
    }
}

void latent_run(const struct machine *machine, struct forward *f, const struct latent_plan *plan, void *scratch) {
    const struct call c = {machine, f, plan, scratch, (char *)scratch + plan->work};
    place_problem(&c);
    ledger_open(&plan->scratch, scratch);
    blas_enter(machine->gemm);
    make_rows(&c);
    (plan->expanded ? run_expanded : run_absorbed)(&c);
    if (f->layer->output.weights) run_projection(&c, to_y(&c));
    blas_leave(machine->gemm);
    ledger_close(&plan->scratch, scratch);
}
