/* SPDX-License-Identifier: MIT */
#include "attention_cache.h"

#include "plan/cache.h"

#include <stdlib.h>

/* In the type of both, so that it is exact. */
static int32_t storage(const sa_tensor fresh[2]) {
    return fresh[0].dtype == fresh[1].dtype ? fresh[0].dtype : SA_F32;
}

sa_cache *cache_of(sa_ctx *ctx, const sa_tensor past[2], const sa_tensor fresh[2]) {
    sa_cache *cache = NULL;
    const sa_cache_config config = {.struct_size = sizeof config,
                                    .batch = fresh[0].size[0],
                                    .kv_heads = fresh[0].size[1],
                                    .head_size = fresh[0].size[3],
                                    .value_head_size = fresh[1].size[3],
                                    .dtype = storage(fresh)};
    sa_status status = sa_cache_create(ctx, &config, &cache);
    if (status == SA_OK && past) status = sa_cache_append(ctx, cache, 0, &past[0], &past[1], NULL);
    if (status == SA_OK) status = sa_cache_append(ctx, cache, 0, &fresh[0], &fresh[1], NULL);
    if (status != SA_OK) sa_cache_destroy(&cache);
    return cache;
}

void *cache_content(const sa_cache *cache, int part, int32_t dtype, sa_tensor *tensor) {
    struct view view = cache_view(cache, 0, part);
    int64_t size = part ? cache->Dv : cache->D, S = sa_cache_length(cache, 0, 0), element = 0;
    void *data = calloc((size_t)(cache->B * cache->K * S * size) + 1, sizeof(float));
    sa_tensor_set(tensor, data, dtype, SA_BHSD, cache->B, cache->K, S, size);
    for (int64_t b = 0; b < cache->B; b++)
        for (int64_t h = 0; h < cache->K; h++)
            for (int64_t s = 0; s < S; s++) {
                const void *row = view_row(&view, b, h, s);
                for (int64_t d = 0; d < size; d++) element_store(data, dtype, element++, view_load(&view, row, d));
            }
    return data;
}
