/* Functions of a library that a program opens.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_PACKAGE_FIND_H
#define TESTS_PACKAGE_FIND_H

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

static inline void fail(const char *why) {
    fprintf(stderr, "%s\n", why);
    exit(1);
}

/* POSIX lets the address of a function travel in a void *, ISO C does not: it is copied, not cast. */
static inline void find(void *library, const char *name, void *function) {
    void *address = dlsym(library, name);
    if (!address) fail(name);
    *(void **)function = address;
}

#endif
