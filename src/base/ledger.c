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

/* The bytes of a piece, and the room that it takes, red zone included. 0 if that does not fit into 63 bits. */
static int room_for(int64_t count, int64_t width, int64_t size, int64_t *bytes, int64_t *room) {
    int64_t elements;
    if (count < 0 || width < 0 || size < 0) return 0;
    if (!checked_mul(count, width, &elements) || !checked_mul(elements, size, bytes)) return 0;
    *room = 0;
    return *bytes == 0 || (checked_add(*bytes, MEMORY_ALIGNMENT - 1, room) &&
                           checked_add(*room / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT, RED_ZONE, room));
}

/* Remembers a piece of `bytes` bytes that takes `room` from `at` on. */
static void remember(struct ledger *l, const char *name, int64_t at, int64_t bytes, int64_t room) {
#if LEDGER_KEEPS_PIECES
    if (bytes && l->count < LEDGER_PIECES) l->pieces[l->count++] = (struct ledger_piece){name, at, bytes, room};
#else
    (void)l;
    (void)name;
    (void)at;
    (void)bytes;
    (void)room;
#endif
}

static void remember_each(struct ledger *l, const struct ledger *inner, int64_t at, int64_t copies) {
#if LEDGER_KEEPS_PIECES
    for (int64_t c = 0; c < copies && l->count < LEDGER_PIECES; c++)
        for (int i = 0; i < inner->count; i++) {
            const struct ledger_piece *p = &inner->pieces[i];
            remember(l, p->name, at + c * inner->bytes + p->at, p->bytes, p->room);
        }
#else
    (void)l;
    (void)inner;
    (void)at;
    (void)copies;
#endif
}

/* Moves the ledger's end forward and returns where it was. Once a size did not fit, nothing moves. */
static int64_t place(struct ledger *l, int fits, int64_t room) {
    int64_t at = l->bytes, end;
    if (l->overflow || !fits || !checked_add(at, room, &end)) {
        l->overflow = 1;
        return 0;
    }
    l->bytes = end;
    return at;
}

int64_t ledger_book(struct ledger *l, const char *name, int64_t count, int64_t width, int64_t size) {
    int64_t bytes = 0, room = 0;
    int fits = room_for(count, width, size, &bytes, &room);
    int64_t at = place(l, fits, room);
    if (!l->overflow) remember(l, name, at, bytes, room);
    return at;
}

int64_t ledger_book_each(struct ledger *l, const struct ledger *inner, int64_t copies) {
    int64_t room = 0;
    int fits = !inner->overflow && copies >= 0 && checked_mul(copies, inner->bytes, &room);
    int64_t at = place(l, fits, room);
    if (!l->overflow) remember_each(l, inner, at, copies);
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

void ledger_close_each(const struct ledger *l, void *base, int64_t copies) {
#ifdef ADDRESS_SANITIZER
    ASAN_UNPOISON_MEMORY_REGION(base, (size_t)(copies * l->bytes));
#else
    (void)l;
    (void)base;
    (void)copies;
#endif
}

void ledger_close(const struct ledger *l, void *base) {
    ledger_close_each(l, base, 1);
}
#endif
