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

/* What a piece has, and what it takes, red zone included; 0 if that does not fit. */
static int room_for(int64_t count, int64_t width, int64_t size, int64_t *bytes, int64_t *room) {
    int64_t elements;
    if (count < 0 || width < 0 || size < 0) return 0;
    if (!checked_mul(count, width, &elements) || !checked_mul(elements, size, bytes)) return 0;
    *room = 0;
    return *bytes == 0 || (checked_add(*bytes, MEMORY_ALIGNMENT - 1, room) &&
                           checked_add(*room / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, RED_ZONE, room));
}

static void remember(struct ledger *l, const char *name, int64_t bytes, int64_t room) {
#if LEDGER_KEEPS_PIECES
    if (bytes && l->count < LEDGER_PIECES) l->pieces[l->count++] = (struct ledger_piece){name, l->bytes, bytes, room};
#else
    (void)l;
    (void)name;
    (void)bytes;
    (void)room;
#endif
}

int64_t ledger_book(struct ledger *l, const char *name, int64_t count, int64_t width, int64_t size) {
    int64_t bytes, room, end, at = l->bytes;
    if (l->overflow || !room_for(count, width, size, &bytes, &room) || !checked_add(at, room, &end)) {
        l->overflow = 1;
        return 0;
    }
    remember(l, name, bytes, room);
    l->bytes = end;
    return at;
}

void ledger_require(struct ledger *l, int fits) {
    if (!fits) l->overflow = 1;
}

#if LEDGER_KEEPS_PIECES
static void print(const struct ledger *l, int64_t copies) {
    fprintf(stderr, "%s: %lld bytes", l->title ? l->title : "scratch", (long long)l->bytes);
    if (copies != 1) fprintf(stderr, ", %lld times", (long long)copies);
    fprintf(stderr, "\n");
    for (int i = 0; i < l->count; i++)
        fprintf(stderr, "  %12lld  %12lld  %s\n", (long long)l->pieces[i].at, (long long)l->pieces[i].bytes,
                l->pieces[i].name);
}

static void guard(const struct ledger *l, char *base) {
#ifdef ADDRESS_SANITIZER
    ASAN_UNPOISON_MEMORY_REGION(base, (size_t)l->bytes);
    for (int i = 0; i < l->count; i++) {
        const struct ledger_piece *p = &l->pieces[i];
        ASAN_POISON_MEMORY_REGION(base + p->at + p->bytes, (size_t)(p->room - p->bytes));
    }
#else
    (void)l;
    (void)base;
#endif
}

void ledger_open_each(const struct ledger *l, void *base, int64_t copies) {
    if (getenv("SELFATTN_SCRATCH_MAP")) print(l, copies);
    for (int64_t i = 0; i < copies; i++) guard(l, (char *)base + i * l->bytes);
}

void ledger_open(const struct ledger *l, void *base) {
    ledger_open_each(l, base, 1);
}
#endif
