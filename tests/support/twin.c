/* SPDX-License-Identifier: MIT */
#include "support/twin.h"

#include "support/guarded.h"
#include "support/half.h"
#include "support/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void twin_move(struct twin *twin, sa_tensor *t, void *block, size_t bytes, int32_t dtype) {
    static const char *const names[] = {"f32", "bf16", "f16"};
    float *wide = block;
    size_t count = bytes / sizeof *wide, size = dtype == SA_F32 ? sizeof *wide : sizeof(uint16_t);
    char *data = guarded_alloc(count * size);
    if (twin->memories == TWIN_MEMORIES) abort();
    for (size_t e = 0; e < count && dtype != SA_F32; e++) {
        ((uint16_t *)data)[e] = half_nearest(wide[e], dtype);
        wide[e] = (float)half_value(((uint16_t *)data)[e], dtype);
    }
    if (dtype == SA_F32) memcpy(data, wide, bytes);
    t->data = data + ((float *)t->data - wide) * (ptrdiff_t)size;
    t->dtype = dtype;
    twin->memory[twin->memories].data = data;
    twin->memory[twin->memories++].bytes = count * size;
    snprintf(twin->types + strlen(twin->types), sizeof twin->types - strlen(twin->types), " %s", names[dtype]);
}

void twin_free(struct twin *twin) {
    for (int i = 0; i < twin->memories; i++) guarded_free(twin->memory[i].data, twin->memory[i].bytes);
    twin->memories = 0;
}

static int follows(double got, double wide, int32_t dtype, int exact) {
    double unit = dtype == SA_F32 ? 0 : dtype == SA_F16 ? 0x1p-11 : 0x1p-8;
    double rounded = dtype == SA_F32 ? wide : half_value(half_nearest(wide, dtype), dtype);
    int near = isfinite(got) && isfinite(wide) && fabs(got - wide) <= fabs(wide) * unit + 1e-5;
    return got == rounded || (isnan(got) && isnan(wide)) || (!exact && near);
}

int64_t twin_differing(const sa_tensor *got, const sa_tensor *wide, int exact) {
    int64_t count = 0, at[4];
    for (at[0] = 0; at[0] < got->size[0]; at[0]++)
        for (at[1] = 0; at[1] < got->size[1]; at[1]++)
            for (at[2] = 0; at[2] < got->size[2]; at[2]++)
                for (at[3] = 0; at[3] < got->size[3]; at[3]++)
                    count += !follows(oracle_at(got, at[0], at[1], at[2], at[3]),
                                      oracle_at(wide, at[0], at[1], at[2], at[3]), got->dtype, exact);
    return count;
}

void twin_upset(const sa_tensor *t, struct rng *rng) {
    static const float odd[] = {INFINITY, -INFINITY, NAN, 1e-41f, 3e-8f, 65519, 1e6f, 3.39e38f};
    for (int i = 0; i < 3; i++) {
        int64_t at = 0;
        for (int axis = 0; axis < 4; axis++) at += rng_below(rng, t->size[axis]) * t->stride[axis];
        ((float *)t->data)[at] = odd[rng_below(rng, 8)];
    }
}
