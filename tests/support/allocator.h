/* An allocator that counts, checks its arguments, and fails on request.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_SUPPORT_ALLOCATOR_H
#define TESTS_SUPPORT_ALLOCATOR_H

#include "selfattn.h"

struct test_allocator {
    int64_t calls;      /* of allocate, failed ones included */
    int64_t live;       /* blocks not yet released */
    int64_t live_bytes; /* as asked for */
    int64_t fail_at;    /* this call (0, 1, ...) of allocate returns NULL; -1: none */
    int64_t most_bytes; /* larger blocks are refused */
    int64_t failures;   /* how many calls have returned NULL */
    int64_t faults;     /* sizes or alignments that break the allocator's contract, blocks released with another size */
};

/* Ready for use; never fails below 1 GiB. */
struct test_allocator test_allocator_make(void);

/* Puts the pair into the options. */
void test_allocator_use(struct test_allocator *allocator, sa_ctx_options *options);

#endif
