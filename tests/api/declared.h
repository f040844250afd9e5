/* What the public headers declare, read from their text.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_API_DECLARED_H
#define TESTS_API_DECLARED_H

#include <stdint.h>

/* `name` is what sa_constant() calls it: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data", "sizeof(sa_tensor.data)". */
typedef void (*declared_fn)(void *user, const char *name, int64_t value);

/* Calls `declared` with every number, struct and field of a header. Places of fields follow from their types.
 * Expressions are left out. Fails the test at anything that it cannot read. */
void read_declared(const char *path, declared_fn declared, void *user);

#endif
