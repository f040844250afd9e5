/* Pictures by gnuplot.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_PICTURE_H
#define BENCH_PICTURE_H

/* Runs plots/SCRIPT with arguments (a NULL ends them; at most 8), which it sees as ARG1 and so on. 0, or a
 * complaint was made. */
int picture_draw(const char *script, const char *const arguments[]);

#endif
