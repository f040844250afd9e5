/* The functions of the table. Messages pass through buffers of the handle, so that a message that never ends cannot
 * reach memory of the caller.
 * SPDX-License-Identifier: MIT */
#include "handle.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 30, TAG = 1 };

/* Notes why; all later calls fail with the same sentence. */
static int32_t broken(struct sa_mpi *m, const char *sentence) {
    if (!m->broken) snprintf(m->text, sizeof m->text, "%s", sentence);
    m->broken = 1;
    return SA_ERR_EXCHANGE;
}

static int32_t failed(struct sa_mpi *m, const char *function, int code) {
    char sentence[sizeof m->text], name[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(code, name, &length);
    snprintf(sentence, sizeof sentence, "%s: %.*s", function, length, name);
    return broken(m, sentence);
}

/* Makes the buffer at least that long. Nothing is under way in it. */
static int grow(struct buffer *buffer, uint64_t bytes) {
    if (bytes <= buffer->room) return 1;
    free(buffer->bytes);
    buffer->bytes = malloc(bytes);
    buffer->room = buffer->bytes ? bytes : 0;
    return buffer->bytes != NULL;
}

/* One piece after the other, since MPI counts in int. */
static int start_pieces(struct sa_mpi *m, char *bytes, uint64_t count, int rank, int sends) {
    for (uint64_t at = 0; at < count; at += PIECE) {
        const int size = (int)(count - at < PIECE ? count - at : PIECE);
        MPI_Request *request = &m->requests[m->count];
        const int code = sends ? MPI_Isend(bytes + at, size, MPI_BYTE, rank, TAG, m->communicator, request)
                               : MPI_Irecv(bytes + at, size, MPI_BYTE, rank, TAG, m->communicator, request);
        if (code != MPI_SUCCESS) return code;
        m->count++;
    }
    return MPI_SUCCESS;
}

static int32_t make_room(struct sa_mpi *m, uint64_t send, uint64_t receive) {
    const uint64_t pieces = send / PIECE + receive / PIECE + 2;
    if (pieces > m->room) {
        MPI_Request *requests = realloc(m->requests, pieces * sizeof(MPI_Request));
        if (!requests) return broken(m, "no memory for the requests of a message");
        m->requests = requests, m->room = pieces;
    }
    if (grow(&m->out, send) && grow(&m->in, receive)) return 0;
    return broken(m, "no memory for the buffers of a message");
}

/* Waits for all requests, for at most the timeout. */
static int32_t wait_for(struct sa_mpi *m, const char *what) {
    const double end = MPI_Wtime() + m->timeout;
    int done = 0;
    while (!done) {
        const int code = MPI_Testall(m->count, m->requests, &done, MPI_STATUSES_IGNORE);
        if (code != MPI_SUCCESS) return failed(m, what, code);
        if (done) break;
        if (MPI_Wtime() > end) {
            char sentence[sizeof m->text];
            snprintf(sentence, sizeof sentence,
                     "%s: no answer within %g seconds; a rank has died, or computes for longer (timeout_seconds)", what,
                     m->timeout);
            return broken(m, sentence);
        }
        sched_yield(); /* ranks may share processors */
    }
    m->count = 0;
    return 0;
}

static int32_t start(void *user, const void *send, uint64_t send_bytes, int64_t to, void *receive,
                     uint64_t receive_bytes, int64_t from) {
    struct sa_mpi *m = user;
    if (m->broken || make_room(m, send_bytes, receive_bytes)) return SA_ERR_EXCHANGE;
    m->receive = receive, m->receive_bytes = receive_bytes;
    snprintf(m->waiting, sizeof m->waiting, "a message of %llu bytes from rank %lld, and one of %llu to rank %lld",
             (unsigned long long)receive_bytes, (long long)from, (unsigned long long)send_bytes, (long long)to);
    if (send_bytes) memcpy(m->out.bytes, send, send_bytes);
    int code = start_pieces(m, m->in.bytes, receive_bytes, (int)from, 0);
    if (code == MPI_SUCCESS) code = start_pieces(m, m->out.bytes, send_bytes, (int)to, 1);
    return code == MPI_SUCCESS ? 0 : failed(m, "MPI could not begin a message", code);
}

static void progress(void *user) {
    struct sa_mpi *m = user;
    int done;
    /* Completed requests become null requests, which finish() sees as done. An error is found again there. */
    if (!m->broken && m->count) m->early = MPI_Testall(m->count, m->requests, &done, MPI_STATUSES_IGNORE);
}

static int32_t finish(void *user) {
    struct sa_mpi *m = user;
    if (m->early != MPI_SUCCESS) return failed(m, m->waiting, m->early);
    if (m->broken || wait_for(m, m->waiting)) return SA_ERR_EXCHANGE;
    if (m->receive_bytes) memcpy(m->receive, m->in.bytes, m->receive_bytes);
    return 0;
}

static int32_t all_gather(void *user, const void *send, uint64_t bytes, void *receive) {
    struct sa_mpi *m = user;
    const uint64_t all = bytes * (uint64_t)m->table.ranks;
    if (m->broken) return SA_ERR_EXCHANGE;
    if (bytes > INT32_MAX) return broken(m, "all_gather: more than 2^31 - 1 bytes of a rank");
    if (make_room(m, bytes, all)) return SA_ERR_EXCHANGE;
    memcpy(m->out.bytes, send, bytes);
    const int code = MPI_Iallgather(m->out.bytes, (int)bytes, MPI_BYTE, m->in.bytes, (int)bytes, MPI_BYTE,
                                    m->communicator, &m->requests[0]);
    if (code != MPI_SUCCESS) return failed(m, "MPI_Iallgather", code);
    m->count = 1;
    if (wait_for(m, "an all-gather")) return SA_ERR_EXCHANGE;
    memcpy(receive, m->in.bytes, all);
    return 0;
}

static const char *failure(void *user) {
    return ((struct sa_mpi *)user)->text;
}

void fill_table(struct sa_mpi *m, int rank, int ranks) {
    m->table = (sa_exchange){.struct_size = sizeof m->table,
                             .user = m,
                             .rank = rank,
                             .ranks = ranks,
                             .start = start,
                             .finish = finish,
                             .all_gather = all_gather,
                             .progress = progress,
                             .failure = failure};
}
