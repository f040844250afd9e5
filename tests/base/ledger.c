/* base/ledger: where pieces lie, how many bytes they take, which sizes do not fit, and that overruns are caught.
 * SPDX-License-Identifier: MIT */
#include "base/ledger.h"

#include "base/memory.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef ADDRESS_SANITIZER
enum { RED_ZONE = MEMORY_ALIGNMENT };
#else
enum { RED_ZONE = 0 };
#endif

/* The most bytes that a piece alone may have. */
#define MOST_BYTES (INT64_MAX / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT - RED_ZONE)

static int64_t rounded(int64_t bytes) {
    return bytes ? (bytes + MEMORY_ALIGNMENT - 1) / MEMORY_ALIGNMENT * MEMORY_ALIGNMENT + RED_ZONE : 0;
}

Test(ledger, places_pieces_one_behind_the_other) {
    struct ledger l = {.title = "pieces"};
    const int64_t sizes[] = {1, 63, 64, 65, 1000, 4096};
    int64_t end = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_expect_eq(ledger_book(&l, "piece", sizes[i], 1, 1), end);
        cr_expect_eq(end % MEMORY_ALIGNMENT, 0);
        end += rounded(sizes[i]);
        cr_expect_eq(l.bytes, end);
    }
    cr_expect(ledger_fits(&l));
    cr_expect_eq(ledger_bytes(&l), end);
}

Test(ledger, multiplies_the_three_sizes) {
    struct ledger l = {.title = "product"};
    ledger_book(&l, "product", 3, 5, 8);
    cr_expect_eq(l.bytes, rounded(120));
}

Test(ledger, zero_bytes_take_no_room) {
    struct ledger l = {.title = "zero"};
    ledger_book(&l, "first", 10, 1, 1);
    const int64_t end = l.bytes;
    cr_expect_eq(ledger_book(&l, "no rows", 0, INT64_MAX, 8), end);
    cr_expect_eq(ledger_book(&l, "no width", INT64_MAX, 0, 8), end);
    cr_expect_eq(ledger_book(&l, "no size", 3, 3, 0), end);
    cr_expect_eq(l.bytes, end);
    cr_expect_eq(ledger_book(&l, "next", 1, 1, 1), end);
    cr_expect(ledger_fits(&l));
}

Test(ledger, fits_up_to_the_last_byte) {
    struct ledger whole = {0}, larger = {0};
    cr_expect_eq(ledger_book(&whole, "whole", MOST_BYTES, 1, 1), 0);
    cr_expect(ledger_fits(&whole));
    cr_expect_eq(whole.bytes, MOST_BYTES + RED_ZONE);
    ledger_book(&larger, "larger", MOST_BYTES + 1, 1, 1);
    cr_expect_not(ledger_fits(&larger));
}

Test(ledger, sums_fit_up_to_the_last_byte) {
    struct ledger whole = {0}, larger = {0};
    const int64_t first = rounded(1);
    ledger_book(&whole, "first", 1, 1, 1);
    cr_expect_eq(ledger_book(&whole, "rest", MOST_BYTES - first, 1, 1), first);
    cr_expect(ledger_fits(&whole));
    ledger_book(&larger, "first", 1, 1, 1);
    ledger_book(&larger, "rest", MOST_BYTES - first + 1, 1, 1);
    cr_expect_not(ledger_fits(&larger));
}

Test(ledger, products_that_overflow_do_not_fit) {
    struct ledger elements = {0}, bytes = {0};
    ledger_book(&elements, "elements", (int64_t)1 << 32, (int64_t)1 << 31, 1);
    cr_expect_not(ledger_fits(&elements));
    ledger_book(&bytes, "bytes", (int64_t)1 << 31, (int64_t)1 << 30, 4);
    cr_expect_not(ledger_fits(&bytes));
}

Test(ledger, books_nothing_more_once_something_does_not_fit) {
    struct ledger l = {0};
    ledger_book(&l, "first", 1, 1, 1);
    const int64_t end = l.bytes;
    ledger_book(&l, "too large", INT64_MAX, 2, 1);
    cr_expect_eq(ledger_book(&l, "small", 1, 1, 1), 0);
    cr_expect_eq(l.bytes, end);
    cr_expect_not(ledger_fits(&l));
    cr_expect_eq(ledger_bytes(&l), -1);
}

Test(ledger, takes_sizes_that_did_not_fit_elsewhere) {
    struct ledger required = {0}, inner = {0}, outer = {0};
    ledger_require(&required, 1);
    cr_expect(ledger_fits(&required));
    ledger_require(&required, 0);
    cr_expect_not(ledger_fits(&required));
    ledger_book(&inner, "too large", INT64_MAX, 2, 1);
    ledger_book(&outer, "inner", ledger_bytes(&inner), 1, 1);
    cr_expect_not(ledger_fits(&outer));
}

