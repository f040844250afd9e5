/* SPDX-License-Identifier: MIT */
#include "linear/attention.h"

/* Books a piece of `count` rows; where it lies, if there is memory already. */
static float *piece(struct ledger *l, char *base, const char *name, int64_t count, int64_t width) {
    const int64_t at = ledger_book(l, name, count, width, sizeof(float));
    return base ? (float *)(void *)(base + at) : NULL;
}

/* A worker's pieces; base NULL: only books them. */
static struct linear_memory place(const struct linear_problem *p, struct ledger *l, char *base) {
    const int64_t row = p->sizes.row, columns = p->sizes.columns, decays = linear_decays(p);
    const int64_t tokens = p->recurrent ? 1 : LINEAR_CHUNK, rows = p->recurrent ? 1 + p->G : LINEAR_CHUNK;
    const int64_t spare = max_i64(LINEAR_CHUNK, max_i64(row, columns));
#define PIECE(name, count, width) piece(l, base, name, count, width)
    return (struct linear_memory){
        .state = PIECE("state", p->state ? 0 : 1, p->head_floats),
        .keys = PIECE("keys", tokens, row),
        .rows = PIECE("rows", rows, row),
        .raw = PIECE("raw", p->random ? tokens : 0, p->D),
        .decay = PIECE("decay", tokens, decays),
        .prefix = PIECE("prefix", tokens, p->recurrent ? row : decays),
        .suffix = PIECE("suffix", decays > 1 ? LINEAR_GROUP : 1, max_i64(LINEAR_CHUNK, row)),
        .keys_t = PIECE("keys_t", p->recurrent ? 0 : row, LINEAR_CHUNK),
        .scores = PIECE("scores", rows, LINEAR_CHUNK),
        .values = PIECE("values", tokens, columns),
        .result = PIECE("result", rows, columns),
        .beta = PIECE("beta", tokens, 1),
        .spare = PIECE("spare", spare, 1),
    };
#undef PIECE
}

static void plan(const struct machine *machine, const struct linear_problem *p, struct linear_work *w) {
    int64_t tasks = 0;
    *w = (struct linear_work){.machine = machine, .p = p, .worker = {.title = "linear attention, a worker"}};
    place(p, &w->worker, NULL);
    ledger_require(&w->all, checked_mul(p->B, p->K, &tasks));
    w->tasks = tasks;
    w->workers = parallel_workers(&machine->parallel, tasks);
    ledger_book_each(&w->all, &w->worker, w->workers);
}

int64_t linear_bytes(const struct machine *machine, const struct linear_problem *p) {
    struct linear_work w;
    plan(machine, p, &w);
    return ledger_bytes(&w.all);
}

static void linear_task(void *job, int64_t task, int32_t worker) {
    const struct linear_work *w = job;
    const struct linear_problem *p = w->p;
    struct ledger places = {0};
    struct linear_task t = {.p = p, .kernels = w->machine->kernels, .b = task / p->K, .k = task % p->K};
    t.m = place(p, &places, w->scratch + worker * w->worker.bytes);
    t.head = p->state ? linear_state_head(p->state, t.b, t.k) : linear_head_at(t.m.state, &p->sizes);
    if (!p->state) linear_head_clear(&t.head, &p->sizes);
    if (w->machine->path == SA_PATH_PLAIN)
        linear_plain(&t);
    else if (p->recurrent)
        linear_steps(&t);
    else
        linear_chunks(&t);
}

void linear_run(const struct machine *machine, const struct linear_problem *p, void *scratch) {
    struct linear_work w;
    plan(machine, p, &w);
    w.scratch = scratch;
    ledger_open_each(&w.worker, w.scratch, w.workers);
    tasks_run(&machine->parallel, w.tasks, linear_task, &w);
    ledger_close_each(&w.worker, w.scratch, w.workers);
}
