/* Heads are ranges of columns of the projected rows, so splitting and joining them moves no data.
 * SPDX-License-Identifier: MIT */
#include "flow/forward.h"

#include "base/arith.h"
#include "base/memory.h"
#include "flow/attention.h"
#include "flow/heads.h"
#include "flow/project/project.h"

struct forward forward_of(const struct sa_layer *l) {
    return (struct forward){.layer = l,
                            .problem = {.H = l->H,
                                        .K = l->K,
                                        .G = l->G,
                                        .D = l->L ? l->L + l->R : l->D,
                                        .Dv = l->L ? l->L : l->Dv,
                                        .scale = l->scale,
                                        .softcap = l->softcap,
                                        .chain = choose_chain(l->scale, l->D),
                                        .rules = l->rules}};
}

/* By default queries stand behind the tokens that the cache had before; those of cross-attention from 0 on. */
void forward_see_cache(struct forward *f) {
    struct visibility *v = &f->problem.visible;
    v->key_lengths = f->cache->after;
    if (v->align_default) {
        v->bottom_right = 0;
        v->offsets = f->reading || f->has_context ? NULL : f->cache->before;
    }
    cache_see_window(f->cache, f->cache_layer, v);
}

/* Self-attention projects to rows of q, k and v side by side; cross-attention to rows of q, and of k and v. Matrices
 * that lie together are one projection. */
static int is_joint(const struct forward *f) {
    return !f->has_context && !f->reading && f->layer->joint.out;
}

/* The places of the projected queries, and of the new keys and values. */
static void place_projected(const struct forward *f, const struct forward_plan *plan, char *scratch, struct view *query,
                            struct view *key, struct view *value) {
    const struct sa_layer *l = f->layer;
    int64_t q = l->query.out, k = l->K * l->D, T = forward_rows(f), first = plan->projected[0],
            other = plan->projected[1];
    int joint = is_joint(f);
    *query = heads_in_rows(scratch, first, T, joint ? l->joint.out : q, 0, l->D);
    *key = joint ? heads_in_rows(scratch, first, T, l->joint.out, q, l->D)
                 : heads_in_rows(scratch, other, f->N, l->key_value.out, 0, l->D);
    *value = joint ? heads_in_rows(scratch, first, T, l->joint.out, q + k, l->Dv)
                   : heads_in_rows(scratch, other, f->N, l->key_value.out, k, l->Dv);
    query->starts = f->problem.query_starts;
    key->starts = value->starts = f->problem.visible.key_starts;
}

/* Attention writes joined heads: into scratch, or straight into y if no output projection follows. */
static void place_output(struct forward *f, const struct forward_plan *plan, char *scratch) {
    const struct sa_layer *l = f->layer;
    struct problem *p = &f->problem;
    if (l->output.weights) {
        p->output = heads_in_rows(scratch, plan->joined, forward_rows(f), l->output.in, 0, l->Dv);
    } else {
        p->output = f->y;
        p->output.stride_h = l->Dv;
    }
    p->output.starts = p->query_starts;
}

/* Whether new keys are rotated to their position in the cache: then kept first tokens move along with the window. */
static int follows_cache(const struct forward *f) {
    return f->cache && f->layer->rotation.rotary && !f->reading && !f->has_context && !f->positions;
}

/* Whether some query may be so far behind the kept first tokens that these have moved. A score depends on the distance
 * of query and key alone. So keys stay as they were stored, and for these keys the queries are rotated to an earlier
 * position. */
static int may_move_first(const struct forward *f) {
    const struct sa_cache *c = f->cache;
    return follows_cache(f) && c->keep_first > 0 && f->problem.S > cache_kept_most(c) + 1;
}

static int has_kept_queries(const struct forward *f) {
    return may_move_first(f) && f->problem.visible.keep > 0;
}

static void place(struct forward *f, const struct forward_plan *plan, char *scratch) {
    struct problem *p = &f->problem;
    place_projected(f, plan, scratch, &p->query, &p->key, &p->value);
    if (f->cache) {
        p->key = cache_view(f->cache, f->cache_layer, 0);
        p->value = cache_view(f->cache, f->cache_layer, 1);
    }
    if (has_kept_queries(f)) p->kept_query = heads_in_rows(scratch, plan->kept, p->T, f->layer->query.out, 0, p->D);
    place_output(f, plan, scratch);
}

