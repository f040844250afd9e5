/* Processes that make an index together: of the program selfattn-mpi. In selfattn there is one.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_RANKS_RANKS_H
#define TOOLS_RANKS_RANKS_H

#include <stddef.h>
#include <stdint.h>

struct ranks {
    int own, count; /* 0 <= own < count */
};

struct ranks ranks_open(void);
void ranks_close(void);

/* Whether all have this number. */
int ranks_agree(uint64_t number);

/* Rank 0 gets the bytes of all ranks, combined by a bitwise or: each has zeros where it has nothing to say. */
void ranks_collect(void *bytes, size_t count);

#endif
