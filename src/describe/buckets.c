/* SPDX-License-Identifier: MIT */
#include "describe/buckets.h"

#include "base/arith.h"

#include <math.h>

int64_t disentangled_bucket(const struct position_config *p, int64_t distance) {
    const int64_t middle = p->buckets / 2, far = distance < 0 ? -distance : distance;
    int64_t bucket = distance;
    if (far > middle) {
        const float steps = logf((float)far / (float)middle) / logf((float)(p->distance - 1) / (float)middle);
        bucket = (int64_t)ceilf(steps * (float)(middle - 1)) + middle;
        if (distance < 0) bucket = -bucket;
    }
    return min_i64(max_i64(bucket + p->buckets, 0), 2 * p->buckets - 1);
}
