/* Failure texts: every refusal leaves one sentence with the actual values.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_REPORT_H
#define SA_BASE_REPORT_H

#include "base/compiler.h"
#include "selfattn.h"

struct report {
    char text[400];
};

/* Writes the sentence and returns `status`, so that a refusal is one line: return fail(report, SA_ERR_VALUE, "...",
 * ...); */
sa_status fail(struct report *report, sa_status status, const char *format, ...) PRINTF_LIKE(3, 4);

/* The refusals that many places share. */
sa_status fail_null(struct report *report, const char *what);
sa_status fail_memory(struct report *report, int64_t bytes, const char *what);
sa_status fail_overflow(struct report *report, const char *what);

#endif