/* The steps of a call before attention: q (or all), k and v are projected, then normalised and rotated, then put into
 * the cache. */
struct steps {
    struct projection projection[MOST_TOGETHER];
    int projections;
    struct heads_step kept_queries, queries, keys, values;
};

static struct heads_step heads_of(const struct forward *f, const struct view *from, int64_t T, int64_t heads,
                                  int64_t D) {
    return (struct heads_step){.B = f->problem.B,
                               .T = T,
                               .heads = heads,
                               .D = D,
                               .from = *from,
                               .to = *from,
                               .clip = f->layer->clip,
                               .packed = from->starts};
}

/* New keys of the longest sequence. */
static int64_t new_keys(const struct forward *f) {
    if (f->reading) return 0;
    return f->packed ? f->problem.S : f->N;
}

/* Whether queries and keys are of the same new tokens. */
static int are_same_tokens(const struct forward *f) {
    return !f->has_context && !f->reading;
}

/* Queries stand at given positions, or behind the tokens that the cache had; the tokens of a context stand from 0
 * on. */
static struct heads_step placed_heads(const struct forward *f, const struct view *view, int64_t T, int64_t heads,
                                      const struct head_norm *norm, int has_positions) {
    struct heads_step step = heads_of(f, view, T, heads, f->layer->D);
    step.norm = *norm;
    step.rotation = f->layer->rotation;
    if (has_positions) step.positions = f->positions;
    if (f->cache && are_same_tokens(f)) step.offsets = f->cache->before;
    return step;
}

struct heads_step forward_queries(const struct forward *f, const struct view *queries) {
    return placed_heads(f, queries, f->problem.T, f->layer->H, &f->layer->query_norm, 1);
}

struct heads_step forward_keys(const struct forward *f, const struct view *keys) {
    return placed_heads(f, keys, new_keys(f), f->layer->K, &f->layer->key_norm, are_same_tokens(f));
}

static void find_kept_queries(const struct forward *f, struct steps *s) {
    if (!has_kept_queries(f)) return;
    s->kept_queries = s->queries;
    s->kept_queries.to = f->problem.kept_query;
    s->kept_queries.most = f->cache->kept_most + f->cache_layer * f->cache->B;
}

static void find_projections(const struct machine *machine, const struct forward *f, struct steps *s,
                             const struct view *query, const struct view *key, const struct view *value) {
    const struct sa_layer *l = f->layer;
    const int64_t batch = forward_batch(f);
    const struct view *from = f->has_context ? &f->context : &f->x;
    const int joint = is_joint(f) && l->joint.weights;
    s->projection[s->projections++] =
        plan_projection(machine, joint ? &l->joint : &l->query, batch, forward_rows(f), f->x, *query);
    if (joint || f->reading) return;
    s->projection[s->projections++] =
        plan_projection(machine, l->key.weights ? &l->key : &l->key_value, batch, f->N, *from, *key);
    if (l->key.weights)
        s->projection[s->projections++] = plan_projection(machine, &l->value, batch, f->N, *from, *value);
}

static void find_steps(const struct machine *machine, const struct forward *f, const struct forward_plan *plan,
                       char *scratch, struct steps *s) {
    const struct sa_layer *l = f->layer;
    const struct problem *p = &f->problem;
    struct view query, key, value;
    place_projected(f, plan, scratch, &query, &key, &value);
    *s = (struct steps){0};
    find_projections(machine, f, s, &query, &key, &value);
    s->queries = forward_queries(f, &query);
    s->keys = forward_keys(f, &key);
    s->values = heads_of(f, &value, new_keys(f), l->K, l->Dv);
    if (!f->cache) return;
    find_kept_queries(f, s);
    s->keys.to = p->key, s->values.to = p->value;
    s->keys.starts = s->values.starts = f->cache->before;
    s->keys.lengths = s->values.lengths = f->lengths;
}

static struct projection output_step(const struct machine *machine, const struct forward *f) {
    return plan_projection(machine, &f->layer->output, forward_batch(f), forward_rows(f), f->problem.output, f->y);
}

