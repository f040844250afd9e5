/* SPDX-License-Identifier: MIT */
#include "page/rows.h"

#include "exit.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_TOKENS = 512, ROWS_COMPARED = 8 };

struct heads {
    int64_t layers, heads, key_heads, size, tokens; /* L, H, K, D, T */
    float *queries, *keys, *attention;              /* [L,H,T,D], [L,K,T,D], [L,H,T,T] */
};

static int64_t get(const struct engine *engine, int32_t what) {
    return sa_model_get(engine->model, what);
}

int64_t rows_tokens(const struct engine *engine, int64_t most) {
    const int64_t positions = get(engine, SA_MODEL_MAX_POSITIONS);
    const int64_t maps = get(engine, SA_MODEL_LAYERS) * get(engine, SA_MODEL_QUERY_HEADS);
    int64_t tokens = positions > 0 && positions < MOST_TOKENS ? positions : MOST_TOKENS;
    while (tokens > 1 && maps * tokens * tokens > most) tokens /= 2;
    return tokens;
}

static struct heads encode(const struct engine *engine, int64_t tokens) {
    struct heads h = {get(engine, SA_MODEL_LAYERS),
                      get(engine, SA_MODEL_QUERY_HEADS),
                      get(engine, SA_MODEL_KV_HEADS),
                      get(engine, SA_MODEL_HEAD_SIZE),
                      tokens,
                      NULL,
                      NULL,
                      NULL};
    const int64_t vocabulary = get(engine, SA_MODEL_VOCABULARY);
    int32_t *ids = allocate((size_t)tokens, sizeof *ids);
    for (int64_t t = 0; t < tokens; t++) ids[t] = (int32_t)(t * 7919 % vocabulary);
    h.queries = allocate((size_t)(h.layers * h.heads * tokens * h.size), sizeof *h.queries);
    h.keys = allocate((size_t)(h.layers * h.key_heads * tokens * h.size), sizeof *h.keys);
    h.attention = allocate((size_t)(h.layers * h.heads * tokens * tokens), sizeof *h.attention);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = tokens,
                                 .ids = ids,
                                 .attention = h.attention,
                                 .queries = h.queries,
                                 .keys = h.keys};
    check(sa_model_encode(engine->ctx, engine->model, &args), engine->ctx);
    free(ids);
    return h;
}

/* Whether row t of a map is the softmax of its scores over the first `seen` keys, and 0 behind them. */
static int is_softmax(const struct heads *h, int64_t map, int64_t t, int64_t seen) {
    const float *query = h->queries + (map * h->tokens + t) * h->size;
    const float *key = h->keys + map / (h->heads / h->key_heads) * h->tokens * h->size;
    const float *row = h->attention + (map * h->tokens + t) * h->tokens;
    double score[MOST_TOKENS] = {0}, most = -INFINITY, sum = 0;
    for (int64_t s = 0; s < seen; s++) {
        for (int64_t i = 0; i < h->size; i++) score[s] += (double)query[i] * (double)key[s * h->size + i];
        most = fmax(most, score[s]);
    }
    for (int64_t s = 0; s < seen; s++) sum += exp(score[s] - most);
    for (int64_t s = 0; s < h->tokens; s++)
        if (!(fabs((s < seen ? exp(score[s] - most) / sum : 0) - (double)row[s]) < 1e-3)) return 0;
    return 1;
}

enum rows rows_of(const struct engine *engine, int64_t tokens) {
    struct heads h = encode(engine, tokens);
    enum rows rows = tokens > 1 && h.attention[1] > 0 ? ROWS_ALL : ROWS_CAUSAL;
    for (int64_t i = 0; i < h.layers * h.heads * ROWS_COMPARED && rows != ROWS_OTHER; i++) {
        const int64_t t = (tokens - 1) * (i % ROWS_COMPARED) / (ROWS_COMPARED - 1);
        if (!is_softmax(&h, i / ROWS_COMPARED, t, rows == ROWS_ALL ? tokens : t + 1)) rows = ROWS_OTHER;
    }
    free(h.queries);
    free(h.keys);
    free(h.attention);
    return rows;
}
