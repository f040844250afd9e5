/* Texts without end: a window over the last tokens and the first ones that are kept, whose keys stand right before the
 * window of each query, however tokens are chunked. What a query then sees is laid out as a short text of its own,
 * whose positions are given, and needs no cache.
 * SPDX-License-Identifier: MIT */
#include "layer/text.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = TEXT_WIDTH, BATCH = TEXT_BATCH, MOST = 1200, MOST_CHUNK = 40 };

/* Sequences as rows of the text, and the cache that holds them. */
struct stream {
    struct text text;
    sa_ctx *ctx;
    sa_layer *layer;
    sa_cache *cache;
    int64_t window, keep;
    double tolerance;
    const float *rows[BATCH][MOST];
    int64_t lengths[BATCH];
    struct rng rng;
    int wrong, checks;
    char first[200];
};

static void stream_open(struct stream *s, const struct way *way, int64_t window, int64_t keep, int64_t capacity) {
    *s = (struct stream){.ctx = way_open(way, 1), .window = window, .keep = keep, .tolerance = 2e-5, .rng = {3}};
    if (!s->ctx) return;
    text_make(&s->text, TEXT_ROPE | TEXT_NORMS);
    s->layer = text_layer(&s->text, s->ctx);
    s->cache = text_cache(s->ctx, BATCH, (sa_cache_config){.window = window, .keep_first = keep, .capacity = capacity});
}

static void stream_close(struct stream *s) {
    sa_cache_destroy(&s->cache);
    sa_layer_destroy(&s->layer);
    sa_ctx_destroy(&s->ctx);
}

/* What the query at `p` of sequence b gives. */
static void expected(struct stream *s, int64_t b, int64_t p, float y[WIDTH]) {
    static float x[MOST * WIDTH], all[MOST * WIDTH];
    static int64_t positions[MOST];
    int64_t shift = p + 1 - s->window - s->keep, count = 0;
    for (int64_t j = 0; j <= p; j++) {
        if (j >= s->keep && j <= p - s->window) continue;
        memcpy(x + count * WIDTH, s->rows[b][j], WIDTH * sizeof *x);
        positions[count++] = j < s->keep && shift > 0 ? j + shift : j;
    }
    sa_forward_args a = text_call(&s->text, 0, 1, 0, count, all);
    a.x.data = x, a.positions = positions, a.masking = NULL;
    text_run(s->ctx, s->layer, &a);
    memcpy(y, all + (count - 1) * WIDTH, WIDTH * sizeof *y);
}

/* Each sequence gets counts[b] random tokens of the text, at most `most`; a few of their results are compared. */
static void add(struct stream *s, int64_t most, const int64_t counts[BATCH]) {
    static float x[BATCH][MOST_CHUNK][WIDTH], y[BATCH * MOST_CHUNK * WIDTH];
    float want[WIDTH];
    for (int64_t b = 0; b < BATCH; b++)
        for (int64_t t = 0; t < counts[b]; t++) {
            const float *row = s->text.x[rng_below(&s->rng, BATCH)][rng_below(&s->rng, TEXT_TOKENS)];
            s->rows[b][s->lengths[b] + t] = row;
            memcpy(x[b][t], row, sizeof x[b][t]);
        }
    sa_forward_args a = text_call(&s->text, 0, BATCH, 0, most, y);
    a.x.data = x, a.x.stride[0] = MOST_CHUNK * WIDTH, a.cache = s->cache, a.lengths = counts;
    text_run(s->ctx, s->layer, &a);
    for (int64_t b = 0; b < BATCH; b++) {
        int64_t before = s->lengths[b];
        s->lengths[b] += counts[b];
        for (int64_t t = counts[b] - 1; t >= 0; t -= 13) {
            expected(s, b, before + t, want);
            double off = text_difference(y + (b * most + t) * WIDTH, want, WIDTH);
            s->checks++;
            if (off <= s->tolerance || s->wrong++) continue;
            snprintf(s->first, sizeof s->first, "sequence %lld, token %lld of a chunk at %lld: %g", (long long)b,
                     (long long)t, (long long)before, off);
        }
    }
}

static void add_all(struct stream *s, int64_t tokens, int64_t most) {
    for (int64_t done = 0; done < tokens; done += most) add(s, most, (int64_t[BATCH]){most, most, most - done % 2});
}