/* The most scratch memory that any one of the steps needs; -1 if that does not fit. */
static int64_t most_bytes(const struct machine *machine, const struct forward *f, const struct forward_plan *plan) {
    struct steps s;
    find_steps(machine, f, plan, NULL, &s);
    struct projection output = output_step(machine, f);
    const int64_t bytes[] = {
        plan->attention.bytes,
        project_together_bytes(machine, s.projection, s.projections),
        heads_bytes(machine, &s.queries),
        heads_bytes(machine, &s.keys),
        heads_bytes(machine, &s.values),
        heads_bytes(machine, &s.kept_queries),
        f->layer->output.weights ? project_bytes(machine, &output) : 0,
    };
    int64_t most = 0;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        if (bytes[i] < 0) return -1;
        most = max_i64(most, bytes[i]);
    }
    return most;
}

/* Rows of `width` floats for `rows` tokens of each sequence. */
static int64_t book_rows(struct ledger *ledger, const char *name, const struct forward *f, int64_t rows,
                         int64_t width) {
    int64_t all;
    ledger_require(ledger, checked_mul(forward_batch(f), rows, &all));
    return ledger_fits(ledger) ? ledger_book(ledger, name, all, width, sizeof(float)) : 0;
}

int forward_plan(const struct machine *machine, const struct forward *forward, struct forward_plan *plan) {
    struct forward f = *forward;
    const struct sa_layer *l = f.layer;
    const int64_t T = forward_rows(&f);
    const int joint = is_joint(&f);
    *plan = (struct forward_plan){.scratch = {.title = "layer"}};
    struct ledger *s = &plan->scratch;
    plan->projected[0] = book_rows(s, joint ? "q, k, v" : "q", &f, T, joint ? l->joint.out : l->query.out);
    plan->projected[1] = book_rows(s, "k, v", &f, joint || f.reading ? 0 : f.N, l->key_value.out);
    plan->kept = book_rows(s, "q for kept keys", &f, may_move_first(&f) ? T : 0, l->query.out);
    plan->joined = book_rows(s, "joined heads", &f, l->output.weights ? T : 0, l->output.in);
    if (!ledger_fits(s)) return 0;
    place(&f, plan, NULL);
    if (!plan_attention(machine, &f.problem, &plan->attention)) return 0;
    plan->work = ledger_book(s, "step", most_bytes(machine, &f, plan), 1, 1);
    return ledger_fits(s);
}

int forward_plan_most(const struct machine *machine, const struct forward *forward, struct forward_plan *most) {
    struct forward_plan plan;
    if (!forward_plan(machine, forward, &plan)) return 0;
    if (plan.scratch.bytes > most->scratch.bytes) *most = plan;
    return 1;
}

/* to(b,h,t) = factor * from(b,h,t) of real tokens, of the others 0. `to` has rows for padding too, more than a packed
 * sequence: T counts them. */
static void give_heads(const struct forward *f, const struct view *from, int64_t heads, float factor,
                       const struct view *to) {
    const struct problem *p = &f->problem;
    if (!to->data) return;
    const int64_t T = to->stride_h / to->stride_s;
    for (int64_t i = 0; i < p->B * heads * T; i++) {
        const int64_t b = i / (heads * T), h = i / T % heads, t = i % T;
        const int is_real = !from->starts || t < from->starts[b + 1] - from->starts[b];
        const float *row = is_real ? view_row(from, b, h, t) : NULL;
        float *out = view_row(to, b, h, t);
        for (int64_t d = 0; d < p->D; d++) out[d] = is_real ? factor * row[d] : 0;
    }
}

void forward_run(const struct machine *machine, struct forward *f, const struct forward_plan *plan, void *scratch) {
    char *work = (char *)scratch + plan->work;
    struct steps s;
    place(f, plan, scratch);
    find_steps(machine, f, plan, scratch, &s);
    ledger_open(&plan->scratch, scratch);
    blas_enter(machine->gemm);
    project_together(machine, s.projection, s.projections, work);
    heads_run(machine, &s.kept_queries, work);
    heads_run(machine, &s.queries, work);
    heads_run(machine, &s.keys, work);
    heads_run(machine, &s.values, work);
    give_heads(f, &f->problem.query, f->problem.H, f->problem.scale, &f->queries);
    give_heads(f, &f->problem.key, f->problem.K, 1, &f->keys);
    if (f->cache && !f->reading) cache_commit(f->cache, f->cache_layer, !follows_cache(f));
    attention_run(machine, &f->problem, &plan->attention, work);
    struct projection output = output_step(machine, f);
    if (f->layer->output.weights) project(machine, &output, work);
    blas_leave(machine->gemm);
    ledger_close(&plan->scratch, scratch);
}
