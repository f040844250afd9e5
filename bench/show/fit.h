/* Power laws through measured points, by least squares of the logarithms.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_SHOW_FIT_H
#define BENCH_SHOW_FIT_H

/* One point: y at (n, d), all positive. */
struct sample {
    double n, d, y;
};

struct power_law {
    double n, d; /* exponents of y = c n^n d^d; NaN where the samples do not tell */
};

struct power_law fit_power_law(const struct sample *samples, int count);

/* y = c n^2 d with the best c: by which factor the worst sample is off. NaN without samples. */
double worst_factor(const struct sample *samples, int count);

#endif
