/* What a handle holds.
 * SPDX-License-Identifier: MIT */
#ifndef SELFATTN_MPI_HANDLE_H
#define SELFATTN_MPI_HANDLE_H

#include "selfattn_mpi.h"

struct buffer {
    char *bytes;
    uint64_t room;
};

struct sa_mpi {
    MPI_Comm communicator;
    sa_exchange table;
    double timeout;
    struct buffer out, in;
    MPI_Request *requests; /* [room], of which `count` are under way */
    uint64_t room;
    int count;
    int early; /* what progress() was told; MPI_SUCCESS */
    void *receive;
    uint64_t receive_bytes;
    int broken;
    char waiting[160], text[300];
};

void fill_table(struct sa_mpi *mpi, int rank, int ranks);

#endif
