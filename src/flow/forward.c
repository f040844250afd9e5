/* Heads are column ranges of the projected rows, so neither splitting nor joining them moves anything.
 * SPDX-License-Identifier: MIT */
#include "flow/forward.h"

#include "base/arith.h"
#include "base/memory.h"
#include "flow/attention.h"
#include "flow/heads.h"
#include "flow/project/project.h"

static int book_rows(struct forward *f, int64_t *place, int64_t rows, int64_t width) {
    int64_t bytes;
    *place = f->bytes;
    return checked_mul(f->problem.B, rows, &bytes) && checked_mul(bytes, width, &bytes) &&
           checked_mul(bytes, sizeof(float), &bytes) && checked_add(bytes, MEMORY_ALIGNMENT - 1, &bytes) &&
           checked_add(f->bytes, bytes / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, &f->bytes);
}

/* Self-attention projects once, to rows of q, k and v side by side; cross-attention to rows of q, and of k and v. */
static int is_joint(const struct forward *f) {
    return !f->context.data && !f->reading && f->layer->joint.weights;
}

/* Heads of `size` columns each, from `column` on, in rows of `width` floats at `offset` of scratch; scratch is NULL
 * while planning. */
static struct view heads(char *scratch, int64_t offset, int64_t rows, int64_t width, int64_t column, int64_t size) {
    float *data = scratch ? (float *)(scratch + offset) + column : NULL;
    return (struct view){.data = data, .stride_b = rows * width, .stride_h = size, .stride_s = width, .stride_d = 1};
}

