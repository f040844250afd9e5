/* SPDX-License-Identifier: MIT */
#include "base/ledger.h"

#include "base/arith.h"
#include "base/memory.h"

#if LEDGER_KEEPS_PIECES
#include <stdio.h>
#include <stdlib.h>
#endif

#ifdef ADDRESS_SANITIZER
#include <sanitizer/asan_interface.h>
enum { RED_ZONE = MEMORY_ALIGNMENT };
#else
enum { RED_ZONE = 0 };
#endif

/* What a piece takes, red zone included; 0 if that does not fit. */
static int room_for(int64_t count, int64_t width, int64_t size, int64_t *bytes, int64_t *room) {
    int64_t elements;
    if (!checked_mul(count, width, &elements) || !checked_mul(elements, size, bytes)) return 0;
    *room = 0;
    return *bytes == 0 || (checked_add(*bytes, MEMORY_ALIGNMENT - 1, room) &&
                           checked_add(*room / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, RED_ZONE, room));
}

static void remember(struct ledger *l, const char *name, int64_t bytes) {
#if LEDGER_KEEPS_PIECES
    if (bytes && l->count < LEDGER_PIECES) l->pieces[l->count++] = (struct ledger_piece){name, l->bytes, bytes};
#else
    (void)l;
    (void)name;
    (void)bytes;
#endif
}

int64_t ledger_book(struct ledger *l, const char *name, int64_t count, int64_t width, int64_t size) {
    int64_t bytes, room, end, at = l->bytes;
    if (l->overflow || !room_for(count, width, size, &bytes, &room) || !checked_add(at, room, &end)) {
        l->overflow = 1;
        return 0;
    }
    remember(l, name, bytes);
    l->bytes = end;
    return at;
}

void ledger_require(struct ledger *l, int fits) {
    if (!fits) l->overflow = 1;
}

#if LEDGER_KEEPS_PIECES
static void print(const struct ledger *l) {
    fprintf(stderr, "%s: %lld bytes\n", l->title ? l->title : "scratch", (long long)l->bytes);
    for (int i = 0; i < l->count; i++)
        fprintf(stderr, "  %10lld  %10lld  %s\n", (long long)l->pieces[i].at, (long long)l->pieces[i].bytes,
                l->pieces[i].name);
}

void ledger_open(const struct ledger *l, void *base) {
    if (getenv("SELFATTN_SCRATCH_MAP")) print(l);
#ifdef ADDRESS_SANITIZER
    ASAN_UNPOISON_MEMORY_REGION(base, l->bytes);
    for (int i = 0; i < l->count; i++) {
        const struct ledger_piece *p = &l->pieces[i];
        int64_t end = p->at + p->bytes, next = i + 1 < l->count ? l->pieces[i + 1].at : l->bytes;
        ASAN_POISON_MEMORY_REGION((char *)base + end, next - end);
    }
#else
    (void)base;
#endif
}
#endif
