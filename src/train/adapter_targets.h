/* Which matrices of a model get adapters.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TRAIN_ADAPTER_TARGETS_H
#define SA_TRAIN_ADAPTER_TARGETS_H

#include "train/adapters.h"

/* Fills in adapters->pairs by adapters->config.targets. A target that is no matrix of a block is refused. */
sa_status adapters_choose(const struct allocator *memory, struct report *report, const struct adapted *adapted,
                          struct adapters *adapters);

/* Refuses pairs beside anything but matrices of blocks. */
sa_status adapters_check(const struct allocator *memory, struct report *report, const struct adapted *adapted,
                         const struct adapters *adapters);

#endif
