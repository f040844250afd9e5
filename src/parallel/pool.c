/* SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include "parallel/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

/* The tasks of one call. Late workers may still read a slot after its call has returned, so it is free for another call
 * only when it has no users. */
struct slot {
    void (*task)(void *arg, int64_t task, int32_t worker);
    void *arg;
    int64_t tasks;
    int32_t workers, joined; /* joined and open: under the pool's lock */
    int open;
    int caller_sleeps; /* under the lock */
    _Atomic int64_t next, done;
    _Atomic int64_t waiting_since,
        patience;          /* nanoseconds: since when the caller waits (0: it does not), and how long */
    _Atomic int32_t users; /* the caller, and workers that have joined */
};

enum { SLOTS = 64, MOST_THREADS = 1023 };

static struct {
    pthread_mutex_t lock;
    pthread_cond_t work, finished, ended;
    struct slot slots[SLOTS];
    _Atomic int32_t open_slots;
    _Atomic uint64_t published; /* calls so far; a spinning worker reads it */
    int32_t threads, sleeping;
    int ending;
    uint64_t retry; /* after a failure to start a thread: the value of `published` from which on it is tried again */
    pthread_t thread[MOST_THREADS];
} pool = {.lock = PTHREAD_MUTEX_INITIALIZER, .work = PTHREAD_COND_INITIALIZER, .finished = PTHREAD_COND_INITIALIZER};

/* Held while the pool is opened or closed. */
static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static int32_t contexts;

/* To wake a sleeping worker takes some ten microseconds. Spinning costs about as much at most, if no call follows.
 * */
enum { SPIN_NANOSECONDS = 20000, PAUSES_BETWEEN_LOOKS = 32 };

static inline void pause_cpu(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

static int64_t nanoseconds(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int is_published(const struct slot *unused, uint64_t seen) {
    (void)unused;
    return atomic_load_explicit(&pool.published, memory_order_acquire) != seen;
}

static int is_done(const struct slot *slot, uint64_t unused) {
    (void)unused;
    return atomic_load_explicit(&slot->done, memory_order_acquire) == slot->tasks;
}

/* Spins until the condition holds; 0 if it does not hold in time. */
static int spin(int (*holds)(const struct slot *slot, uint64_t seen), const struct slot *slot, uint64_t seen) {
    const int64_t end = nanoseconds() + SPIN_NANOSECONDS;
    do {
        for (int i = 0; i < PAUSES_BETWEEN_LOOKS; i++) {
            if (holds(slot, seen)) return 1;
            pause_cpu();
        }
    } while (nanoseconds() < end);
    return 0;
}

/* Returns how many tasks this worker did. *late says whether the caller had to wait for the last of them too long. */
static int64_t take_tasks(struct slot *s, int32_t worker, int *late) {
    int64_t taken = 0;
    *late = 0;
    for (;; taken++) {
        const int64_t t = atomic_fetch_add_explicit(&s->next, 1, memory_order_relaxed);
        if (t >= s->tasks) return taken;
        s->task(s->arg, t, worker);
        if (atomic_fetch_add_explicit(&s->done, 1, memory_order_acq_rel) + 1 < s->tasks || worker == 0) continue;
        const int64_t since = atomic_load_explicit(&s->waiting_since, memory_order_acquire);
        *late = since && nanoseconds() - since > atomic_load_explicit(&s->patience, memory_order_relaxed);
        pthread_mutex_lock(&pool.lock);
        if (s->caller_sleeps) pthread_cond_broadcast(&pool.finished);
        pthread_mutex_unlock(&pool.lock);
    }
}

/* ------------------------------------------------------------------------------------------------ workers */

/* Under the lock. */
static int wants_worker(const struct slot *s) {
    return s->open && s->joined < s->workers && atomic_load_explicit(&s->next, memory_order_relaxed) < s->tasks;
}

/* Joins a slot that needs one more worker, as number *worker; NULL if there is none. */
static struct slot *join(int32_t *worker) {
    struct slot *found = NULL;
    if (!atomic_load_explicit(&pool.open_slots, memory_order_acquire)) return NULL;
    pthread_mutex_lock(&pool.lock);
    for (int i = 0; i < SLOTS && !found; i++)
        if (wants_worker(&pool.slots[i])) found = &pool.slots[i];
    if (found) {
        *worker = found->joined++;
        atomic_fetch_add_explicit(&found->users, 1, memory_order_relaxed);
    }
    pthread_mutex_unlock(&pool.lock);
    return found;
}

/* If another process keeps a worker from running, the call has to wait for its task. So a worker that was late rests
 * for a while, longer each time: other processes get its processor time, and calls continue with the workers that do
 * run. After calls without delay the next rest is shorter again. */
enum { SHORTEST_REST = 1000000, LONGEST_REST = 64000000 };

static int64_t next_rest(int64_t last, int late) {
    if (!late) return last / 2;
    return last < SHORTEST_REST ? SHORTEST_REST : last < LONGEST_REST ? 2 * last : LONGEST_REST;
}

/* Sleeps for that long, or until the pool ends; 0 if it ends. */
static int rest(int64_t length) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)length;
    until.tv_sec += until.tv_nsec / 1000000000, until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&pool.lock);
    int timed_out = 0;
    while (!pool.ending && !timed_out) timed_out = pthread_cond_timedwait(&pool.ended, &pool.lock, &until) != 0;
    const int go_on = !pool.ending;
    pthread_mutex_unlock(&pool.lock);
    return go_on;
}

