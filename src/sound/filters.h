/* Triangles over a power spectrum, at equal distances on Slaney's mel scale.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SOUND_FILTERS_H
#define SA_SOUND_FILTERS_H

#include "base/memory.h"
#include "base/report.h"

/* A triangle's weights for frequencies first .. first + count - 1 of the spectrum begin at weights[at]. */
struct filter {
    int64_t first, count, at;
};

struct filters {
    int64_t bins, weight_count;
    struct filter *filter; /* [bins] */
    double *weights;       /* [weight_count] */
};

/* `spacing` is the distance in Hz of the spectrum's `frequencies` values, the first of which is at 0 Hz. */
sa_status filters_make(const struct allocator *memory, struct report *report, int64_t bins, int64_t frequencies,
                       double spacing, double lowest, double highest, struct filters *filters);
void filters_release(const struct allocator *memory, struct filters *filters);

/* The sum of a spectrum's powers under triangle i. */
double filters_sum(const struct filters *filters, int64_t i, const double *power);

#endif
