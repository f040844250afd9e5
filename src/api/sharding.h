/* Checks of how tokens are spread over ranks.
 * SPDX-License-Identifier: MIT */
#ifndef SA_API_SHARDING_H
#define SA_API_SHARDING_H

#include "base/report.h"
#include "plan/shards.h"

/* Ranks of an exchange at most. */
enum { MOST_RANKS = 1 << 20 };

/* `name` is the argument's. */
sa_status take_sharding(struct report *report, const char *name, const sa_sharding *from, int64_t ranks,
                        struct shards *shards);

#endif