/* Sleeps until a call has been published since `seen`; 0 if the pool ends. */
static int sleep_until_published(uint64_t seen) {
    pthread_mutex_lock(&pool.lock);
    pool.sleeping++;
    while (!pool.ending && !is_published(NULL, seen)) pthread_cond_wait(&pool.work, &pool.lock);
    pool.sleeping--;
    const int go_on = !pool.ending;
    pthread_mutex_unlock(&pool.lock);
    return go_on;
}

static void *serve(void *unused) {
    int64_t length = 0; /* of the last rest, in nanoseconds */
    int go_on = 1, late;
    while (go_on) {
        const uint64_t seen = atomic_load_explicit(&pool.published, memory_order_acquire);
        int32_t worker = 0;
        struct slot *s = join(&worker);
        if (s) {
            take_tasks(s, worker, &late);
            atomic_fetch_sub_explicit(&s->users, 1, memory_order_release);
            length = next_rest(length, late);
            if (late) go_on = rest(length);
        } else if (!spin(is_published, NULL, seen)) {
            go_on = sleep_until_published(seen);
        }
    }
    return unused;
}

/* ------------------------------------------------------------------------------------------------- calls */

/* Starts workers until there are `count`, as far as the system allows; under the lock. They block all signals. */
static void start_threads(int32_t count) {
    sigset_t all, before;
    const uint64_t published = atomic_load_explicit(&pool.published, memory_order_relaxed);
    if (pool.threads >= count || published < pool.retry) return;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool.threads < count && pthread_create(&pool.thread[pool.threads], NULL, serve, NULL) == 0) pool.threads++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    enum { CALLS_BETWEEN_TRIALS = 1000 };
    if (pool.threads < count) pool.retry = published + CALLS_BETWEEN_TRIALS;
}

/* Takes a slot without users for the caller; NULL if all are in use. */
static struct slot *claim_slot(void) {
    for (int i = 0; i < SLOTS; i++) {
        int32_t nobody = 0;
        if (atomic_compare_exchange_strong_explicit(&pool.slots[i].users, &nobody, 1, memory_order_acquire,
                                                    memory_order_relaxed))
            return &pool.slots[i];
    }
    return NULL;
}

static void publish(struct slot *s) {
    const int64_t wanted = s->tasks < s->workers ? s->tasks - 1 : s->workers - 1;
    pthread_mutex_lock(&pool.lock);
    start_threads((int32_t)wanted);
    s->joined = 1;
    s->open = 1;
    atomic_fetch_add_explicit(&pool.open_slots, 1, memory_order_release);
    atomic_fetch_add_explicit(&pool.published, 1, memory_order_release);
    for (int64_t i = 0; i < wanted && i < pool.sleeping; i++) pthread_cond_signal(&pool.work);
    pthread_mutex_unlock(&pool.lock);
}