static void expect_right(struct stream *s, const char *way, const char *what) {
    cr_expect(s->checks > 0 && s->wrong == 0, "%s, %s, window %lld, first %lld: %d of %d are wrong, as %s", way, what,
              (long long)s->window, (long long)s->keep, s->wrong, s->checks, s->first);
}

Test(decoding_window, goes_on_and_on) {
    const int64_t windows[] = {1, 10, 100}, keeps[] = {0, 1, 4, 128};
    static struct stream s;
    for (int w = 0; w < ways_count; w++)
        for (int i = 0; i < 3; i++)
            for (int k = 0; k < 4; k++) {
                int64_t chunk = i == 1 ? MOST_CHUNK : 3;
                stream_open(&s, &ways[w], windows[i], keeps[k], k % 2 ? 0 : windows[i] + keeps[k] + chunk - 1);
                if (!s.ctx) continue;
                add_all(&s, 320, chunk);
                expect_right(&s, ways[w].name, "a long text");
                stream_close(&s);
            }
}

/* Random windows, kept tokens, chunks of any size per sequence, and types of storage. */
Test(decoding_window, random_chunks) {
    static const struct {
        int32_t dtype;
        double tolerance; /* a few roundings: the largest of 2,000 results was 7e-7, 7.7e-3, 1.0e-3, 2.3e-2 off */
    } storage[] = {{SA_F32, 2e-5}, {SA_BF16, 1.2e-2}, {SA_F16, 2e-3}, {SA_I8, 3e-2}};
    static struct stream s;
    struct rng rng = {41};
    for (int w = 0; w < ways_count; w++)
        for (int i = 0; i < 4; i++) {
            int64_t window = 1 + rng_below(&rng, rng_chance(&rng, .5) ? 12 : 150);
            int64_t keep = rng_below(&rng, rng_chance(&rng, .7) ? 9 : 129);
            stream_open(&s, &ways[w], window, keep, 0);
            if (!s.ctx) continue;
            s.tolerance = storage[i].tolerance;
            sa_cache_destroy(&s.cache);
            sa_cache_config config = {.window = window, .keep_first = keep, .dtype = storage[i].dtype};
            s.cache = text_cache(s.ctx, BATCH, config);
            for (int chunk = 0; chunk < 12; chunk++) {
                int64_t most = 1 + rng_below(&rng, MOST_CHUNK), counts[BATCH];
                for (int b = 0; b < BATCH; b++) counts[b] = rng_chance(&rng, .3) ? most : rng_below(&rng, most + 1);
                add(&s, most, counts);
            }
            expect_right(&s, ways[w].name, "random chunks");
            stream_close(&s);
        }
}

/* The outputs of a layer over a whole text, token by token or at once. One token's value is infinite: its walk is
 * repeated with care. */
struct outputs {
    float y[TEXT_TOKENS][WIDTH], lse[TEXT_HEADS][TEXT_TOKENS], weights[TEXT_HEADS][TEXT_TOKENS][TEXT_TOKENS];
};

static void compute_text(struct text *text, sa_ctx *ctx, sa_layer *layer, const sa_cache_config *config, int64_t tokens,
                         int64_t chunk, struct outputs *out) {
    sa_cache *cache = text_cache(ctx, 1, *config);
    memset(out, 0, sizeof *out);
    for (int64_t t = 0; t < tokens; t += chunk) {
        int64_t count = t + chunk < tokens ? chunk : tokens - t;
        sa_forward_args a = text_call(text, 0, 1, t, count, out->y[t]);
        sa_tensor_set(&a.lse, out->lse[0] + t, SA_F32, SA_BHSD, 1, TEXT_HEADS, count, 1);
        sa_tensor_set(&a.weights, out->weights[0][t], SA_F32, SA_BHSD, 1, TEXT_HEADS, count, t + count);
        a.lse.stride[1] = TEXT_TOKENS, a.weights.stride[1] = TEXT_TOKENS * TEXT_TOKENS;
        a.weights.stride[2] = TEXT_TOKENS, a.cache = cache;
        text_run(ctx, layer, &a);
    }
    sa_cache_destroy(&cache);
}

