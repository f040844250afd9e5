/* A list of named pieces of memory, made before the memory is allocated. It places them one behind the other and adds
 * up their sizes, checked.
 *
 *     struct ledger l = {.title = "block"};
 *     map.scores = ledger_book(&l, "scores", rows, keys, sizeof(float));     where the piece will lie, in bytes
 *     map.sums = ledger_book(&l, "sums", rows, Dv, sizeof(float));
 *     if (!ledger_fits(&l)) ...                                              some size left 63 bits
 *     ... l.bytes of memory at `base`:  ledger_open(&l, base);  (float *)(base + map.scores)
 *
 * The memory of a worker has a ledger of its own; ledger_open_each() opens it for all workers at once. Steps that use
 * the same memory one after the other have a ledger each. The outer ledger books one piece of the size of the largest.
 * Each step opens its ledger at the place of that piece, and closes it when it is done.
 *
 * With the address sanitizer, a red zone lies behind every piece, and ledger_open() poisons it. In builds without
 * NDEBUG, or with that sanitizer, a ledger remembers its pieces. ledger_open() then prints them to stderr if the
 * environment variable SELFATTN_SCRATCH_MAP is set. SPDX-License-Identifier: MIT */
#ifndef SA_BASE_LEDGER_H
#define SA_BASE_LEDGER_H

#include "base/compiler.h"

#include <stdint.h>

#if defined(ADDRESS_SANITIZER) || !defined(NDEBUG)
#define LEDGER_KEEPS_PIECES 1
#else
#define LEDGER_KEEPS_PIECES 0
#endif

#if LEDGER_KEEPS_PIECES
enum { LEDGER_PIECES = 32 }; /* pieces beyond these are booked, but not guarded or printed */

struct ledger_piece {
    const char *name;
    int64_t at, bytes, room; /* room is what it takes, red zone included */
};
#endif

struct ledger {
    const char *title;
    int64_t bytes; /* of all pieces so far, red zones included */
    int overflow;
#if LEDGER_KEEPS_PIECES
    int count;
    struct ledger_piece pieces[LEDGER_PIECES];
#endif
};

/* Books count * width elements of `size` bytes, and returns where they will lie: a multiple of MEMORY_ALIGNMENT. Zero
 * bytes take no room. A negative number means a size that did not fit where it was computed. Once a size does not fit,
 * nothing more is booked. `name` has to live as long as the ledger. */
int64_t ledger_book(struct ledger *ledger, const char *name, int64_t count, int64_t width, int64_t size);

/* Books `copies` of another ledger, one behind the other, with all their pieces; copy c lies at c * inner->bytes behind
 * the place that is returned. */
int64_t ledger_book_each(struct ledger *ledger, const struct ledger *inner, int64_t copies);

/* For sizes that are computed elsewhere: `fits` 0 notes that one did not fit, 1 changes nothing. */
void ledger_require(struct ledger *ledger, int fits);

/* Whether all sizes fitted. */
static inline int ledger_fits(const struct ledger *ledger) {
    return !ledger->overflow;
}

/* Bytes in all; -1 if they do not fit. Another ledger accepts -1 as a size that did not fit. */
static inline int64_t ledger_bytes(const struct ledger *ledger) {
    return ledger->overflow ? -1 : ledger->bytes;
}

#if LEDGER_KEEPS_PIECES
/* Begins to use the memory at `base`, ledger->bytes long, as it was booked. */
void ledger_open(const struct ledger *ledger, void *base);

/* The same for `copies` of the ledger, one behind the other: one for each worker. */
void ledger_open_each(const struct ledger *ledger, void *base, int64_t copies);

/* Removes the red zones, so that the next step may use the memory as a whole. */
void ledger_close(const struct ledger *ledger, void *base);
void ledger_close_each(const struct ledger *ledger, void *base, int64_t copies);
#else
static inline void ledger_open(const struct ledger *ledger, void *base) {
    (void)ledger;
    (void)base;
}
static inline void ledger_open_each(const struct ledger *ledger, void *base, int64_t copies) {
    (void)ledger;
    (void)base;
    (void)copies;
}
static inline void ledger_close(const struct ledger *ledger, void *base) {
    (void)ledger;
    (void)base;
}
static inline void ledger_close_each(const struct ledger *ledger, void *base, int64_t copies) {
    (void)ledger;
    (void)base;
    (void)copies;
}
#endif

#endif
