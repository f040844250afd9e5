/* Keys and values that come to past ones, by the library's own cache.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_ATTENTION_CACHE_H
#define TESTS_CONFORMANCE_ATTENTION_CACHE_H

#include "selfattn.h"

/* A new cache with `past` (NULL: none) and then `fresh` in it, keys and values each; NULL if a call refuses, with the
 * reason in sa_ctx_last_error(ctx). */
sa_cache *cache_of(sa_ctx *ctx, const sa_tensor past[2], const sa_tensor fresh[2]);

/* The keys (part 0) or values (part 1) that the cache holds, all sequences being as long as the first, [B,K,S,D] of
 * `dtype` in memory that free() releases. */
void *cache_content(const sa_cache *cache, int part, int32_t dtype, sa_tensor *tensor);

#endif
