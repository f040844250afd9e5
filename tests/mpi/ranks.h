/* What the parts of the program share.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_MPI_RANKS_H
#define TESTS_MPI_RANKS_H

#include "selfattn_mpi.h"

/* Ends all ranks with this sentence unless `true`. */
#define EXPECT(true, ...)                                                                                              \
    do {                                                                                                               \
        if (!(true)) give_up(__FILE__, __LINE__, __VA_ARGS__);                                                         \
    } while (0)
#if defined(__GNUC__)
__attribute__((format(printf, 3, 4), noreturn))
#endif
void give_up(const char *file, int line, const char *format, ...);

/* Counts what the table of `inner` sends. */
struct counter {
    const sa_exchange *inner;
    int64_t messages, bytes, gathers, gathered;
    int64_t polls, die_at; /* this call of progress kills the process; -1: none */
};
sa_exchange counting_table(struct counter *counter);

sa_ctx *open_context(void);
float *random_floats(int64_t n, uint64_t seed);

/* Rings and sharded caches against one process. */
void run_equal(const sa_mpi *mpi);

/* The last rank dies in the middle of a ring. The others print "noticed: " and the sentence. */
void run_lost(const sa_mpi *mpi);

#endif
