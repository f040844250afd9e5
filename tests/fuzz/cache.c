/* Histories of a cache: appending, shortening, forking, reordering and reading, against plain arrays of the same keys
 * and values. Reading the cache gives what attention to the arrays gives: by the plain path and by tiles with the same
 * bits.
 * SPDX-License-Identifier: MIT */
#include "fuzz/input.h"
#include "selfattn.h"
#include "support/half.h"
#include "support/paths.h"

#include <string.h>

enum { LAYERS = 2, MOST_BATCH = 3, ROOM = 600, MOST_SIZE = 9, MOST_HEADS = 2, MOST_TOKENS = 140, MOST_STEPS = 40 };

/* A layer of the model: [B][ROOM][K][size]. */
struct rows {
    float key[MOST_BATCH][ROOM][MOST_HEADS][MOST_SIZE], value[MOST_BATCH][ROOM][MOST_HEADS][MOST_SIZE];
};

struct history {
    sa_cache_config config;
    sa_cache *cache;
    int64_t lengths[LAYERS][MOST_BATCH];
    int64_t group;
};

static const int32_t isas[] = {SA_ISA_PORTABLE, SA_ISA_AVX2, SA_ISA_AVX512};
enum { CONTEXTS = 4 };
static sa_ctx *contexts[CONTEXTS]; /* plain, then by tiles with these instruction sets, or what the CPU has of them */
static struct rows *model;         /* [LAYERS] */

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    (void)count, (void)arguments;
    for (int i = 0; i < CONTEXTS; i++) {
        const sa_ctx_options options = {.struct_size = sizeof options,
                                        .threads = 1,
                                        .path = i ? SA_PATH_FUSED : SA_PATH_PLAIN,
                                        .isa = i ? isas[i - 1] : 0};
        contexts[i] = ctx_open(&options);
    }
    model = malloc(LAYERS * sizeof *model);
    return model ? 0 : 1;
}

static float stored(const sa_cache_config *c, float x) {
    return c->dtype == SA_F32 ? x : (float)half_value(half_nearest((double)x, c->dtype), c->dtype);
}

/* Numbers [B][T][K][size] in a block of their own. */
static float *new_rows(const struct history *h, int64_t T, int64_t size, struct rng *rng, sa_tensor *tensor) {
    const int64_t B = h->config.batch, K = h->config.kv_heads, count = B * T * K * size;
    float *data = malloc((size_t)count * sizeof *data + 1);
    for (int64_t i = 0; i < count; i++) data[i] = rng_normal(rng);
    sa_tensor_set(tensor, data, SA_F32, SA_BSHD, B, K, T, size);
    return data;
}

static void append(struct history *h, struct input *in) {
    const sa_cache_config *c = &h->config;
    const int64_t layer = take_below(in, LAYERS), B = c->batch, K = c->kv_heads, D = c->head_size,
                  Dv = c->value_head_size;
    const int64_t T = take_chance(in, 60) ? take_below(in, MOST_TOKENS) : take_below(in, 5);
    struct rng rng = take_rng(in);
    int64_t lengths[MOST_BATCH], longest = 0;
    const int ragged = take_chance(in, 100);
    for (int64_t b = 0; b < B; b++) {
        lengths[b] = ragged ? take_below(in, T + 1) : T;
        if (h->lengths[layer][b] + lengths[b] > ROOM) return;
        if (h->lengths[layer][b] + lengths[b] > longest) longest = h->lengths[layer][b] + lengths[b];
    }
    sa_tensor key, value;
    float *keys = new_rows(h, T, D, &rng, &key), *values = new_rows(h, T, Dv, &rng, &value);
    sa_ctx *ctx = contexts[take_below(in, CONTEXTS)];
    const sa_status status = sa_cache_append(ctx, h->cache, layer, &key, &value, ragged ? lengths : NULL);
    EXPECT(status == SA_OK || (status == SA_ERR_MEMORY && c->capacity && longest > c->capacity), "append: %s",
           sa_ctx_last_error(ctx));
    EXPECT(status || !c->capacity || longest <= c->capacity, "%lld tokens fit in a capacity of %lld",
           (long long)longest, (long long)c->capacity);
    for (int64_t b = 0; status == SA_OK && b < B; b++) {
        for (int64_t t = 0; t < lengths[b]; t++)
            for (int64_t k = 0; k < K; k++) {
                const int64_t to = h->lengths[layer][b] + t, from = (b * T + t) * K + k;
                for (int64_t d = 0; d < D; d++) model[layer].key[b][to][k][d] = stored(c, keys[from * D + d]);
                for (int64_t d = 0; d < Dv; d++) model[layer].value[b][to][k][d] = stored(c, values[from * Dv + d]);
            }
        h->lengths[layer][b] += lengths[b];
    }
    free(keys);
    free(values);
}

