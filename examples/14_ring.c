/* One sequence on several processes: keys and values travel around a ring. mpirun -n 4 14_ring prints the same for any
 * number of processes, since results have the same bits. Needs libselfattn-mpi.
 * SPDX-License-Identifier: MIT */
#include <selfattn_mpi.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 4096, H = 4, K = 2, D = 32 };

/* Any numbers that depend on the token's place alone. */
static float *rows_of(const int64_t *positions, int64_t count, int64_t heads, int64_t salt) {
    float *x = malloc((size_t)(heads * count * D + 1) * sizeof *x);
    for (int64_t i = 0; x && i < heads * count * D; i++) {
        const int64_t token = positions[i / D % count], place = (token * 31 + i / D / count) * D + i % D;
        x[i] = (float)((place * 2654435761 + salt * 40503) % 1000) / 500 - 1;
    }
    return x;
}

static sa_status attend(sa_ctx *ctx, const sa_exchange *exchange, float *seen) {
    const sa_sharding shards = {.struct_size = sizeof shards, .tokens = N, .chunk = 128, .kind = SA_SHARDS_ZIGZAG};
    const sa_masking masking = {.struct_size = sizeof masking, .causal = 1};
    sa_ring_args args = {.struct_size = sizeof args, .exchange = exchange, .key_shards = &shards, .masking = &masking};
    int64_t tokens, positions[N];
    sa_status status = sa_shard_size(&shards, exchange->ranks, exchange->rank, &tokens);
    if (status == SA_OK) status = sa_shard_positions(&shards, exchange->ranks, exchange->rank, positions);
    if (status != SA_OK) return status;
    float *q = rows_of(positions, tokens, H, 1), *k = rows_of(positions, tokens, K, 2);
    float *v = rows_of(positions, tokens, K, 3), *o = malloc((size_t)(H * tokens * D + 1) * sizeof *o);
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, H, tokens, D);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, 1, K, tokens, D);
    sa_tensor_set(&args.value, v, SA_F32, SA_BHSD, 1, K, tokens, D);
    sa_tensor_set(&args.output, o, SA_F32, SA_BHSD, 1, H, tokens, D);
    status = sa_ring_attention(ctx, &args);
    for (int64_t i = 0; i < tokens && status == SA_OK; i++)
        if (positions[i] % 1000 == 0) seen[positions[i] / 1000] = o[i * D]; /* of head 0 */
    free(q), free(k), free(v), free(o);
    return status;
}

int main(int count, char **arguments) {
    float own[5] = {0}, all[5];
    sa_mpi *mpi = NULL;
    sa_ctx *ctx = NULL;
    int rank, provided;
    MPI_Init_thread(&count, &arguments, MPI_THREAD_FUNNELED, &provided);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (sa_mpi_create(MPI_COMM_WORLD, NULL, &mpi) != SA_OK || sa_ctx_create(NULL, &ctx) != SA_OK ||
        attend(ctx, sa_mpi_exchange(mpi), own) != SA_OK) {
        fprintf(stderr, "%s %s\n", sa_mpi_last_error(mpi), sa_ctx_last_error(ctx));
        MPI_Abort(MPI_COMM_WORLD, 1);
    }
    MPI_Reduce(own, all, 5, MPI_FLOAT, MPI_SUM, 0, MPI_COMM_WORLD); /* one process has each of them */
    for (int i = 0; i < 5 && rank == 0; i++) printf("token %d: %.5f\n", 1000 * i, (double)all[i]);
    sa_ctx_destroy(&ctx);
    sa_mpi_destroy(&mpi);
    MPI_Finalize();
    return 0;
}
