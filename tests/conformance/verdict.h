/* How a case came out, and the comparison that decides it.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_VERDICT_H
#define TESTS_CONFORMANCE_VERDICT_H

#include "case.h"

enum outcome { PASSED, FAILED, SKIPPED, OUTCOMES };

/* `text` is the reason, or for a case that passed how near it came. */
struct verdict {
    enum outcome outcome;
    double worst; /* largest error so far in units of the tolerance */
    char text[CASE_TEXT];
};

struct verdict verdict_of(enum outcome outcome, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Compares an output, contiguous in the reference's shape and dtype (float32, bfloat16 or float16), with it; the
 * verdict becomes FAILED at |got - want| > atol + rtol * |want|, or with c->norm where the norm of all differences is
 * larger than that times the norm of the reference. Infinities and NaN have to be the same, except in a poisoned case:
 * an infinite value under a weight that underflows is infinite or NaN depending on the range of the format, so there
 * any of them stands for any other. Absent outputs agree with anything. */
void verdict_compare(struct verdict *v, const struct test_case *c, const char *formal, const void *got);

#endif
