/* Calls that are cancelled: from the caller's functions after every step that is told, from another thread, at random.
 * The context works on, what the call has written into is as before or is written again, and nothing else is cancelled.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"
#include "threads/pool.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { H = 4, K = 2, T = 150, S = 700, D = 20 };

/* One problem, its outputs, and its right bits. */
struct problem {
    float query[H * T * D], key[K * S * D], value[K * S * D], output[H * T * D], right[H * T * D];
    sa_attention_args args;
};

static void fill(float *x, int64_t n, uint64_t seed) {
    struct rng rng = {seed};
    for (int64_t i = 0; i < n; i++) x[i] = rng_normal(&rng);
}

static void problem_make(struct problem *p, sa_ctx *ctx) {
    p->args = (sa_attention_args){.struct_size = sizeof p->args};
    fill(p->query, H * T * D, 1), fill(p->key, K * S * D, 2), fill(p->value, K * S * D, 3);
    sa_tensor_set(&p->args.query, p->query, SA_F32, SA_BHSD, 1, H, T, D);
    sa_tensor_set(&p->args.key, p->key, SA_F32, SA_BHSD, 1, K, S, D);
    sa_tensor_set(&p->args.value, p->value, SA_F32, SA_BHSD, 1, K, S, D);
    sa_tensor_set(&p->args.output, p->right, SA_F32, SA_BHSD, 1, H, T, D);
    cr_assert_eq(sa_attention(ctx, &p->args), SA_OK, "%s", sa_ctx_last_error(ctx));
    p->args.output.data = p->output;
}

static int is_right(const struct problem *p) {
    return memcmp(p->output, p->right, sizeof p->right) == 0;
}

/* Cancels when it is told for the `at`th time; -1: never. */
struct canceller {
    sa_ctx *ctx;
    int at, told, last_of_all;
    int64_t done, total;
    int wrong; /* done fell, or is out of range, or total changed within a stretch */
};

static void cancel_at(void *user, const char *what, int64_t done, int64_t total) {
    struct canceller *c = user;
    c->wrong += !*what || done < 0 || done > total || (done && (done < c->done || total != c->total));
    c->done = done, c->total = total;
    if (c->told++ != c->at) return;
    c->last_of_all = done == total;
    c->wrong += sa_ctx_cancel(c->ctx) != 1;
}

static struct canceller *watched(struct canceller *c, sa_ctx *ctx, int at) {
    *c = (struct canceller){.ctx = ctx, .at = at};
    cr_assert_eq(sa_ctx_set_progress(ctx, cancel_at, c), SA_OK);
    return c;
}

/* Every context that the problem is cancelled in: all ways, on one thread and on several. */
static void in_every_way(void (*check)(sa_ctx *ctx, const char *name)) {
    for (int w = 0; w < all_ways_count; w++)
        for (int32_t threads = 1; threads <= 3; threads += 2) {
            sa_ctx *ctx = way_open(&ways[w], threads);
            if (!ctx) continue;
            check(ctx, ways[w].name);
            sa_ctx_destroy(&ctx);
        }
}

/* The plain path tells thousands of rows: some of them are enough. */
static int next_place(int at) {
    return at < 8 ? at + 1 : at * 2;
}

static void cancel_attention(sa_ctx *ctx, const char *name) {
    static struct problem p;
    struct canceller c;
    problem_make(&p, ctx);
    for (int at = 0;; at = next_place(at)) {
        watched(&c, ctx, at);
        const sa_status status = sa_attention(ctx, &p.args);
        cr_expect_eq(c.wrong, 0, "%s, %d", name, at);
        if (c.told <= at) {
            cr_expect(status == SA_OK && is_right(&p) && c.done == c.total, "%s: told to the end", name);
            break;
        }
        if (at == 0) cr_expect_eq(status, SA_ERR_CANCELLED, "%s: %d", name, (int)status);
        cr_expect(status == SA_ERR_CANCELLED || (status == SA_OK && is_right(&p)), "%s, %d: status %d", name, at,
                  (int)status);
        cr_expect(!c.last_of_all || status == SA_OK, "%s, %d: nothing was left to do", name, at);
        if (status == SA_ERR_CANCELLED)
            cr_expect_eq(strcmp(sa_ctx_last_error(ctx), "sa_ctx_cancel() has ended this call before it was complete"),
                         0, "%s", sa_ctx_last_error(ctx));
        watched(&c, ctx, -1);
        memset(p.output, 0xff, sizeof p.output);
        cr_expect(sa_attention(ctx, &p.args) == SA_OK && is_right(&p), "%s: the next call is another one", name);
    }
}