/* A ledger within another brings its pieces along. */
Test(ledger, books_copies_of_another_ledger) {
    struct ledger inner = {.title = "inner"}, outer = {.title = "outer"}, large = {0};
    ledger_book(&inner, "first", 3, 1, 1);
    ledger_book(&inner, "second", 100, 1, 1);
    const int64_t start = rounded(10);
    ledger_book(&outer, "before", 10, 1, 1);
    cr_expect_eq(ledger_book_each(&outer, &inner, 3), start);
    cr_expect_eq(ledger_book(&outer, "behind", 1, 1, 1), start + 3 * inner.bytes);
    cr_expect_eq(ledger_book_each(&outer, &inner, 0), outer.bytes);
    cr_expect(ledger_fits(&outer));
#if LEDGER_KEEPS_PIECES
    cr_expect_eq(outer.count, 8);
    cr_expect_eq(outer.pieces[6].at, start + 2 * inner.bytes + rounded(3));
    cr_expect_eq(outer.pieces[6].bytes, 100);
#endif
    ledger_book_each(&large, &inner, INT64_MAX / inner.bytes);
    cr_expect(ledger_fits(&large));
    ledger_book_each(&large, &inner, 1);
    cr_expect_not(ledger_fits(&large));
    cr_expect_eq(ledger_book_each(&outer, &large, 1), 0);
    cr_expect_not(ledger_fits(&outer));
}

/* More pieces than a ledger remembers are placed all the same, and all of them can be written. */
Test(ledger, every_piece_can_be_written) {
    enum { PIECES = 100, COPIES = 3 };
    struct ledger l = {.title = "many"};
    int64_t at[PIECES];
    for (int i = 0; i < PIECES; i++) at[i] = ledger_book(&l, "piece", i, 1, 1);
    char *memory = memory_allocate(&default_allocator, l.bytes, COPIES);
    ledger_open_each(&l, memory, COPIES);
    for (int c = 0; c < COPIES; c++)
        for (int i = 0; i < PIECES; i++) memset(memory + c * l.bytes + at[i], i, (size_t)i);
    for (int i = 0; i < PIECES; i++)
        for (int j = 0; j < i; j++) cr_assert_eq(memory[2 * l.bytes + at[i] + j], i);
    memory_release(&default_allocator, memory, l.bytes, COPIES);
}

/* What an earlier ledger guarded is memory like any other for the next one at the same place. */
Test(ledger, alternatives_may_use_the_same_memory) {
    struct ledger small = {.title = "small"}, large = {.title = "large"};
    for (int i = 0; i < 4; i++) ledger_book(&small, "piece", 1, 1, 1);
    ledger_book(&large, "piece", 1000, 1, 1);
    char *memory = memory_allocate(&default_allocator, large.bytes, 1);
    ledger_open(&small, memory);
    ledger_open(&large, memory);
    memset(memory, 1, 1000);
    ledger_close(&large, memory);
    ledger_open(&small, memory);
    ledger_close_each(&small, memory, 1);
    memset(memory, 1, (size_t)large.bytes);
    memory_release(&default_allocator, memory, large.bytes, 1);
}

#ifdef ADDRESS_SANITIZER
/* Writes byte `offset` of the memory, in a child whose report goes nowhere; whether it survived. */
static int survives(char *memory, int64_t offset) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        close(STDERR_FILENO);
        ((volatile char *)memory)[offset] = 1;
        _exit(0);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}
#endif

Test(ledger, overruns_between_pieces_are_caught) {
#ifdef ADDRESS_SANITIZER
    struct ledger l = {.title = "guarded"};
    const int64_t first = ledger_book(&l, "first", 64, 1, 1), second = ledger_book(&l, "second", 37, 1, 1);
    char *memory = memory_allocate(&default_allocator, l.bytes, 2);
    ledger_open_each(&l, memory, 2);
    for (int64_t copy = 0; copy < 2 * l.bytes; copy += l.bytes) {
        cr_expect(survives(memory, copy + first + 63));
        cr_expect_not(survives(memory, copy + first + 64));
        cr_expect_not(survives(memory, copy + second - 1));
        cr_expect(survives(memory, copy + second + 36));
        cr_expect_not(survives(memory, copy + second + 37));
        cr_expect_not(survives(memory, copy + l.bytes - 1));
    }
    memory_release(&default_allocator, memory, l.bytes, 2);
#else
    cr_skip_test("needs the address sanitizer");
#endif
}

Test(ledger, prints_its_pieces_on_request, .init = cr_redirect_stderr) {
#if LEDGER_KEEPS_PIECES
    struct ledger l = {.title = "block"};
    ledger_book(&l, "scores", 16, 1, 4);
    ledger_book(&l, "none", 0, 1, 4);
    const int64_t sums = ledger_book(&l, "sums", 3, 1, 4);
    char *memory = memory_allocate(&default_allocator, l.bytes, 2), want[256];
    setenv("SELFATTN_SCRATCH_MAP", "1", 1);
    ledger_open_each(&l, memory, 2);
    unsetenv("SELFATTN_SCRATCH_MAP");
    snprintf(want, sizeof want, "block: %lld bytes, 2 times\n  %12d  %12d  scores\n  %12lld  %12d  sums\n",
             (long long)l.bytes, 0, 64, (long long)sums, 12);
    fflush(stderr);
    cr_expect_stderr_eq_str(want);
    memory_release(&default_allocator, memory, l.bytes, 2);
#else
    cr_skip_test("needs a build without NDEBUG");
#endif
}
