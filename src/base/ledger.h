/* Scratch memory before it is there: pieces are booked by name, placed one behind the other, and added up, checked.
 *
 *     struct ledger l = {.title = "block"};
 *     map.scores = ledger_book(&l, "scores", rows, keys, sizeof(float));     where the piece will lie, in bytes
 *     map.sums = ledger_book(&l, "sums", rows, Dv, sizeof(float));
 *     if (!ledger_fits(&l)) ...                                              some size left 63 bits
 *     ... l.bytes of memory at `base`:  ledger_open(&l, base);  (float *)(base + map.scores)
 *
 * Alternatives that use the same memory one after the other are ledgers of their own: the outer one books a piece of
 * the size of the largest, and each is opened where that piece lies when its turn comes.
 *
 * Under the address sanitizer a red zone lies behind every piece, which ledger_open() poisons. In builds without
 * NDEBUG, or with that sanitizer, a ledger remembers its pieces, and ledger_open() prints them to stderr where
 * SELFATTN_SCRATCH_MAP is set. SPDX-License-Identifier: MIT */
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
enum { LEDGER_PIECES = 32 };

struct ledger_piece {
    const char *name;
    int64_t at, bytes;
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

/* Books count * width elements of `size` bytes, each >= 0, and returns where they will lie: a multiple of
 * MEMORY_ALIGNMENT. Zero bytes take no room. Once a size does not fit, nothing more is booked. */
int64_t ledger_book(struct ledger *ledger, const char *name, int64_t count, int64_t width, int64_t size);

/* Notes that some size did not fit, for sizes that are computed elsewhere; `fits` 1 changes nothing. */
void ledger_require(struct ledger *ledger, int fits);

/* Whether all sizes fitted. */
static inline int ledger_fits(const struct ledger *ledger) {
    return !ledger->overflow;
}

#if LEDGER_KEEPS_PIECES
/* Says that the memory at `base`, which has ledger->bytes, is used as booked from now on. */
void ledger_open(const struct ledger *ledger, void *base);
#else
static inline void ledger_open(const struct ledger *ledger, void *base) {
    (void)ledger;
    (void)base;
}
#endif

#endif
