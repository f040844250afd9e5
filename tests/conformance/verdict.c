/* SPDX-License-Identifier: MIT */
#include "verdict.h"

#include "base/half.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct verdict verdict_of(enum outcome outcome, const char *format, ...) {
    struct verdict v = {.outcome = outcome};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(v.text, sizeof v.text, format, arguments);
    va_end(arguments);
    return v;
}

static int both_finite(double got, double want) {
    return isfinite(got) && isfinite(want);
}

static int same_kind(const struct test_case *c, double got, double want) {
    int same = isnan(want) ? isnan(got) : got == want;
    return same || (c->poisoned && !isfinite(got) && !isfinite(want));
}

/* Element i of an array in the value's dtype. */
static double number_at(const struct value *v, const void *data, int64_t i) {
    return (double)element_load(data, value_dtype(v), i);
}

/* The length of the reference, as far as both are finite. */
static double length_of(const struct value *want, const void *got) {
    double square = 0;
    for (int64_t i = 0; i < want->elements; i++) {
        double reference = number_at(want, want->data, i);
        if (both_finite(number_at(want, got, i), reference)) square += reference * reference;
    }
    return sqrt(square);
}

static double rtol_of(const struct test_case *c) {
    return c->rtol + 4 * c->rounding;
}

static double atol_of(const struct test_case *c) {
    return c->atol + 2 * c->rounding;
}

/* Errors of numbers in units of the tolerance; infinity where the kinds differ. */
static double error_of(const struct test_case *c, double got, double want, double length) {
    if (!both_finite(got, want)) return same_kind(c, got, want) ? 0 : INFINITY;
    double off = fabs(got - want);
    if (off == 0) return 0;
    return off / (c->norm > 0 ? (c->norm + 4 * c->rounding) * length : atol_of(c) + rtol_of(c) * fabs(want));
}

/* "[1,0,3]" */
static void index_text(char *text, size_t room, const struct value *want, int64_t element) {
    int64_t below = want->elements;
    size_t length = (size_t)snprintf(text, room, "[");
    for (int i = 0; i < want->rank && length < room; i++) {
        below /= want->shape[i];
        length += (size_t)snprintf(text + length, room - length, "%s%lld", i ? "," : "",
                                   (long long)(element / below % want->shape[i]));
    }
    if (length < room) snprintf(text + length, room - length, "]");
}

void verdict_compare(struct verdict *v, const struct test_case *c, const char *formal, const void *got) {
    const struct value *want = case_output(c, formal);
    if (!want || v->outcome == SKIPPED) return;
    double worst = 0, square = 0, length = length_of(want, got);
    int64_t at = 0;
    for (int64_t i = 0; i < want->elements; i++) {
        double error = error_of(c, number_at(want, got, i), number_at(want, want->data, i), length);
        square += error * error;
        if (error > worst) worst = error, at = i;
    }
    if (c->norm > 0) worst = sqrt(square);
    if (worst > v->worst) v->worst = worst;
    if (v->outcome == FAILED) return;
    snprintf(v->text, sizeof v->text, "at most %.2g of the tolerance", v->worst);
    if (worst <= 1) return;
    char where[96], tolerance[64];
    if (c->norm > 0)
        snprintf(tolerance, sizeof tolerance, "norm %g", c->norm + 4 * c->rounding);
    else
        snprintf(tolerance, sizeof tolerance, "rtol %g, atol %g", rtol_of(c), atol_of(c));
    index_text(where, sizeof where, want, at);
    v->outcome = FAILED;
    snprintf(v->text, sizeof v->text, "%s%s is %.9g, want %.9g: %.3g times the tolerance (%s)", formal, where,
             number_at(want, got, at), number_at(want, want->data, at), worst, tolerance);
}
