/* SPDX-License-Identifier: MIT */
#include "show/fit.h"

#include <math.h>

/* Centred second moments of log n, log d and log y. */
struct moments {
    double nn, nd, dd, ny, dy;
};

static struct moments moments_of(const struct sample *s, int count) {
    double n = 0, d = 0, y = 0;
    for (int i = 0; i < count; i++) n += log(s[i].n) / count, d += log(s[i].d) / count, y += log(s[i].y) / count;
    struct moments m = {0};
    for (int i = 0; i < count; i++) {
        double dn = log(s[i].n) - n, dd = log(s[i].d) - d, dy = log(s[i].y) - y;
        m.nn += dn * dn, m.nd += dn * dd, m.dd += dd * dd, m.ny += dn * dy, m.dy += dd * dy;
    }
    return m;
}

/* The normal equations in two unknowns; in one where the samples vary in n or in d alone. */
struct power_law fit_power_law(const struct sample *samples, int count) {
    const struct moments m = moments_of(samples, count);
    const double determinant = m.nn * m.dd - m.nd * m.nd, tiny = 1e-9;
    if (determinant > tiny)
        return (struct power_law){(m.ny * m.dd - m.dy * m.nd) / determinant, (m.dy * m.nn - m.ny * m.nd) / determinant};
    return (struct power_law){m.nn > tiny ? m.ny / m.nn : NAN, m.dd > tiny && m.nn <= tiny ? m.dy / m.dd : NAN};
}

double worst_factor(const struct sample *s, int count) {
    double mean = 0, worst = count ? 0 : NAN;
    for (int i = 0; i < count; i++) mean += log(s[i].y / (s[i].n * s[i].n * s[i].d)) / count;
    for (int i = 0; i < count; i++) worst = fmax(worst, fabs(log(s[i].y / (s[i].n * s[i].n * s[i].d)) - mean));
    return exp(worst);
}