Test(cancel, attention_wherever_it_is) {
    in_every_way(cancel_attention);
}

/* A layer with a cache: a cancelled step has added nothing. */
static void cancel_forward(sa_ctx *ctx, const char *name) {
    static const struct layer_shape shape = {
        .B = 2, .T = 70, .S = 70, .H = 2, .K = 1, .D = 16, .Dv = 16, .E = 24, .W = 24, .F = 24, .projected = 1};
    const sa_cache_config config = {
        .struct_size = sizeof config, .batch = 2, .kv_heads = 1, .head_size = 16, .window = 40, .keep_first = 2};
    struct layer_sample s;
    struct canceller c;
    sa_cache *cache, *other;
    layer_sample_make(&s, &shape, 5);
    sa_layer *layer = layer_sample_open(&s, ctx);
    cr_assert_eq(sa_cache_create(ctx, &config, &cache), SA_OK, "%s", sa_ctx_last_error(ctx));
    cr_assert_eq(sa_cache_create(ctx, &config, &other), SA_OK, "%s", sa_ctx_last_error(ctx));
    s.args.lse.data = s.args.weights.data = NULL;
    float *right = malloc((size_t)s.y_floats * sizeof *right);
    watched(&c, ctx, -1);
    for (int step = 0; step < 4; step++) {
        s.args.cache = other;
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        memcpy(right, s.y, (size_t)s.y_floats * sizeof *right);
        s.args.cache = cache;
        for (int at = 0; at < 3; at++) {
            watched(&c, ctx, at);
            const sa_status status = sa_forward(ctx, layer, &s.args);
            cr_expect(status == SA_ERR_CANCELLED || status == SA_OK, "%s: %s", name, sa_ctx_last_error(ctx));
            const int64_t length = sa_cache_length(cache, 0, 1), want = (step + (status == SA_OK)) * shape.T;
            cr_expect_eq(length, want, "%s: %lld tokens instead of %lld", name, (long long)length, (long long)want);
            watched(&c, ctx, -1);
            if (status == SA_OK) break;
            if (at == 2) cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s", sa_ctx_last_error(ctx));
        }
        cr_expect_eq(memcmp(right, s.y, (size_t)s.y_floats * sizeof *right), 0, "%s, step %d: other bits", name, step);
    }
    free(right);
    sa_cache_destroy(&other);
    sa_cache_destroy(&cache);
    sa_layer_destroy(&layer);
    layer_sample_free(&s);
}

Test(cancel, a_cache_is_as_before) {
    in_every_way(cancel_forward);
}

/* Another thread, which waits until the call has begun; the call waits until it is cancelled. */
struct meeting {
    sa_ctx *ctx;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int begun, cancelled, answer;
};

static void wait_for(struct meeting *m, const int *what) {
    pthread_mutex_lock(&m->lock);
    while (!*what) pthread_cond_wait(&m->changed, &m->lock);
    pthread_mutex_unlock(&m->lock);
}

static void say(struct meeting *m, int *what) {
    pthread_mutex_lock(&m->lock);
    *what = 1;
    pthread_cond_broadcast(&m->changed);
    pthread_mutex_unlock(&m->lock);
}

static void meet(void *user, const char *what, int64_t done, int64_t total) {
    struct meeting *m = user;
    (void)what, (void)total;
    if (done) return;
    say(m, &m->begun);
    wait_for(m, &m->cancelled);
}

static void *cancel_when_begun(void *arg) {
    struct meeting *m = arg;
    wait_for(m, &m->begun);
    m->answer = sa_ctx_cancel(m->ctx);
    say(m, &m->cancelled);
    return NULL;
}

