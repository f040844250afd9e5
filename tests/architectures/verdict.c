/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include <math.h>
#include <stdio.h>

void verdict_fail(struct verdict *v, const char *way, const char *what, const char *detail) {
    if (!v->failed) snprintf(v->why, sizeof v->why, "%s: %s: %s", way, what, detail);
    v->failed = 1;
}

/* Largest error of the real rows of a field; relative to the value where that is above 1 and `relative` says so. */
static double largest_error(const struct sample *got, const struct sample *want, int field, int relative) {
    const struct field *f = &want->fields[field];
    double largest = 0;
    for (int64_t o = 0; o < f->outer; o++)
        for (int64_t b = 0; b < want->B; b++)
            for (int64_t i = 0; i < f->inner; i++)
                for (int64_t r = 0; r < field_rows(want, field, b); r++) {
                    const float *x = field_row(got, field, o, b, i, r), *y = field_row(want, field, o, b, i, r);
                    for (int64_t c = 0; c < f->width; c++) {
                        double off = fabs((double)x[c] - (double)y[c]);
                        if (relative) off /= fmax(1, fabs((double)y[c]));
                        if (!(off <= largest)) largest = isnan(off) ? (double)INFINITY : off;
                    }
                }
    return largest;
}

static void note(struct verdict *v, double *worst, double off, double tolerance, const char *way, const char *what) {
    char detail[40];
    if (off > *worst) *worst = off;
    if (off <= tolerance) return;
    snprintf(detail, sizeof detail, "off by %.2g", off);
    verdict_fail(v, way, what, detail);
}

void verdict_compare(struct verdict *v, const char *way, const struct sample *got, const struct sample *want) {
    for (int i = 0; i < FIELDS; i++)
        if (got->values[i] && want->values[i]) {
            int weights = want->fields[i].are_weights;
            note(v, weights ? &v->weights : &v->states, largest_error(got, want, i, 0),
                 weights ? WEIGHT_TOLERANCE : STATE_TOLERANCE, way, want->fields[i].name);
        }
}

void verdict_agree(struct verdict *v, const char *way, const struct sample *got, const struct sample *other) {
    for (int i = 0; i < FIELDS; i++)
        if (got->values[i] && other->values[i])
            note(v, &v->agreement, largest_error(got, other, i, 1), AGREEMENT_TOLERANCE, way, other->fields[i].name);
}