static void truncate_sequence(struct history *h, struct input *in) {
    const int64_t sequence = take_below(in, h->config.batch + 1) - 1, length = take_below(in, ROOM);
    const sa_status status = sa_cache_truncate(h->cache, sequence, length);
    EXPECT(status == SA_OK || (status == SA_ERR_VALUE && h->config.window && length > h->config.keep_first),
           "truncate: %s", sa_ctx_last_error(NULL));
    for (int64_t b = 0; status == SA_OK && b < h->config.batch; b++)
        for (int layer = 0; layer < LAYERS; layer++)
            if ((sequence == -1 || sequence == b) && h->lengths[layer][b] > length) h->lengths[layer][b] = length;
}

/* Each sequence becomes what from[b] was: by sa_cache_reorder(), or by a fork of one. */
static void rearrange(struct history *h, struct input *in, int is_fork) {
    static struct rows before;
    int64_t from[MOST_BATCH] = {0, 1, 2};
    if (is_fork) {
        const int64_t to = take_below(in, h->config.batch);
        from[to] = take_below(in, h->config.batch);
        EXPECT(sa_cache_fork(h->cache, from[to], to) == SA_OK, "fork: %s", sa_ctx_last_error(NULL));
    } else {
        for (int64_t b = 0; b < h->config.batch; b++) from[b] = take_below(in, h->config.batch);
        EXPECT(sa_cache_reorder(h->cache, from) == SA_OK, "reorder: %s", sa_ctx_last_error(NULL));
    }
    for (int layer = 0; layer < LAYERS; layer++) {
        int64_t lengths[MOST_BATCH];
        memcpy(lengths, h->lengths[layer], sizeof lengths);
        before = model[layer];
        for (int64_t b = 0; b < h->config.batch; b++) {
            h->lengths[layer][b] = lengths[from[b]];
            memcpy(model[layer].key[b], before.key[from[b]], sizeof before.key[b]);
            memcpy(model[layer].value[b], before.value[from[b]], sizeof before.value[b]);
        }
    }
}

/* The rules of the call and of the cache together, for attention to arrays. */
static sa_masking joint(const struct history *h, int64_t layer, const sa_masking *masking) {
    sa_masking m = *masking;
    const int64_t window = h->config.window;
    m.key_lengths = h->lengths[layer];
    if (!window) return m;
    if (!m.window) m.window_left = m.window_right = -1, m.keep_first = h->config.keep_first;
    if (m.window_left < 0 || m.window_left > window - 1) m.window_left = window - 1;
    m.window = 1;
    return m;
}

