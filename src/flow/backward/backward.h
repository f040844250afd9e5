/* Gradients of attention. With P the weights, O the output, and dO the gradient of a loss by the output:
 *
 *     P_tj = exp(s_tj - lse_t)                      recomputed tile by tile; s as in the forward pass
 *     dV_j = sum over t of P'_tj dO_t               P' = m P, where m is the factor of dropout; without, 1
 *     dS_tj = P_tj (m_tj dO_t . v_j - dO_t . O_t)   the gradient by the score after masks and rules
 *     dQ_t = scale * sum over j of dS_tj c_tj k_j   c = 1 - (capped score / cap)^2 with a softcap, else 1
 *     dK_j = scale * sum over t of dS_tj c_tj q_t
 *
 * (Dao et al., "FlashAttention", 2022, appendix B.) Nothing of size T x S is kept.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BACKWARD_BACKWARD_H
#define SA_FLOW_BACKWARD_BACKWARD_H

#include "flow/tile/state.h"

/* What is known, and what is wanted: data or arrays that are NULL are not. Gradients are floats. */
struct gradients {
    struct view upstream;                   /* dO */
    struct view query, key, value;          /* dQ, dK, dV */
    float *mask;                            /* gradient of a mask tensor of numbers; zero at first */
    int64_t mask_b, mask_h, mask_t, mask_s; /* its strides, 0 along axes on which the mask is repeated */
    float *slopes, *bias, *sinks;           /* of the arrays of struct score_rules */
};

/* Where a worker's buffers lie in its scratch memory, in bytes from its start. */
struct backward_map {
    struct scratch_map tiles; /* those of a query block; `keys` and `values` are always copies */
    int64_t seen;             /* uint8_t[block_rows] */
    int64_t line;             /* float  [rows][most of D, Dv]  rows on their way */
    int64_t upstream;         /* float  [block_rows][Dv]       dO: [Dv][rows] per sub-tile */
    int64_t query_rows;       /* float  [block_rows][D, padded]  queries: [panel][row][its width] per sub-tile */
    int64_t upstream_rows;    /* float  [block_rows][Dv, padded] dO likewise */
    int64_t query_sums;       /* float  [block_rows][D]        dQ / scale of these keys: [D][rows] per sub-tile */
    int64_t base, factor;     /* float  [block_rows] each      exp(s - base) * factor is the weight */
    int64_t mean;             /* float  [block_rows]           dO . O */
    int64_t ones;             /* float  [rows] */
    int64_t gradient;         /* float  [keys][rows]           dO . v, then dS */
    int64_t slope;            /* float  [keys][rows]           c, with a softcap */
    int64_t dropped;          /* float  [keys][rows]           P' with dropout */
    int64_t clean;            /* float  [keys][D]              keys of a tile, without those that are not finite */
    int64_t key_sums;         /* float  [chunk keys][D, padded]   dK / scale: [panel][key][its width] */
    int64_t value_sums;       /* float  [chunk keys][Dv, padded]  dV likewise */
    int64_t slopes, sinks;    /* double [G] each */
    int64_t bias;             /* double [G][2 * reach + 1] */
    int64_t plain;            /* double [S][D + Dv], [D]       the plain path's sums */
};

/* How the work is cut: by sizes and by what is wanted, never by the number of threads.
 *
 * Usually a task takes one sequence and key/value head, and holds the sums of a chunk of its keys while all its queries
 * pass by. Gradients of what several sequences or heads share are summed up by one task for all of them. If there are
 * few sequences and heads, there are two passes with tasks of their own, by chunks of keys and by query blocks, which
 * costs 7 products instead of 5. */
struct backward_plan {
    int plain;
    struct tiling tiling;
    int64_t blocks;                     /* query blocks of a sequence and key/value head */
    int64_t chunk_keys, chunks;         /* of the keys */
    int shares_sequences, shares_heads; /* one task has all sequences, all key/value heads */
    int two_passes;
    int64_t tasks, key_tasks; /* of the only or the queries' pass, and of the keys' */
    struct backward_map map;
    struct ledger worker_memory;
    int32_t workers;
    int64_t bytes;
};

/* Plans the problem, whose output and lse are inputs; 0 if the scratch memory's size does not fit, else 1. */
int plan_backward(const struct machine *machine, const struct problem *problem, const struct gradients *gradients,
                  struct backward_plan *plan);

/* Computes the gradients. `scratch` has plan->bytes bytes. */
void backward_run(const struct machine *machine, const struct problem *problem, const struct gradients *gradients,
                  const struct backward_plan *plan, void *scratch);

/* A call, for the files of this folder. */
struct backward_job {
    const struct machine *machine;
    const struct problem *p;
    const struct gradients *gradients;
    const struct backward_plan *plan;
    char *scratch;
};

/* The sums of what all sequences share, for the query heads of a key/value head. */
struct shared_sums {
    double *slopes, *sinks, *bias;
};

static inline struct shared_sums shared_sums_at(const struct backward_plan *plan, char *memory) {
    const struct backward_map *map = &plan->map;
    return (struct shared_sums){(double *)(memory + map->slopes), (double *)(memory + map->sinks),
                                (double *)(memory + map->bias)};
}

/* The whole call on the plain path: it defines the right result. */
void backward_plain(const struct backward_job *job);

/* Adds dS of key j for query t of head h to the gradients of biases. */
void add_bias_gradient(const struct backward_job *job, const struct shared_sums *sums, int64_t b, int64_t h, int64_t t,
                       int64_t j, double dS);

/* Adds the gradient of head h's sink by one query. */
void add_sink_gradient(const struct backward_job *job, const struct shared_sums *sums, int64_t h, double lse,
                       double mean);

/* Before and after all queries of key/value head k. */
void clear_shared_sums(const struct backward_job *job, const struct shared_sums *sums);
void write_shared_sums(const struct backward_job *job, const struct shared_sums *sums, int64_t k);

/* Whether something beside dQ, dK, dV and the sinks is wanted. */
static inline int wants_biases(const struct gradients *g) {
    return g->mask || g->slopes || g->bias;
}

#endif
