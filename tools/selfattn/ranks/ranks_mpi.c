/* By MPI, whose errors end all processes; so does one that gives up, since mpirun notices.
 * SPDX-License-Identifier: MIT */
#include "ranks/ranks.h"

#include <mpi.h>

static int own;

struct ranks ranks_open(void) {
    struct ranks r;
    MPI_Init(NULL, NULL);
    MPI_Comm_rank(MPI_COMM_WORLD, &r.own);
    MPI_Comm_size(MPI_COMM_WORLD, &r.count);
    own = r.own;
    return r;
}

void ranks_close(void) {
    MPI_Finalize();
}

int ranks_agree(uint64_t number) {
    uint64_t least, most;
    MPI_Allreduce(&number, &least, 1, MPI_UINT64_T, MPI_MIN, MPI_COMM_WORLD);
    MPI_Allreduce(&number, &most, 1, MPI_UINT64_T, MPI_MAX, MPI_COMM_WORLD);
    return least == most;
}

/* MPI counts in int. */
void ranks_collect(void *bytes, size_t count) {
    enum { PIECE = 1 << 30 };
    for (size_t at = 0; at < count; at += PIECE) {
        char *piece = (char *)bytes + at;
        const int size = (int)(count - at < PIECE ? count - at : PIECE);
        MPI_Reduce(own ? piece : MPI_IN_PLACE, piece, size, MPI_BYTE, MPI_BOR, 0, MPI_COMM_WORLD);
    }
}
