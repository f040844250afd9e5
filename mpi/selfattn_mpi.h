/* libselfattn-mpi: context parallelism of libselfattn by MPI.
 * SPDX-License-Identifier: MIT
 *
 * sa_ring_attention() and sa_sharded_attention() (selfattn.h) reach other processes through a table of functions,
 * sa_exchange. This library fills the table from a communicator of MPI. It uses nothing of libselfattn but its public
 * header, and libselfattn knows nothing of MPI.
 *
 *   MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &provided);
 *   sa_mpi *mpi = NULL;
 *   if (sa_mpi_create(MPI_COMM_WORLD, NULL, &mpi) != SA_OK) puts(sa_mpi_last_error(NULL));
 *   args.exchange = sa_mpi_exchange(mpi);
 *   if (sa_ring_attention(ctx, &args) != SA_OK) {
 *       puts(sa_ctx_last_error(ctx));
 *       MPI_Abort(MPI_COMM_WORLD, 1);
 *   }
 *   sa_mpi_destroy(&mpi);
 *   MPI_Finalize();
 *
 * Errors, structs, handles and memory follow the rules of selfattn.h.
 *
 * THREADS  All calls on a handle, and attention with its table, are made by one thread at a time. If that is always the
 *          thread that called MPI_Init_thread(), MPI_THREAD_FUNNELED is enough; else MPI_THREAD_SERIALIZED, and no
 *          other thread calls MPI meanwhile. The context's worker threads never call MPI.
 * FAILURE  If a message does not arrive within the timeout, or MPI reports an error, the attention call returns
 *          SA_ERR_EXCHANGE; its sentence says what was waited for. Later calls with the same handle fail at once. No
 *          rank waits for ever for one that has died, and memory of the caller is not touched afterwards: messages
 *          pass through buffers of the handle. After a failure call MPI_Abort(), not MPI_Finalize(), which may wait for
 *          the dead. (mpirun itself ends all ranks when one of them is killed, unless told otherwise.)
 * COSTS    A message is copied once on each side; the buffers take as much memory as the two largest messages. Messages
 *          above 1 GiB are cut, since MPI counts in int. MPI moves large messages while it is called: attention calls
 *          the table's `progress` after each piece, of 512 queries and 512 keys by default. */
#ifndef SELFATTN_MPI_H
#define SELFATTN_MPI_H

#include <mpi.h>
#include <selfattn.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define SA_MPI_API __attribute__((visibility("default")))
#else
#define SA_MPI_API
#endif

/* A communicator of its own, with buffers. One caller at a time. */
typedef struct sa_mpi sa_mpi;

/* How messages are waited for. All zero, besides struct_size, means all defaults. */
typedef struct sa_mpi_options {
    uint64_t struct_size;   /* sizeof(sa_mpi_options) */
    double timeout_seconds; /* > 0: how long a rank waits for another one, who may be computing; 0: 600 */
} sa_mpi_options;

/* Duplicates the communicator, so that messages meet no others, and lets errors on the copy be returned. Every process
 * of `communicator` calls it (it is collective, and not bounded by the timeout). options NULL: all defaults. You own
 * the handle: free it with sa_mpi_destroy(). Errors: NULL (mpi), STRUCT_SIZE, VALUE (timeout; MPI is not initialised,
 * or already finalised), MEMORY, EXCHANGE (MPI's error, by name). The sentence is in sa_mpi_last_error(NULL). */
SA_MPI_API sa_status sa_mpi_create(MPI_Comm communicator, const sa_mpi_options *options, sa_mpi **mpi) SA_MUST_CHECK;

/* The table for sa_ring_args.exchange: rank and ranks are those of the communicator. Valid until the handle is
 * destroyed. NULL if mpi is NULL. */
SA_MPI_API const sa_exchange *sa_mpi_exchange(const sa_mpi *mpi);

/* Why the last call on this handle failed; "" if none has failed. mpi NULL: the last failure of sa_mpi_create() on this
 * thread. Never NULL. Valid until the next call. */
SA_MPI_API const char *sa_mpi_last_error(const sa_mpi *mpi);

/* Frees the handle; before MPI_Finalize(). Collective, as MPI_Comm_free() is. After a failure it waits for nobody, and
 * leaves to MPI what an unfinished message still needs: that memory stays until the process ends. Accepts NULL and the
 * address of a NULL handle. */
SA_MPI_API void sa_mpi_destroy(sa_mpi **mpi);

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_MPI_H */
