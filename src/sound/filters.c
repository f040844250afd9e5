/* SPDX-License-Identifier: MIT */
#include "sound/filters.h"

#include <math.h>

/* The scale is linear below this frequency, and logarithmic above: 27 mel for each factor of 6.4. */
static const double knee_hertz = 1000, knee_mel = 15;

static double mel_of(double hertz) {
    return hertz < knee_hertz ? knee_mel * hertz / knee_hertz : knee_mel + 27 * log(hertz / knee_hertz) / log(6.4);
}

static double hertz_of(double mel) {
    return mel < knee_mel ? knee_hertz * mel / knee_mel : knee_hertz * exp((mel - knee_mel) * log(6.4) / 27);
}

/* Corner i of all triangles: triangle b has corners b, b + 1 and b + 2. */
static double corner(int64_t i, int64_t bins, double lowest, double highest) {
    const double first = mel_of(lowest), last = mel_of(highest);
    return hertz_of(first + (last - first) * (double)i / (double)(bins + 1));
}

struct triangle {
    double left, top, right;
};

static struct triangle triangle_of(int64_t bin, int64_t bins, double lowest, double highest) {
    return (struct triangle){corner(bin, bins, lowest, highest), corner(bin + 1, bins, lowest, highest),
                             corner(bin + 2, bins, lowest, highest)};
}

static double height(const struct triangle *t, double hertz) {
    const double up = (hertz - t->left) / (t->top - t->left), down = (t->right - hertz) / (t->right - t->top);
    return fmax(0, fmin(up, down)) * 2 / (t->right - t->left);
}

/* Places the weights of all triangles; writes them if there is memory for them. */
static void fill(struct filters *f, int64_t frequencies, double spacing, double lowest, double highest) {
    f->weight_count = 0;
    for (int64_t b = 0; b < f->bins; b++) {
        const struct triangle t = triangle_of(b, f->bins, lowest, highest);
        struct filter *filter = &f->filter[b];
        *filter = (struct filter){.at = f->weight_count};
        for (int64_t k = 0; k < frequencies; k++) {
            const double weight = height(&t, (double)k * spacing);
            if (!(weight > 0)) continue;
            if (!filter->count++) filter->first = k;
            if (f->weights) f->weights[f->weight_count] = weight;
            f->weight_count++;
        }
    }
}

sa_status filters_make(const struct allocator *memory, struct report *report, int64_t bins, int64_t frequencies,
                       double spacing, double lowest, double highest, struct filters *f) {
    *f = (struct filters){.bins = bins, .filter = memory_allocate(memory, bins, sizeof *f->filter)};
    if (!f->filter) return fail_memory(report, bins * (int64_t)sizeof *f->filter, "mel filters");
    fill(f, frequencies, spacing, lowest, highest);
    f->weights = memory_allocate(memory, f->weight_count, sizeof *f->weights);
    if (!f->weights) return fail_memory(report, f->weight_count * (int64_t)sizeof *f->weights, "mel filters");
    fill(f, frequencies, spacing, lowest, highest);
    return SA_OK;
}

void filters_release(const struct allocator *memory, struct filters *f) {
    memory_release(memory, f->weights, f->weight_count, sizeof *f->weights);
    memory_release(memory, f->filter, f->bins, sizeof *f->filter);
}

double filters_sum(const struct filters *f, int64_t i, const double *power) {
    const struct filter *filter = &f->filter[i];
    const double *weights = f->weights + filter->at;
    double sum = 0;
    for (int64_t k = 0; k < filter->count; k++) sum += weights[k] * power[filter->first + k];
    return sum;
}
