/* The two ways in which the program gives up, each with a sentence on stderr.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_EXIT_H
#define TOOLS_EXIT_H

#include "selfattn.h"

#include <stddef.h>

#define PRINTF_LIKE __attribute__((format(printf, 1, 2)))

/* The command line makes no sense: exit status 2. */
_Noreturn void usage_error(const char *format, ...) PRINTF_LIKE;

/* Something that was asked for cannot be done: exit status 1. */
_Noreturn void failure(const char *format, ...) PRINTF_LIKE;

/* Goes on only if `status` is SA_OK; otherwise failure() with the library's own sentence, which names file and values.
 */
void check(sa_status status, const sa_ctx *ctx);

/* `count` zeroed elements of `size` bytes; failure() where there is no memory. */
void *allocate(size_t count, size_t size);

/* Memory from allocate() or this made longer; what is new is not zeroed. */
void *reallocate(void *memory, size_t count, size_t size);

#endif