static void attend(struct history *h, struct input *in) {
    const sa_cache_config *c = &h->config;
    const int64_t layer = take_below(in, LAYERS), B = c->batch, K = c->kv_heads, H = K * h->group;
    const int64_t T = 1 + take_below(in, 6), D = c->head_size, Dv = c->value_head_size, way = take_below(in, CONTEXTS);
    const size_t results = (size_t)(B * H * T * Dv), sums = (size_t)(B * H * T);
    int64_t S = 0;
    for (int64_t b = 0; b < B; b++) S = h->lengths[layer][b] > S ? h->lengths[layer][b] : S;
    sa_masking masking = {.struct_size = sizeof masking, .causal = take_chance(in, 200)};
    if (take_chance(in, 60)) masking.window = 1, masking.window_left = take_below(in, 200), masking.window_right = -1;
    struct rng rng = take_rng(in);
    float *query = malloc((size_t)(B * H * T * D) * sizeof *query), *got = malloc((results + sums) * sizeof *got),
          *want = malloc((results + sums) * sizeof *want);
    for (int64_t i = 0; i < B * H * T * D; i++) query[i] = rng_normal(&rng);
    sa_attention_args a = {.struct_size = sizeof a, .masking = &masking, .cache = h->cache, .cache_layer = layer};
    sa_tensor_set(&a.query, query, SA_F32, SA_BSHD, B, H, T, D);
    sa_tensor_set(&a.output, got, SA_F32, SA_BSHD, B, H, T, Dv);
    sa_tensor_set(&a.lse, got + results, SA_F32, SA_BHSD, B, H, T, 1);
    EXPECT(sa_attention(contexts[way], &a) == SA_OK, "%s", sa_ctx_last_error(contexts[way]));
    const sa_masking both = joint(h, layer, &masking);
    a.masking = &both, a.cache = NULL, a.cache_layer = 0;
    a.key = (sa_tensor){model[layer].key,
                        SA_F32,
                        0,
                        {B, K, S, D},
                        {ROOM * MOST_HEADS * MOST_SIZE, MOST_SIZE, MOST_HEADS * MOST_SIZE, 1}};
    a.value = a.key;
    a.value.data = model[layer].value, a.value.size[3] = Dv;
    a.output.data = want, a.lse.data = want + results;
    EXPECT(sa_attention(contexts[way], &a) == SA_OK, "%s", sa_ctx_last_error(contexts[way]));
    /* A row alone has an order of its own by tiles. */
    for (size_t i = 0; i < results + sums && c->dtype != SA_I8; i++)
        EXPECT(T * h->group > 1 || way == 0
                   ? !memcmp(&got[i], &want[i], sizeof *got)
                   : got[i] == want[i] || fabsf(got[i] - want[i]) <= 2e-5f * (1 + fabsf(want[i])),
               "way %lld, T %lld, S %lld, result %zu: %.9g, not %.9g", (long long)way, (long long)T, (long long)S, i,
               (double)got[i], (double)want[i]);
    free(query);
    free(got);
    free(want);
}

static void check_lengths(const struct history *h) {
    for (int layer = 0; layer < LAYERS; layer++)
        for (int64_t b = 0; b < h->config.batch; b++)
            EXPECT(sa_cache_length(h->cache, layer, b) == h->lengths[layer][b], "length %lld, not %lld",
                   (long long)sa_cache_length(h->cache, layer, b), (long long)h->lengths[layer][b]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    struct history h = {.group = 1 + take_below(&in, 3)};
    sa_cache_config *c = &h.config;
    c->struct_size = sizeof *c;
    c->layers = LAYERS;
    c->batch = 1 + take_below(&in, MOST_BATCH);
    c->kv_heads = 1 + take_below(&in, MOST_HEADS);
    c->head_size = 1 + take_below(&in, MOST_SIZE);
    c->value_head_size = 1 + take_below(&in, MOST_SIZE);
    c->dtype = (int32_t)TAKE(&in, SA_F32, SA_F32, SA_BF16, SA_F16, SA_I8);
    if (take_chance(&in, 60)) c->window = 1 + take_below(&in, 300), c->keep_first = take_below(&in, SA_CACHE_PAGE + 1);
    if (take_chance(&in, 60) && !c->window) c->capacity = 1 + take_below(&in, ROOM);
    EXPECT(sa_cache_create(contexts[0], c, &h.cache) == SA_OK, "%s", sa_ctx_last_error(contexts[0]));
    for (int step = 0; in.left && step < MOST_STEPS; step++) {
        switch (take_below(&in, 8)) {
        case 0:
            truncate_sequence(&h, &in);
            break;
        case 1:
            rearrange(&h, &in, 1);
            break;
        case 2:
            rearrange(&h, &in, 0);
            break;
        case 3:
        case 4:
            attend(&h, &in);
            break;
        default:
            append(&h, &in);
        }
        check_lengths(&h);
    }
    sa_cache_destroy(&h.cache);
    return 0;
}
