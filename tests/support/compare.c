/* SPDX-License-Identifier: MIT */
#include "support/compare.h"

#include "support/oracle.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* A number that no float holds may be infinite. */
static int same_class(double got, double want) {
    if (isnan(got) || isnan(want)) return isnan(got) && isnan(want);
    if (isinf(got)) return fabs(want) > (double)FLT_MAX && signbit(got) == signbit(want);
    return !isinf(want);
}

static void add(struct difference *d, double got, double want, const int64_t at[4], double *square, double *total) {
    if (!same_class(got, want)) {
        d->wrong_class++;
        memcpy(d->class_at, at, sizeof d->class_at);
        d->class_got = got, d->class_want = want;
        return;
    }
    if (!isfinite(want)) return;
    double off = fabs(got - want);
    *square += off * off;
    *total += want * want;
    if (off > d->largest) {
        d->largest = off;
        d->got = got, d->want = want;
        memcpy(d->at, at, sizeof d->at);
    }
}

struct difference compare(const sa_tensor *got, const double *want) {
    struct difference d = {0};
    double square = 0, total = 0;
    int64_t at[4];
    for (at[0] = 0; at[0] < got->size[0]; at[0]++)
        for (at[1] = 0; at[1] < got->size[1]; at[1]++)
            for (at[2] = 0; at[2] < got->size[2]; at[2]++)
                for (at[3] = 0; at[3] < got->size[3]; at[3]++)
                    add(&d, oracle_at(got, at[0], at[1], at[2], at[3]), *want++, at, &square, &total);
    d.norm = total > 0 ? sqrt(square / total) : sqrt(square);
    return d;
}

const char *difference_text(const struct difference *d) {
    static char text[400];
    int n = snprintf(text, sizeof text, "norm %.3g, largest %.3g at [%lld,%lld,%lld,%lld] (%.9g, want %.9g)", d->norm,
                     d->largest, (long long)d->at[0], (long long)d->at[1], (long long)d->at[2], (long long)d->at[3],
                     d->got, d->want);
    if (d->wrong_class)
        snprintf(text + n, sizeof text - (size_t)n, ", %lld of the wrong kind, as [%lld,%lld,%lld,%lld] (%g, want %g)",
                 (long long)d->wrong_class, (long long)d->class_at[0], (long long)d->class_at[1],
                 (long long)d->class_at[2], (long long)d->class_at[3], d->class_got, d->class_want);
    return text;
}
