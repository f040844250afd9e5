/* SPDX-License-Identifier: MIT */
#include "handle.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_TIMEOUT 600.

/* Why sa_mpi_create() failed last on this thread. */
static _Thread_local char creation[300];

#define refuse(status, ...) (snprintf(creation, sizeof creation, __VA_ARGS__), (sa_status)(status))

static sa_status take_options(const sa_mpi_options *options, double *timeout) {
    *timeout = DEFAULT_TIMEOUT;
    if (!options) return SA_OK;
    if (options->struct_size != sizeof *options)
        return refuse(SA_ERR_STRUCT_SIZE, "sa_mpi_options.struct_size is %llu, this version knows %llu",
                      (unsigned long long)options->struct_size, (unsigned long long)sizeof *options);
    const double t = options->timeout_seconds;
    if (!(t >= 0) || isinf(t))
        return refuse(SA_ERR_VALUE, "timeout_seconds is %g, must be finite, and above 0, or 0 for the default", t);
    if (t > 0) *timeout = t;
    return SA_OK;
}

static sa_status check_mpi(MPI_Comm communicator) {
    int begun = 0, ended = 0;
    MPI_Initialized(&begun);
    MPI_Finalized(&ended);
    if (!begun || ended) return refuse(SA_ERR_VALUE, "MPI is %s", ended ? "finalised already" : "not initialised");
    if (communicator == MPI_COMM_NULL) return refuse(SA_ERR_VALUE, "communicator is MPI_COMM_NULL");
    return SA_OK;
}

/* A copy of the communicator whose errors are returned. */
static sa_status open_communicator(struct sa_mpi *m, MPI_Comm communicator) {
    char name[MPI_MAX_ERROR_STRING] = "";
    int rank = 0, ranks = 0, length = 0;
    int code = MPI_Comm_dup(communicator, &m->communicator);
    if (code == MPI_SUCCESS) code = MPI_Comm_set_errhandler(m->communicator, MPI_ERRORS_RETURN);
    if (code == MPI_SUCCESS) code = MPI_Comm_rank(m->communicator, &rank);
    if (code == MPI_SUCCESS) code = MPI_Comm_size(m->communicator, &ranks);
    if (code == MPI_SUCCESS) {
        fill_table(m, rank, ranks);
        return SA_OK;
    }
    MPI_Error_string(code, name, &length);
    return refuse(SA_ERR_EXCHANGE, "the communicator cannot be copied: %.*s", length, name);
}

sa_status sa_mpi_create(MPI_Comm communicator, const sa_mpi_options *options, sa_mpi **mpi) {
    double timeout;
    if (!mpi) return refuse(SA_ERR_NULL, "mpi is NULL");
    *mpi = NULL;
    sa_status status = take_options(options, &timeout);
    if (status == SA_OK) status = check_mpi(communicator);
    if (status != SA_OK) return status;
    struct sa_mpi *m = calloc(1, sizeof *m);
    if (!m) return refuse(SA_ERR_MEMORY, "no memory for the handle");
    m->timeout = timeout, m->early = MPI_SUCCESS;
    status = open_communicator(m, communicator);
    if (status == SA_OK)
        *mpi = m;
    else
        free(m);
    return status;
}

const sa_exchange *sa_mpi_exchange(const sa_mpi *mpi) {
    return mpi ? &mpi->table : NULL;
}

const char *sa_mpi_last_error(const sa_mpi *mpi) {
    return mpi ? mpi->text : creation;
}

void sa_mpi_destroy(sa_mpi **mpi) {
    if (!mpi || !*mpi) return;
    struct sa_mpi *m = *mpi;
    *mpi = NULL;
    if (!m->broken) MPI_Comm_free(&m->communicator);
    if (m->count == 0) { /* else MPI may still read or write these */
        free(m->out.bytes), free(m->in.bytes);
        free(m->requests);
    }
    free(m);
}
