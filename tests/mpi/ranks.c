/* mpirun -n N ranks equal|killed|lost
 * SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void give_up(const char *file, int line, const char *format, ...) {
    va_list values;
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    fprintf(stderr, "%s:%d: rank %d: ", file, line, rank);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fputs("\n", stderr);
    MPI_Abort(MPI_COMM_WORLD, 1);
    exit(1);
}

static int32_t start(void *user, const void *send, uint64_t send_bytes, int64_t to, void *receive,
                     uint64_t receive_bytes, int64_t from) {
    struct counter *c = user;
    c->messages += send_bytes > 0, c->bytes += (int64_t)send_bytes;
    return c->inner->start(c->inner->user, send, send_bytes, to, receive, receive_bytes, from);
}

static int32_t finish(void *user) {
    const struct counter *c = user;
    return c->inner->finish(c->inner->user);
}

static int32_t all_gather(void *user, const void *send, uint64_t bytes, void *receive) {
    struct counter *c = user;
    c->gathers++, c->gathered += (int64_t)bytes;
    return c->inner->all_gather(c->inner->user, send, bytes, receive);
}

static void progress(void *user) {
    struct counter *c = user;
    if (c->polls++ == c->die_at) raise(SIGKILL);
    c->inner->progress(c->inner->user);
}

static const char *failure(void *user) {
    const struct counter *c = user;
    return c->inner->failure(c->inner->user);
}

sa_exchange counting_table(struct counter *c) {
    return (sa_exchange){.struct_size = sizeof(sa_exchange),
                         .user = c,
                         .rank = c->inner->rank,
                         .ranks = c->inner->ranks,
                         .start = start,
                         .finish = finish,
                         .all_gather = all_gather,
                         .progress = progress,
                         .failure = failure};
}

/* Ranks share processors: one thread each. */
sa_ctx *open_context(void) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = NULL;
    EXPECT(sa_ctx_create(&options, &ctx) == SA_OK, "%s", sa_ctx_last_error(NULL));
    return ctx;
}

float *random_floats(int64_t n, uint64_t seed) {
    float *x = malloc((size_t)(n + 1) * sizeof *x);
    EXPECT(x != NULL, "no memory");
    for (int64_t i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            sum += (double)(seed >> 11) * 0x1p-53 - .5;
        }
        x[i] = (float)(sum * 1.7);
    }
    return x;
}

static void refuse_bad_options(void) {
    sa_mpi *mpi = NULL;
    sa_mpi_options options = {.struct_size = sizeof options, .timeout_seconds = -1};
    EXPECT(sa_mpi_create(MPI_COMM_WORLD, &options, &mpi) == SA_ERR_VALUE && !mpi, "a negative timeout");
    EXPECT(strstr(sa_mpi_last_error(NULL), "timeout_seconds is -1"), "%s", sa_mpi_last_error(NULL));
    options.timeout_seconds = NAN;
    EXPECT(sa_mpi_create(MPI_COMM_WORLD, &options, &mpi) == SA_ERR_VALUE, "a timeout that is no number");
    options.struct_size = 8;
    EXPECT(sa_mpi_create(MPI_COMM_WORLD, &options, &mpi) == SA_ERR_STRUCT_SIZE, "a short struct");
    EXPECT(sa_mpi_create(MPI_COMM_NULL, NULL, &mpi) == SA_ERR_VALUE, "no communicator");
    EXPECT(sa_mpi_create(MPI_COMM_WORLD, NULL, NULL) == SA_ERR_NULL, "no handle");
    EXPECT(!sa_mpi_exchange(NULL), "a table of nothing");
    sa_mpi_destroy(&mpi);
    sa_mpi_destroy(NULL);
}

int main(int count, char **arguments) {
    sa_mpi *mpi = NULL;
    const int equal = count == 2 && !strcmp(arguments[1], "equal");
    const sa_mpi_options options = {.struct_size = sizeof options, .timeout_seconds = equal ? 0 : 3};
    int provided;
    if (sa_mpi_create(MPI_COMM_WORLD, NULL, &mpi) != SA_ERR_VALUE) return 1; /* before MPI_Init() */
    MPI_Init_thread(&count, &arguments, MPI_THREAD_FUNNELED, &provided);
    refuse_bad_options();
    EXPECT(sa_mpi_create(MPI_COMM_WORLD, &options, &mpi) == SA_OK, "%s", sa_mpi_last_error(NULL));
    if (equal)
        run_equal(mpi);
    else
        run_lost(mpi); /* does not return */
    sa_mpi_destroy(&mpi);
    MPI_Finalize();
    return 0;
}
