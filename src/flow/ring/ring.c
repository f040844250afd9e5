/* SPDX-License-Identifier: MIT */
#include "flow/ring/ring.h"

#include "base/arith.h"

#include <string.h>

static int failed(struct ring_work *w, const char *function, int32_t code) {
    if (code) *w->failure = (struct ring_failure){function, code, w->step};
    return code != 0;
}

int ring_start(struct ring_work *w, const void *send, int64_t send_bytes, int64_t to, void *receive,
               int64_t receive_bytes, int64_t from) {
    const sa_exchange *x = &w->r->exchange;
    w->step++;
    return !failed(w, "start",
                   x->start(x->user, send, (uint64_t)send_bytes, to, receive, (uint64_t)receive_bytes, from));
}

int ring_finish(struct ring_work *w) {
    return !failed(w, "finish", w->r->exchange.finish(w->r->exchange.user));
}

/* A shard's keys and values in a message. */
static struct shard_views views_of(const struct ring *r, int64_t rank, char *message) {
    const struct problem *p = &r->problem;
    const int64_t tokens = shards_tokens_of(&r->keys, rank);
    struct shard_views views = {.rank = rank};
    views.key = (struct view){.data = message,
                              .stride_b = p->K * tokens * p->D,
                              .stride_h = tokens * p->D,
                              .stride_s = p->D,
                              .stride_d = 1,
                              .dtype = p->key.dtype};
    views.value = (struct view){.data = message + ring_key_bytes(r, rank),
                                .stride_b = p->K * tokens * p->Dv,
                                .stride_h = tokens * p->Dv,
                                .stride_s = p->Dv,
                                .stride_d = 1,
                                .dtype = p->value.dtype};
    return views;
}

struct packing_job {
    const struct problem *p;
    const struct shard_views *to;
};

static void pack_row(const struct view *from, const struct view *to, const char *source, char *target, int64_t n) {
    const int64_t size = element_size(to->dtype);
    if (from->stride_d == 1)
        memcpy(target, source, (size_t)(n * size));
    else
        for (int64_t d = 0; d < n; d++) memcpy(target + d * size, source + d * from->stride_d * size, (size_t)size);
}

static void pack_task(void *job, int64_t task, int32_t worker) {
    const struct packing_job *j = job;
    const int64_t b = task / j->p->K, k = task % j->p->K;
    (void)worker;
    for (int64_t s = 0; s < j->p->S; s++) {
        pack_row(&j->p->key, &j->to->key, view_row(&j->p->key, b, k, s), view_row(&j->to->key, b, k, s), j->p->D);
        pack_row(&j->p->value, &j->to->value, view_row(&j->p->value, b, k, s), view_row(&j->to->value, b, k, s),
                 j->p->Dv);
    }
}

/* Keys and values go around: at step i a rank has those of rank - i. They are sent on while they are used. */
static void circulate(struct ring_work *w) {
    const struct ring *r = w->r;
    const int64_t ranks = r->exchange.ranks, own = r->exchange.rank;
    char *now = w->scratch + w->plan->messages[0], *next = w->scratch + w->plan->messages[1];
    const struct shard_views first = views_of(r, own, now);
    struct packing_job job = {&r->problem, &first};
    tasks_run(&w->machine->parallel, r->problem.B * r->problem.K, pack_task, &job);
    for (int64_t i = 0; i < ranks; i++) {
        const int64_t rank = (own - i + ranks) % ranks, coming = (rank - 1 + ranks) % ranks;
        const int last = i == ranks - 1;
        const struct shard_views shard = views_of(r, rank, now);
        if (!last && !ring_start(w, now, ring_message_bytes(r, rank), (own + 1) % ranks, next,
                                 ring_message_bytes(r, coming), (own - 1 + ranks) % ranks))
            return;
        ring_attend(w, &shard);
        if (!last && !ring_finish(w)) return;
        char *const free = now;
        now = next, next = free;
    }
}

static int exchange_sums(struct ring_work *w, int64_t with, int sends, int receives) {
    const int64_t bytes = w->plan->sums_bytes;
    return ring_start(w, w->scratch + w->plan->sums, sends ? bytes : 0, with, w->scratch + w->plan->more,
                      receives ? bytes : 0, with) &&
           ring_finish(w);
}

/* Recursive doubling among `most` ranks, the largest power of two; each of the others gives its sums to one of these
 * before, and gets the result behind. */
static void join_sums(struct ring_work *w) {
    const int64_t ranks = w->r->exchange.ranks, own = w->r->exchange.rank;
    const double *more = (const double *)(w->scratch + w->plan->more);
    int64_t most = 1;
    while (most <= ranks / 2) most *= 2;
    if (own >= most) {
        if (exchange_sums(w, own - most, 1, 0) && exchange_sums(w, own - most, 0, 1))
            memcpy(w->sums.rows, more, (size_t)w->plan->sums_bytes);
        return;
    }
    const int helps = own < ranks - most;
    if (helps && !exchange_sums(w, own + most, 0, 1)) return;
    if (helps) sums_join(&w->sums, more);
    for (int64_t bit = 1; bit < most; bit *= 2) {
        if (!exchange_sums(w, own ^ bit, 1, 1)) return;
        sums_join(&w->sums, more);
    }
    if (helps) exchange_sums(w, own + most, 1, 0);
}

void ring_run(const struct machine *machine, const struct ring *r, const struct ring_plan *plan, void *scratch,
              struct ring_failure *failure) {
    const struct problem *p = &r->problem;
    struct ring_work w = {machine, r, plan, scratch, .failure = failure};
    *failure = (struct ring_failure){0};
    ledger_open(&plan->all, scratch);
    w.sums = (struct sums){machine, p->B, p->H, p->T, p->Dv, (double *)(w.scratch + plan->sums)};
    sums_clear(&w.sums);
    if (r->circulates)
        circulate(&w);
    else
        ring_attend(&w, &(struct shard_views){r->exchange.rank, p->key, p->value});
    if (!r->circulates && r->exchange.ranks > 1) join_sums(&w);
    if (!failure->function) sums_finish(&w.sums, p->rules.sinks, &p->output, &p->lse);
    ledger_close(&plan->all, scratch);
}
