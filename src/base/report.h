/* Failure texts: every refusal leaves one sentence with the actual values.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_REPORT_H
#define SA_BASE_REPORT_H

#include "base/compiler.h"
#include "selfattn.h"

struct report {
    char text[400];
};

void report_write(struct report *report, const char *format, ...) PRINTF_LIKE(2, 3);

/* fail(report, SA_ERR_VALUE, "...", ...) writes the sentence and evaluates to the status, so a refusal is one line. It
 * is a macro so that static analysis of the caller sees the status. */
#define fail(report, status, ...) (report_write(report, __VA_ARGS__), (sa_status)(status))

/* The refusals that many places share. */
#define fail_null(report, what) fail(report, SA_ERR_NULL, "%s is NULL", what)
#define fail_memory(report, bytes, what)                                                                               \
    fail(report, SA_ERR_MEMORY, "no memory: %lld bytes for %s", (long long)(bytes), what)
#define fail_memory_for(report, what) fail(report, SA_ERR_MEMORY, "no memory for %s", what) /* of a size unknown */
#define fail_overflow(report, what)   fail(report, SA_ERR_OVERFLOW, "%s does not fit into 63 bits", what)

#endif