Test(decoding_window, weights_do_not_depend_on_chunks) {
    enum { TOKENS = 230, ODD = 20, WINDOW = 50, FEATURE = WIDTH - 1 };
    static struct text text;
    static struct outputs one, other;
    const int64_t chunks[] = {7, 64, TOKENS};
    for (int w = 0; w < ways_count; w++)
        for (int i = 0; i < 3; i++) {
            sa_ctx *ctx = way_open(&ways[w], 1);
            if (!ctx) continue;
            const sa_cache_config config = {.window = WINDOW, .keep_first = 6};
            text_make(&text, TEXT_ROPE | TEXT_RULES);
            for (int64_t o = 0; o < TEXT_HEADS * TEXT_SIZE; o++)
                for (int m = 0; m < 3; m++) text.weights[m][o * WIDTH + FEATURE] = m == 2 ? 1e38f : 0;
            for (int64_t t = 0; t < TOKENS; t++) text.x[0][t][FEATURE] = t == ODD ? 100 : 0;
            sa_layer *layer = text_layer(&text, ctx);
            compute_text(&text, ctx, layer, &config, TOKENS, 1, &one);
            compute_text(&text, ctx, layer, &config, TOKENS, chunks[i], &other);
            for (int64_t t = 0; t < TOKENS; t++) {
                double off = t < ODD || t >= ODD + WINDOW ? text_difference(other.y[t], one.y[t], WIDTH) : 0;
                for (int h = 0; h < TEXT_HEADS; h++) {
                    off += fabs((double)other.lse[h][t] - (double)one.lse[h][t]);
                    off += text_difference(other.weights[h][t], one.weights[h][t], TOKENS);
                }
                cr_expect(off < 2e-5, "%s, chunks of %lld, token %lld: %g", ways[w].name, (long long)chunks[i],
                          (long long)t, off);
            }
            sa_layer_destroy(&layer);
            sa_ctx_destroy(&ctx);
        }
}

/* Going back brings the first tokens back to where they were, too. */
Test(decoding_window, can_be_rewound_and_forked) {
    enum { WINDOW = 30, KEEP = 5 };
    static struct stream s;
    for (int w = 0; w < ways_count; w++) {
        stream_open(&s, &ways[w], WINDOW, KEEP, 0);
        if (!s.ctx) continue;
        add_all(&s, 100, 10);
        cr_assert_eq(sa_cache_truncate(s.cache, 0, 20), SA_OK, "%s", sa_ctx_last_error(NULL));
        s.lengths[0] = 20;
        add_all(&s, 40, 1);
        cr_assert_eq(sa_cache_fork(s.cache, 0, 2), SA_OK);
        memcpy(s.rows[2], s.rows[0], sizeof s.rows[0]), s.lengths[2] = s.lengths[0];
        add_all(&s, 30, 7);
        add_all(&s, 200, 40);
        cr_assert_eq(sa_cache_truncate(s.cache, 1, KEEP), SA_OK, "%s", sa_ctx_last_error(NULL));
        cr_assert_eq(sa_cache_truncate(s.cache, 2, 0), SA_OK, "%s", sa_ctx_last_error(NULL));
        s.lengths[1] = KEEP, s.lengths[2] = 0;
        add_all(&s, 120, 4);
        cr_assert_eq(sa_cache_truncate(s.cache, 1, KEEP - 2), SA_OK, "%s", sa_ctx_last_error(NULL));
        s.lengths[1] = KEEP - 2;
        const int64_t order[BATCH] = {1, 0, 0};
        cr_assert_eq(sa_cache_reorder(s.cache, order), SA_OK);
        static const float *rows[2][MOST];
        memcpy(rows, s.rows, sizeof rows);
        int64_t lengths[2] = {s.lengths[0], s.lengths[1]};
        for (int b = 0; b < BATCH; b++) {
            memcpy(s.rows[b], rows[order[b]], sizeof s.rows[b]);
            s.lengths[b] = lengths[order[b]];
        }
        add_all(&s, 100, 5);
        expect_right(&s, ways[w].name, "a history");
        stream_close(&s);
    }
}

/* A prompt's keys and values, made and rotated elsewhere, are added as they are; and positions of one's own hold for
 * all tokens. The first tokens then stay where they are. */
