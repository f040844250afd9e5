/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 1024, CHUNK = 32, D = 32, DIE_AT = 30 /* of 64 pieces of the first of four steps */ };

void run_lost(const sa_mpi *mpi) {
    const sa_exchange *table = sa_mpi_exchange(mpi);
    struct counter counter = {.inner = table, .die_at = table->rank == table->ranks - 1 ? DIE_AT : -1};
    const sa_exchange exchange = counting_table(&counter);
    const sa_sharding shards = {.struct_size = sizeof shards, .tokens = T, .chunk = CHUNK};
    const int64_t tokens = T / table->ranks;
    float *x = random_floats(T * D, 1), *o = malloc(T * D * sizeof *o);
    sa_ctx *ctx = open_context();
    sa_ring_args a = {.struct_size = sizeof a, .exchange = &exchange, .key_shards = &shards};
    sa_tensor_set(&a.query, x, SA_F32, SA_BHSD, 1, 1, tokens, D);
    sa_tensor_set(&a.output, o, SA_F32, SA_BHSD, 1, 1, tokens, D);
    a.key = a.value = a.query;
    const sa_status status = sa_ring_attention(ctx, &a);
    EXPECT(status == SA_ERR_EXCHANGE, "the status is %d", (int)status);
    /* The handle is of no use any more, and says so at once. */
    EXPECT(sa_ring_attention(ctx, &a) == SA_ERR_EXCHANGE, "the second call");
    EXPECT(strstr(sa_ctx_last_error(ctx), "all_gather failed"), "%s", sa_ctx_last_error(ctx));
    char line[600];
    snprintf(line, sizeof line, "noticed: %s\n", sa_ctx_last_error(ctx));
    fputs(line, stdout);
    fflush(stdout);
    free(x), free(o);
    sa_ctx_destroy(&ctx);
    sa_mpi *owned = (sa_mpi *)mpi;
    sa_mpi_destroy(&owned);
    _Exit(3); /* MPI_Finalize() would wait for the dead, MPI_Abort() would end those that have not noticed yet */
}
