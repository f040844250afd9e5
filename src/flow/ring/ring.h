/* Attention of a sequence whose tokens are spread over ranks: see sa_ring_attention() and sa_sharded_attention(). The
 * unit of work is a piece: one chunk of queries against one chunk of keys, an attention problem of its own. Its result
 * goes into the sums of sums.h, which no order of pieces changes.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_RING_RING_H
#define SA_FLOW_RING_RING_H

#include "base/ledger.h"
#include "flow/ring/sums.h"
#include "plan/shards.h"

struct ring {
    sa_exchange exchange; /* with one rank, its functions are not called */
    int circulates;       /* keys and values travel; 0: they stay, and all ranks have all queries */
    struct shards queries, keys;
    /* The rank's tensors, or its cache, with T and S of its shards; but what is visible speaks of whole sequences.
     * output and lse are where results go in the end. */
    struct problem problem;
};

/* The rank that deals with the queries: all of them if keys stay. */
static inline int64_t ring_query_rank(const struct ring *r) {
    return r->circulates ? r->exchange.rank : 0;
}

struct ring_plan {
    struct ledger all;
    int64_t lengths, offsets; /* int64_t [B]: of the keys in a piece, and where its queries stand */
    int64_t tables;           /* struct page_table [2][B]: of a cache, from the piece's first page on */
    int64_t sums, more;       /* double [B,H,T][sums_width()], the rank's and another one's */
    int64_t messages[2];      /* keys and values of a shard: [B,K,s,D], then [B,K,s,Dv] */
    int64_t outputs, lses;    /* float [B,H,queries of a piece][Dv] and [1] */
    int64_t attention;        /* scratch memory of a piece */
    int64_t sums_bytes, attention_bytes;
};

/* What went wrong in an exchange. */
struct ring_failure {
    const char *function; /* of the table; NULL: nothing */
    int32_t code;         /* what it returned */
    int64_t step;         /* from 1 */
};

/* Bytes of a shard's keys, and of its keys and values; they fit where ring_plan() has succeeded. */
int64_t ring_key_bytes(const struct ring *r, int64_t rank);
int64_t ring_message_bytes(const struct ring *r, int64_t rank);

/* Plans scratch memory; 0 if it does not fit into 63 bits, else 1. */
int plan_ring(const struct machine *machine, const struct ring *r, struct ring_plan *plan);

/* Computes the results; scratch has plan->all.bytes bytes. */
void ring_run(const struct machine *machine, const struct ring *r, const struct ring_plan *plan, void *scratch,
              struct ring_failure *failure);

/* Used by ring_run() alone. */
struct ring_work {
    const struct machine *machine;
    const struct ring *r;
    const struct ring_plan *plan;
    char *scratch;
    struct sums sums;
    struct ring_failure *failure;
    int64_t step;
};

/* Keys and values of a rank's shard as they lie in a message. */
struct shard_views {
    int64_t rank;
    struct view key, value;
};

/* All queries of this rank against one shard. */
void ring_attend(struct ring_work *w, const struct shard_views *shard);

/* Functions of the table: 0 if they fail, and then failure says why. */
int ring_start(struct ring_work *w, const void *send, int64_t send_bytes, int64_t to, void *receive,
               int64_t receive_bytes, int64_t from);
int ring_finish(struct ring_work *w);

#endif
