/* Rows of real tokens, without the padding between sequences: work on rows then costs what its tokens cost.
 * SPDX-License-Identifier: MIT */
#ifndef SA_STACK_PACKED_ROWS_H
#define SA_STACK_PACKED_ROWS_H

#include <stdint.h>

struct packed_rows {
    int64_t B, T;           /* sequences, and rows of each with padding */
    const int64_t *lengths; /* [B] real rows, which stand first; NULL: all T */
    int64_t rows, longest;  /* real rows of all sequences together, and of the longest */
};

struct packed_rows packed_rows_of(const int64_t *lengths, int64_t B, int64_t T);

/* The row where each sequence begins once packed, and behind them the number of rows: starts [B+1]. */
void packed_starts(const struct packed_rows *p, int64_t *starts);

/* Moves rows [B][T][width] to [rows][width], or back, in place. Going back, padding becomes 0. */
void pack_rows(const struct packed_rows *p, float *x, int64_t width);
void unpack_rows(const struct packed_rows *p, float *x, int64_t width);

#endif
