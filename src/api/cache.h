/* Checks of a cache that a call gets.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_CACHE_H
#define SA_API_CACHE_H

#include "plan/cache.h"

/* What sa_cache_create() does, for calls that have claimed the context already. */
sa_status cache_create(sa_ctx *ctx, const sa_cache_config *config, sa_cache **cache);

/* Whether the layer exists. */
sa_status check_cache(struct report *report, const struct sa_cache *cache, int64_t layer);

/* Whether B, K, D and Dv are the problem's. */
sa_status check_cache_sizes(struct report *report, const struct sa_cache *cache, const struct problem *p);

/* Refuses what a cache does not allow. To be called after p->visible is filled in. */
sa_status check_cache_rules(struct report *report, const struct sa_cache *cache, const struct problem *p);

#endif