static void withdraw(struct slot *s) {
    pthread_mutex_lock(&pool.lock);
    s->open = 0;
    atomic_fetch_sub_explicit(&pool.open_slots, 1, memory_order_release);
    pthread_mutex_unlock(&pool.lock);
}

/* A wait for one more task is nothing special; `taken` tasks took the caller `time` nanoseconds. */
static int64_t patience_after(int64_t taken, int64_t time) {
    enum { ALWAYS = 500000 };
    return taken ? 2 * (time / taken) + ALWAYS : INT64_MAX;
}

static void wait_for_tasks(struct slot *s, int64_t taken, int64_t start) {
    if (is_done(s, 0)) return;
    const int64_t now = nanoseconds();
    atomic_store_explicit(&s->patience, patience_after(taken, now - start), memory_order_relaxed);
    atomic_store_explicit(&s->waiting_since, now, memory_order_release);
    if (spin(is_done, s, 0)) return;
    pthread_mutex_lock(&pool.lock);
    s->caller_sleeps = 1;
    while (!is_done(s, 0)) pthread_cond_wait(&pool.finished, &pool.lock);
    pthread_mutex_unlock(&pool.lock);
}

void pool_run(int32_t workers, int64_t tasks, void (*task)(void *arg, int64_t task, int32_t worker), void *arg) {
    struct slot *s = workers > 1 && tasks > 1 ? claim_slot() : NULL;
    if (!s) {
        for (int64_t t = 0; t < tasks; t++) task(arg, t, 0);
        return;
    }
    s->task = task, s->arg = arg, s->tasks = tasks;
    s->workers = workers <= MOST_THREADS ? workers : MOST_THREADS + 1;
    s->caller_sleeps = 0;
    atomic_store_explicit(&s->next, 0, memory_order_relaxed);
    atomic_store_explicit(&s->done, 0, memory_order_relaxed);
    atomic_store_explicit(&s->waiting_since, 0, memory_order_relaxed);
    const int64_t start = nanoseconds();
    publish(s);
    int late;
    const int64_t taken = take_tasks(s, 0, &late);
    withdraw(s);
    wait_for_tasks(s, taken, start);
    atomic_fetch_sub_explicit(&s->users, 1, memory_order_release);
}

/* ------------------------------------------------------------------------------------- contexts and forks */

static void before_fork(void) {
    pthread_mutex_lock(&users_lock);
    pthread_mutex_lock(&pool.lock);
}

static void in_parent(void) {
    pthread_mutex_unlock(&pool.lock);
    pthread_mutex_unlock(&users_lock);
}

/* Rests are timed by a clock that nobody sets. */
static void init_ended(void) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&pool.ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

/* A child has no worker threads, and none of the calls that other threads were running. */
static void in_child(void) {
    memset(&pool, 0, sizeof pool);
    pthread_mutex_init(&pool.lock, NULL);
    pthread_cond_init(&pool.work, NULL);
    pthread_cond_init(&pool.finished, NULL);
    init_ended();
    contexts = 0;
    pthread_mutex_unlock(&users_lock);
}

static void prepare(void) {
    init_ended();
    (void)pthread_atfork(before_fork, in_parent, in_child);
}

void pool_open(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, prepare);
    pthread_mutex_lock(&users_lock);
    contexts++;
    pthread_mutex_unlock(&users_lock);
}

static void end_threads(void) {
    pthread_mutex_lock(&pool.lock);
    pool.ending = 1;
    pthread_cond_broadcast(&pool.work);
    pthread_cond_broadcast(&pool.ended);
    pthread_mutex_unlock(&pool.lock);
    for (int32_t i = 0; i < pool.threads; i++) pthread_join(pool.thread[i], NULL);
    pool.threads = 0;
    pool.ending = 0;
}

/* In a child of fork(), contexts of the parent may be destroyed that the child has not counted. */
void pool_close(void) {
    pthread_mutex_lock(&users_lock);
    if (contexts > 0 && --contexts == 0) end_threads();
    pthread_mutex_unlock(&users_lock);
}
