/* Looks for the scales with which small integers represent a group of numbers best.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_QUANTISE_FIT_H
#define SA_FILE_QUANTISE_FIT_H

/* A group has at most this many numbers. */
enum { MOST_GROUP = 32 };

/* The number of the largest magnitude, the first of them; 0 if all are 0. */
float extreme_of(const float *x, int n);

/* 1 / scale; 0 where the scale is 0, or so small that this might overflow. As a binary16 it would be 0. */
float inverse_of(float scale);

/* x / scale, rounded to the nearest integer from least to most. */
int nearest_step(float x, float scale, int least, int most);

/* The scale a for which the sum of x^2 (x - a q)^2 is least, integers q from -steps to steps - 1; 0 if all x are tiny.
 * fit_scale() tries 19 scales around the one that takes the extreme to -steps; fit_scale_by_turns() begins there, and
 * improves one q after the other. */
float fit_scale(const float *x, int n, int steps);
float fit_scale_by_turns(const float *x, int n, int steps);

/* How fit_range() tries scales: (x - least) times (steps + first + 0.1 k) / range, k = 0 ... count. */
struct range_search {
    int steps, count;
    float first;
    int absolute; /* errors count by their magnitude, not squared */
};

/* a >= 0 and b >= 0 for which the sum of w (x - (a q - b))^2 is least, integers q from 0 to steps. */
void fit_range(const float *x, const float *w, int n, const struct range_search *search, float *a, float *b);

/* The place of the nearest value of `curve`, 16 values in ascending order. */
int nearest_on_curve(const signed char *curve, float x);

/* The scale a for which the sum of x^2 (x - a c)^2 is least, c on the curve. */
float fit_curve(const float *x, int n, const signed char *curve);

#endif