/* Where the projections leave queries, and the new keys and values. */
static void place_projected(const struct forward *f, char *scratch, struct view *query, struct view *key,
                            struct view *value) {
    const struct sa_layer *l = f->layer;
    int64_t q = l->query.out, k = l->K * l->D, T = f->problem.T, other = f->projected[1];
    int joint = is_joint(f);
    *query = heads(scratch, f->projected[0], T, joint ? l->joint.out : q, 0, l->D);
    *key = joint ? heads(scratch, f->projected[0], T, l->joint.out, q, l->D)
                 : heads(scratch, other, f->N, l->key_value.out, 0, l->D);
    *value = joint ? heads(scratch, f->projected[0], T, l->joint.out, q + k, l->Dv)
                   : heads(scratch, other, f->N, l->key_value.out, k, l->Dv);
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

/* Whether new keys are rotated to their place in the cache: then its first tokens move along with the window. */
static int follows_cache(const struct forward *f) {
    return f->cache && f->layer->rotation.rotary && !f->reading && !f->context.data && !f->positions;
}

/* Whether some query stands so far on that the first tokens have moved. A score depends on the distance of query and
 * key alone; so keys stay as they were stored, and it is the queries that meet them from further back. */
static int has_kept_queries(const struct forward *f) {
    const struct sa_cache *c = f->cache;
    return follows_cache(f) && f->problem.visible.keep > 0 && c->keep_first > 0 &&
           f->problem.S > cache_kept_most(c) + 1;
}

static void place(struct forward *f, char *scratch) {
    struct problem *p = &f->problem;
    place_projected(f, scratch, &p->query, &p->key, &p->value);
    if (f->cache) {
        p->key = cache_view(f->cache, f->cache_layer, 0);
        p->value = cache_view(f->cache, f->cache_layer, 1);
    }
    if (has_kept_queries(f)) p->kept_query = heads(scratch, f->kept, p->T, f->layer->query.out, 0, p->D);
    place_output(f, scratch);
}

/* The steps of a call before attention: q (or all), k and v are projected, then normalised and rotated, then put into
 * the cache. */
struct steps {
    struct projection projection[2];
    int projections;
    struct heads_step kept_queries, queries, keys, values;
};

static struct heads_step heads_of(const struct forward *f, const struct view *from, int64_t T, int64_t heads,
                                  int64_t D) {
    return (struct heads_step){.B = f->problem.B, .T = T, .heads = heads, .D = D, .from = *from, .to = *from};
}

/* Queries stand where they were told to, or behind what the cache held; the tokens of a context from 0 on. */
static void find_positions(const struct forward *f, struct steps *s) {
    s->queries.norm = f->layer->query_norm, s->keys.norm = f->layer->key_norm;
    s->queries.rotation = s->keys.rotation = f->layer->rotation;
    s->queries.positions = f->positions;
    if (f->context.data || f->reading) return;
    s->keys.positions = f->positions;
    if (f->cache) s->queries.offsets = s->keys.offsets = f->cache->before;
}

static void plan_kept_queries(const struct forward *f, struct steps *s) {
    if (!has_kept_queries(f)) return;
    s->kept_queries = s->queries;
    s->kept_queries.to = f->problem.kept_query;
    s->kept_queries.most = f->cache->kept_most;
}

static void plan_steps(const struct machine *machine, const struct forward *f, char *scratch, struct steps *s) {
    const struct sa_layer *l = f->layer;
    const struct problem *p = &f->problem;
    struct view query, key, value;
    place_projected(f, scratch, &query, &key, &value);
    *s = (struct steps){.projections = 1};
    s->projection[0] = plan_projection(machine, is_joint(f) ? &l->joint : &l->query, p->B, p->T, f->x, query);
    if (!is_joint(f) && !f->reading)
        s->projection[s->projections++] =
            plan_projection(machine, &l->key_value, p->B, f->N, f->context.data ? f->context : f->x, key);
    s->queries = heads_of(f, &query, p->T, l->H, l->D);
    s->keys = heads_of(f, &key, f->reading ? 0 : f->N, l->K, l->D);
    s->values = heads_of(f, &value, f->reading ? 0 : f->N, l->K, l->Dv);
    find_positions(f, s);
    if (!f->cache) return;
    plan_kept_queries(f, s);
    s->keys.to = p->key, s->values.to = p->value;
    s->keys.starts = s->values.starts = f->cache->before;
    s->keys.lengths = s->values.lengths = f->lengths;
}

static struct projection output_step(const struct machine *machine, const struct forward *f) {
    return plan_projection(machine, &f->layer->output, f->problem.B, f->problem.T, f->problem.output, f->y);
}

/* The most scratch memory that one step after the other needs; -1 if that does not fit. */
static int64_t most_bytes(const struct machine *machine, const struct forward *f) {
    struct steps s;
    plan_steps(machine, f, NULL, &s);
    struct projection output = output_step(machine, f);
    const int64_t bytes[] = {
        f->plan.bytes,
        project_bytes(machine, &s.projection[0]),
        s.projections > 1 ? project_bytes(machine, &s.projection[1]) : 0,
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

int forward_plan(const struct machine *machine, struct forward *f) {
    const struct sa_layer *l = f->layer;
    f->bytes = 0;
    int fits = is_joint(f) ? book_rows(f, &f->projected[0], f->problem.T, l->joint.out)
                           : book_rows(f, &f->projected[0], f->problem.T, l->query.out) &&
                                 book_rows(f, &f->projected[1], f->reading ? 0 : f->N, l->key_value.out);
    if (has_kept_queries(f)) fits = fits && book_rows(f, &f->kept, f->problem.T, l->query.out);
    if (!fits || (l->output.weights && !book_rows(f, &f->joined, f->problem.T, l->output.in))) return 0;
    place(f, NULL);
    if (!plan_attention(machine, &f->problem, &f->plan)) return 0;
    f->work = f->bytes;
    int64_t most = most_bytes(machine, f);
    return most >= 0 && checked_add(f->bytes, most, &f->bytes);
}

void forward_run(const struct machine *machine, struct forward *f, void *scratch) {
    char *work = (char *)scratch + f->work;
    struct steps s;
    place(f, scratch);
    plan_steps(machine, f, scratch, &s);
    blas_enter();
    for (int i = 0; i < s.projections; i++) project(machine, &s.projection[i], work);
    heads_run(machine, &s.kept_queries, work);
    heads_run(machine, &s.queries, work);
    heads_run(machine, &s.keys, work);
    heads_run(machine, &s.values, work);
    if (f->cache && !f->reading) cache_commit(f->cache, f->cache_layer, !follows_cache(f));
    attention_run(machine, &f->problem, &f->plan, work);
    struct projection output = output_step(machine, f);
    if (f->layer->output.weights) project(machine, &output, work);
    blas_leave();
}
