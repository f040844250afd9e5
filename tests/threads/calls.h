/* Calls as a program makes them that knows the public headers alone: what they need is made and released again.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_THREADS_CALLS_H
#define TESTS_THREADS_CALLS_H

#include <selfattn.h>

struct named_call {
    const char *name;
    sa_status (*call)(sa_ctx *ctx);
};

/* First those of the core: attention and a layer. */
enum { CORE_CALLS = 2 };
#ifdef SELFATTN_MODELS
enum { CALLS = 4 };
#else
enum { CALLS = CORE_CALLS };
#endif
extern const struct named_call calls[CALLS];

#endif
