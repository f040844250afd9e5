/* SPDX-License-Identifier: MIT */
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>

sa_status fail(struct report *report, sa_status status, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(report->text, sizeof report->text, format, arguments);
    va_end(arguments);
    return status;
}

sa_status fail_null(struct report *report, const char *what) {
    return fail(report, SA_ERR_NULL, "%s is NULL", what);
}

sa_status fail_memory(struct report *report, int64_t bytes, const char *what) {
    return fail(report, SA_ERR_MEMORY, "no memory: %lld bytes for %s", (long long)bytes, what);
}

sa_status fail_overflow(struct report *report, const char *what) {
    return fail(report, SA_ERR_OVERFLOW, "%s does not fit into 63 bits", what);
}
