/* Who is using a context, whether that call shall end, and whom it tells how far it is.
 *
 * A call is cancelled by a bit that its loops read: between tasks, tiles of keys, blocks of a model. The loop that
 * reads it leaves work out, and notes that. So a call was cancelled if and only if something was left out; the bit
 * stays set until the call ends, and whatever would use what was not computed can ask.
 * SPDX-License-Identifier: MIT */
#ifndef SA_PARALLEL_WATCH_H
#define SA_PARALLEL_WATCH_H

#include "selfattn.h"

#include <stdatomic.h>
#include <stddef.h>

enum {
    WATCH_BUSY = 1,      /* a call is using the context */
    WATCH_CANCELLED = 2, /* the call that began first shall end */
    WATCH_STOPPED = 4,   /* the call that is running has left work out */
    WATCH_SHIELDED = 8,  /* the call that is running goes on to its end */
    WATCH_LENT = 16,     /* added once for every call that waits for a callback, which may use the context */
};

struct watch {
    _Atomic uint32_t state;
    sa_ctx_progress_fn progress; /* NULL: nobody wants to know */
    void *user;
    const char *what; /* the stretch of work that is told about now; NULL: none */
    int64_t total;
};

/* Whether to leave out what comes next. A watch of NULL never stops anything. */
static inline int watch_stops(struct watch *w) {
    if (!w) return 0;
    const uint32_t state = atomic_load_explicit(&w->state, memory_order_relaxed);
    if ((state & (WATCH_CANCELLED | WATCH_SHIELDED)) != WATCH_CANCELLED) return 0;
    if (!(state & WATCH_STOPPED)) atomic_fetch_or_explicit(&w->state, WATCH_STOPPED, memory_order_relaxed);
    return 1;
}

/* Whether the running call has left work out. */
static inline int watch_has_stopped(const struct watch *w) {
    return w && atomic_load_explicit(&w->state, memory_order_relaxed) & WATCH_STOPPED;
}

/* What cannot be undone goes on to its end: from here to the end of the call. */
static inline void watch_shield(struct watch *w) {
    atomic_fetch_or_explicit(&w->state, WATCH_SHIELDED, memory_order_relaxed);
}

/* A stretch of work, told by the thread that called. Only one is told about at a time: one within another tells
 * nothing, and its watch_begin() returns NULL, with which the others do nothing. */
static inline struct watch *watch_begin(struct watch *w, const char *what, int64_t total) {
    if (!w || !w->progress || w->what) return NULL;
    w->what = what, w->total = total;
    w->progress(w->user, what, 0, total);
    return w;
}
static inline void watch_tell(const struct watch *w, int64_t done) {
    if (w) w->progress(w->user, w->what, done, w->total);
}
static inline void watch_end(struct watch *w) {
    if (w) w->what = NULL;
}

#endif
