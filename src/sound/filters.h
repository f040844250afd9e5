/* Triangles over a power spectrum, at equal distances on a mel scale.
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

/* Which triangles: those of SA_MEL_WHISPER and of SA_MEL_KALDI, as the header has them. */
enum filter_shape {
    FILTERS_SLANEY, /* Slaney's scale; straight in Hz, of equal areas */
    FILTERS_KALDI   /* Kaldi's scale; straight in mel, of height 1 */
};

/* `spacing` is the distance in Hz of the spectrum's `frequencies` values, the first of which is at 0 Hz. */
struct filter_layout {
    enum filter_shape shape;
    int64_t bins, frequencies;
    double spacing, lowest, highest;
};

sa_status filters_make(const struct allocator *memory, struct report *report, const struct filter_layout *layout,
                       struct filters *filters);
void filters_release(const struct allocator *memory, struct filters *filters);

/* The sum of a spectrum's powers under triangle i. */
double filters_sum(const struct filters *filters, int64_t i, const double *power);

#endif
