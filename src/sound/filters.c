/* SPDX-License-Identifier: MIT */
#include "sound/filters.h"

#include <math.h>

/* Slaney's scale is linear below this frequency, and logarithmic above: 27 mel for each factor of 6.4. */
static const double knee_hertz = 1000, knee_mel = 15;

static double slaney_mel_of(double hertz) {
    return hertz < knee_hertz ? knee_mel * hertz / knee_hertz : knee_mel + 27 * log(hertz / knee_hertz) / log(6.4);
}

static double slaney_hertz_of(double mel) {
    return mel < knee_mel ? knee_hertz * mel / knee_mel : knee_hertz * exp((mel - knee_mel) * log(6.4) / 27);
}

static double kaldi_mel_of(double hertz) {
    return 1127 * log(1 + hertz / 700);
}

/* Where a frequency is on the axis on which the sides of triangles are straight. */
static double place_of(const struct filter_layout *l, double hertz) {
    return l->shape == FILTERS_KALDI ? kaldi_mel_of(hertz) : hertz;
}

/* The place of corner i of all triangles: triangle b has corners b, b + 1 and b + 2. */
static double corner(const struct filter_layout *l, int64_t i) {
    const int is_kaldi = l->shape == FILTERS_KALDI;
    const double first = is_kaldi ? kaldi_mel_of(l->lowest) : slaney_mel_of(l->lowest),
                 last = is_kaldi ? kaldi_mel_of(l->highest) : slaney_mel_of(l->highest),
                 mel = first + (last - first) * (double)i / (double)(l->bins + 1);
    return is_kaldi ? mel : slaney_hertz_of(mel);
}

struct triangle {
    double left, top, right, height;
};

static struct triangle triangle_of(const struct filter_layout *l, int64_t bin) {
    const double left = corner(l, bin), right = corner(l, bin + 2);
    return (struct triangle){left, corner(l, bin + 1), right, l->shape == FILTERS_KALDI ? 1 : 2 / (right - left)};
}

static double weight_at(const struct triangle *t, double place) {
    const double up = (place - t->left) / (t->top - t->left), down = (t->right - place) / (t->right - t->top);
    return fmax(0, fmin(up, down)) * t->height;
}

/* Places the weights of all triangles; writes them if there is memory for them. */
static void fill(struct filters *f, const struct filter_layout *l) {
    f->weight_count = 0;
    for (int64_t b = 0; b < f->bins; b++) {
        const struct triangle t = triangle_of(l, b);
        struct filter *filter = &f->filter[b];
        *filter = (struct filter){.at = f->weight_count};
        for (int64_t k = 0; k < l->frequencies; k++) {
            const double weight = weight_at(&t, place_of(l, (double)k * l->spacing));
            if (!(weight > 0)) continue;
            if (!filter->count++) filter->first = k;
            if (f->weights) f->weights[f->weight_count] = weight;
            f->weight_count++;
        }
    }
}

sa_status filters_make(const struct allocator *memory, struct report *report, const struct filter_layout *layout,
                       struct filters *f) {
    const int64_t bins = layout->bins;
    *f = (struct filters){.bins = bins, .filter = memory_allocate(memory, bins, sizeof *f->filter)};
    if (!f->filter) return fail_memory(report, bins * (int64_t)sizeof *f->filter, "mel filters");
    fill(f, layout);
    f->weights = memory_allocate(memory, f->weight_count, sizeof *f->weights);
    if (!f->weights) return fail_memory(report, f->weight_count * (int64_t)sizeof *f->weights, "mel filters");
    fill(f, layout);
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