Test(decoding_window, leaves_first_keys_that_are_not_its_own) {
    enum { WINDOW = 10, KEEP = 4, PROMPT = 6, LENGTH = 60, SIZE = TEXT_SIZE, VALUE = TEXT_VALUE_SIZE };
    static struct text text;
    static float k[LENGTH * TEXT_KV_HEADS * SIZE], v[LENGTH * TEXT_KV_HEADS * VALUE];
    static float y[LENGTH * WIDTH], want[LENGTH * WIDTH];
    static int64_t positions[LENGTH];
    for (int64_t t = 0; t < LENGTH; t++) positions[t] = t;
    for (int own = 0; own < 2; own++) {
        sa_ctx *ctx = ctx_open(NULL);
        text_make(&text, TEXT_ROPE);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *cache = text_cache(ctx, 1, (sa_cache_config){.window = WINDOW, .keep_first = KEEP});
        sa_forward_args a = text_call(&text, 0, 1, 0, LENGTH, want);
        text.masking.window = 1, text.masking.window_left = WINDOW - 1, text.masking.keep_first = KEEP;
        text_run(ctx, layer, &a);
        if (!own) {
            text_keys(&text, 0, PROMPT, k, v);
            sa_tensor key, value;
            sa_tensor_set(&key, k, SA_F32, SA_BSHD, 1, TEXT_KV_HEADS, PROMPT, SIZE);
            sa_tensor_set(&value, v, SA_F32, SA_BSHD, 1, TEXT_KV_HEADS, PROMPT, VALUE);
            cr_assert_eq(sa_rope_apply(ctx, &text.rope, &key, &key, NULL, 0), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_assert_eq(sa_cache_append(ctx, cache, 0, &key, &value, NULL), SA_OK, "%s", sa_ctx_last_error(ctx));
        }
        for (int64_t t = own ? 0 : PROMPT; t < LENGTH; t++) {
            sa_forward_args one = text_call(&text, 0, 1, t, 1, y + t * WIDTH);
            one.cache = cache, one.positions = own ? positions + t : NULL;
            text_run(ctx, layer, &one);
            double off = text_difference(y + t * WIDTH, want + t * WIDTH, WIDTH);
            cr_expect(off <= 1e-5, "own positions %d, token %lld: %g", own, (long long)t, off);
        }
        sa_cache_destroy(&cache);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
}

/* Kept tokens move together or not at all. One that came with a position of its own holds the others, until it is
 * forgotten: then the text goes on as one that never had it. */
Test(decoding_window, moves_first_keys_again_when_one_that_stays_is_forgotten) {
    enum { WINDOW = 10, KEEP = 4, LENGTH = 60 };
    static struct text text;
    static float want[WIDTH], y[WIDTH];
    const int64_t own = KEEP - 1;
    for (int forgotten = 0; forgotten < 2; forgotten++) {
        sa_ctx *ctx = ctx_open(NULL);
        text_make(&text, TEXT_ROPE);
        sa_layer *layer = text_layer(&text, ctx);
        sa_cache *cache = text_cache(ctx, 1, (sa_cache_config){.window = WINDOW, .keep_first = KEEP});
        sa_cache *still = text_cache(ctx, 1, (sa_cache_config){.window = WINDOW, .keep_first = KEEP});
        for (int64_t t = 0; t < LENGTH; t++) {
            sa_forward_args one = text_call(&text, 0, 1, t, 1, y);
            one.cache = cache, one.positions = t == own ? &own : NULL;
            text_run(ctx, layer, &one);
            if (t == own && forgotten) {
                cr_assert_eq(sa_cache_truncate(cache, 0, own), SA_OK, "%s", sa_ctx_last_error(NULL));
                one.positions = NULL;
                text_run(ctx, layer, &one);
            }
            one = text_call(&text, 0, 1, t, 1, want);
            one.cache = still, one.positions = forgotten ? NULL : &t;
            text_run(ctx, layer, &one);
            double off = text_difference(y, want, WIDTH);
            cr_expect(off <= 1e-5, "forgotten %d, token %lld: %g", forgotten, (long long)t, off);
        }
        sa_cache_destroy(&cache);
        sa_cache_destroy(&still);
        sa_layer_destroy(&layer);
        sa_ctx_destroy(&ctx);
    }
}
