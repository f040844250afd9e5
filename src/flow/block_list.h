/* Which keys a block list names for a query: its line. Blocks of keys are found by halving, so that a walk costs what
 * it visits.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FLOW_BLOCK_LIST_H
#define SA_FLOW_BLOCK_LIST_H

#include "base/arith.h"
#include "plan/problem.h"

/* Ascending numbers of key blocks; blocks NULL: there is no list, and all keys are named. */
struct line {
    const int32_t *blocks;
    int64_t count, key_block;
};

/* The line of query t of head h, in a list that there is. */
static inline struct line listed_line(const struct block_list *list, int64_t b, int64_t h, int64_t t) {
    const int64_t *offset = list->offsets + b * list->offsets_b + h * list->offsets_h + t / list->query_block;
    return (struct line){list->indices + offset[0], offset[1] - offset[0], list->key_block};
}

static inline struct line line_of(const struct block_list *list, int64_t b, int64_t h, int64_t t) {
    return list->offsets ? listed_line(list, b, h, t) : (struct line){0};
}

/* The place in the line of the first block that ends behind key j. */
static inline int64_t place_in_line(const struct line *line, int64_t j) {
    int64_t first = 0, last = line->count, block = j / line->key_block;
    while (first < last) {
        int64_t middle = first + (last - first) / 2;
        if (line->blocks[middle] < block)
            first = middle + 1;
        else
            last = middle;
    }
    return first;
}

/* The first named key from j on; INT64_MAX if there is none. */
static inline int64_t next_in_line(const struct line *line, int64_t j) {
    if (!line->blocks) return j;
    int64_t place = place_in_line(line, j);
    return place < line->count ? max_i64(j, line->blocks[place] * line->key_block) : INT64_MAX;
}

static inline int is_in_line(const struct line *line, int64_t j) {
    return next_in_line(line, j) == j;
}

#endif