Test(cancel, from_another_thread) {
    static struct problem p;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 3};
    struct meeting m = {
        .ctx = ctx_open(&options), .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
    pthread_t thread;
    problem_make(&p, m.ctx);
    cr_expect_eq(sa_ctx_cancel(m.ctx), 0, "no call is under way");
    cr_expect_eq(sa_ctx_cancel(NULL), 0);
    cr_assert_eq(sa_ctx_set_progress(m.ctx, meet, &m), SA_OK);
    cr_assert_eq(pthread_create(&thread, NULL, cancel_when_begun, &m), 0);
    cr_expect_eq(sa_attention(m.ctx, &p.args), SA_ERR_CANCELLED);
    pthread_join(thread, NULL);
    cr_expect_eq(m.answer, 1);
    cr_expect(sa_attention(m.ctx, &p.args) == SA_OK && is_right(&p), "that was another call");
    sa_ctx_destroy(&m.ctx);
}

/* Threads that cancel whatever runs, as often as they can. */
struct storm {
    sa_ctx *ctx;
    atomic_int over;
};

static void *rage(void *arg) {
    struct storm *s = arg;
    while (!atomic_load(&s->over)) sa_ctx_cancel(s->ctx);
    return NULL;
}

Test(cancel, at_random) {
    enum { CALLS = 100 };
    static struct problem p;
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
    struct storm s = {.ctx = ctx_open(&options)};
    pthread_t threads[2];
    problem_make(&p, s.ctx);
    for (int i = 0; i < 2; i++) cr_assert_eq(pthread_create(&threads[i], NULL, rage, &s), 0);
    for (int i = 0; i < CALLS; i++) {
        memset(p.output, 0xff, sizeof p.output);
        const sa_status status = sa_attention(s.ctx, &p.args);
        cr_expect(status == SA_ERR_CANCELLED || (status == SA_OK && is_right(&p)), "status %d", (int)status);
    }
    atomic_store(&s.over, 1);
    for (int i = 0; i < 2; i++) pthread_join(threads[i], NULL);
    cr_expect(sa_attention(s.ctx, &p.args) == SA_OK && is_right(&p), "afterwards all is as before");
    sa_ctx_destroy(&s.ctx);
}

/* A parallel-for that cancels before its first body. */
static void cancel_first(void *user, int64_t count, sa_body_fn body, void *arg) {
    sa_ctx **ctx = user;
    if (*ctx) sa_ctx_cancel(*ctx);
    pool_for(NULL, count, body, arg);
}

Test(cancel, from_a_parallel_for_and_calls_that_go_on) {
    static struct problem p;
    sa_ctx *cancelled = NULL;
    const sa_ctx_options options = {
        .struct_size = sizeof options, .threads = 3, .parallel_for = cancel_first, .parallel_user = &cancelled};
    sa_ctx *ctx = ctx_open(&options);
    problem_make(&p, ctx);
    cancelled = ctx;
    cr_expect_eq(sa_attention(ctx, &p.args), SA_ERR_CANCELLED);
    /* Tokens of a cache that the caller keeps cannot be had back. */
    static float update[8 * 4 * 3 * 5], kept[8 * 4 * 9 * 5];
    static const int64_t positions[8];
    sa_tensor from, to;
    fill(update, 8 * 4 * 3 * 5, 9);
    sa_tensor_set(&from, update, SA_F32, SA_BHSD, 8, 4, 3, 5);
    sa_tensor_set(&to, kept, SA_F32, SA_BHSD, 8, 4, 9, 5);
    cr_expect_eq(sa_tensor_scatter(ctx, &from, positions, 0, &to), SA_OK, "%s", sa_ctx_last_error(ctx));
    for (int i = 0; i < 8 * 4; i++)
        cr_expect_eq(memcmp(kept + i * 9 * 5, update + i * 3 * 5, 3 * 5 * sizeof *kept), 0, "head %d", i);
    sa_ctx_destroy(&ctx);
}
