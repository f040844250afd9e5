/* Attention over a graph: a node sees itself and the nodes that an edge leads to, and nothing else. Two triangles of
 * friends, 0 1 2 and 3 4 5, are joined by one edge between 2 and 3. Node 0 knows something; each round of attention
 * carries it one edge further. All scores are equal here, so a node takes the mean of what it sees.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { N = 6, D = 1, ROUNDS = 4 };

static const int edges[][2] = {{0, 1}, {1, 2}, {0, 2}, {3, 4}, {4, 5}, {3, 5}, {2, 3}};

int main(void) {
    sa_ctx *ctx = NULL;
    unsigned char sees[N * N] = {0}; /* one byte for each pair; row i has what node i sees */
    float zeros[N * D] = {0}, knows[2][N * D] = {{1}};
    for (int i = 0; i < N; i++) sees[i * N + i] = 1;
    for (size_t e = 0; e < sizeof edges / sizeof *edges; e++)
        sees[edges[e][0] * N + edges[e][1]] = sees[edges[e][1] * N + edges[e][0]] = 1;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;

    sa_masking graph = {.struct_size = sizeof graph};
    sa_tensor_set(&graph.mask, sees, SA_BOOL, SA_BHSD, 1, 1, N, N);
    sa_attention_args args = {.struct_size = sizeof args, .masking = &graph};
    sa_tensor_set(&args.query, zeros, SA_F32, SA_BHSD, 1, 1, N, D); /* a trained layer projects them from the nodes */
    sa_tensor_set(&args.key, zeros, SA_F32, SA_BHSD, 1, 1, N, D);

    sa_status status = SA_OK;
    for (int round = 0; round < ROUNDS && status == SA_OK; round++) {
        printf("after %d rounds:", round);
        for (int i = 0; i < N; i++) printf(" %.4f", knows[round % 2][i]);
        puts("");
        sa_tensor_set(&args.value, knows[round % 2], SA_F32, SA_BHSD, 1, 1, N, D);
        sa_tensor_set(&args.output, knows[1 - round % 2], SA_F32, SA_BHSD, 1, 1, N, D);
        status = sa_attention(ctx, &args);
    }
    if (status != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
