/* Many contexts on many threads share a layer and models, and compute problems of mixed shapes, masks, caches and
 * sessions for some seconds. Each round is computed again by one thread, whose bits have to be the same, and memory
 * must not grow: soak SECONDS
 * SPDX-License-Identifier: MIT */
#include "soak/jobs.h"
#include "threads/own_memory.h"

#include <pthread.h>
#include <time.h>

enum { CALLERS = 6, JOBS = 20, WARM = 3, MOST_GROWTH_KIB = 16 << 10 };

struct caller {
    const struct shared *shared;
    int32_t threads;
    uint64_t first, sums[JOBS];
};

static sa_ctx *open_context(int32_t threads) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    sa_ctx *ctx;
    if (sa_ctx_create(&options, &ctx) == SA_OK) return ctx;
    fprintf(stderr, "%s\n", sa_ctx_last_error(NULL));
    exit(1);
}

static void *run_jobs(void *arg) {
    struct caller *c = arg;
    sa_ctx *ctx = open_context(c->threads);
    for (int i = 0; i < JOBS; i++) c->sums[i] = job_run(ctx, c->shared, c->first + (uint64_t)i);
    sa_ctx_destroy(&ctx);
    return NULL;
}

/* The number of jobs of a round that had other bits than alone. */
static int run_round(const struct shared *shared, uint64_t round) {
    struct caller callers[CALLERS];
    pthread_t threads[CALLERS];
    int wrong = 0;
    for (int i = 0; i < CALLERS; i++) {
        callers[i] = (struct caller){shared, 1 + i % 3, (round * CALLERS + (uint64_t)i) * JOBS, {0}};
        if (pthread_create(&threads[i], NULL, run_jobs, &callers[i])) exit(1);
    }
    for (int i = 0; i < CALLERS; i++) pthread_join(threads[i], NULL);
    sa_ctx *ctx = open_context(1);
    for (int i = 0; i < CALLERS; i++)
        for (int j = 0; j < JOBS; j++) {
            const uint64_t seed = callers[i].first + (uint64_t)j;
            if (job_run(ctx, shared, seed) == callers[i].sums[j]) continue;
            fprintf(stderr, "job %llu had other bits than alone\n", (unsigned long long)seed);
            wrong++;
        }
    sa_ctx_destroy(&ctx);
    return wrong;
}

int main(int count, char **arguments) {
    struct shared shared;
    long warm = 0, growth;
    int wrong = 0;
    uint64_t rounds = 0;
    if (count != 2 || atol(arguments[1]) < 1) {
        fprintf(stderr, "usage: soak SECONDS\n");
        return 2;
    }
    shared_open(&shared);
    for (const time_t end = time(NULL) + atol(arguments[1]); rounds <= WARM || time(NULL) < end; rounds++) {
        if (rounds == WARM) warm = own_kib("VmRSS:");
        wrong += run_round(&shared, rounds);
    }
    growth = own_kib("VmRSS:") - warm;
    shared_close(&shared);
    printf("%llu jobs, %d with other bits than alone; %ld KiB after %d rounds, %ld more after %llu\n",
           (unsigned long long)rounds * CALLERS * JOBS, wrong, warm, WARM, growth, (unsigned long long)rounds);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    if (growth > MOST_GROWTH_KIB) return 1;
#endif
    return wrong > 0;
}
