/* What calls check about a cache that they are given.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_CACHE_H
#define SA_API_CACHE_H

#include "plan/cache.h"

/* That the layer exists. */
sa_status check_cache(struct report *report, const struct sa_cache *cache, int64_t layer);

/* That B, K, D and Dv are the problem's. */
sa_status check_cache_sizes(struct report *report, const struct sa_cache *cache, const struct problem *p);

/* Rules that come with a cache: what its window has dropped is not seen, and only probabilities can be asked for. To be
 * called when p->visible is filled in. */
sa_status take_cache_window(struct report *report, const struct sa_cache *cache, int64_t layer, struct problem *p);

#endif
