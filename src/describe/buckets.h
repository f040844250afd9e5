/* SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_BUCKETS_H
#define SA_DESCRIBE_BUCKETS_H

#include "describe/config.h"

/* Which of the 2S vectors of DeBERTa is that of a distance i - j: those up to S/2 have one each, further ones share by
 * their logarithm, up to `distance`. Floats, since that is what models are trained with. */
int64_t disentangled_bucket(const struct position_config *p, int64_t distance);

#endif
