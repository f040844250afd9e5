/* The graphs by which a node of FlexAttention changes its scores and probabilities, as callbacks of the library. Values
 * are computed element by element, since a callback has a tile only: each operator says what an element of its output
 * is made of.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_CONFORMANCE_GRAPH_H
#define TESTS_CONFORMANCE_GRAPH_H

#include "case.h"

struct graph {
    const json_t *nodes, *initializers; /* NULL: there is no graph */
    const char *input, *output;
    int64_t sizes[4]; /* of the input: B, H, L, S */
};

/* Reads the graph of an attribute; an absent one is no graph. 0, and the reason in `why`, if it has an operator that is
 * not known here. */
int graph_read(struct graph *g, const struct test_case *c, const char *attribute, const sa_attention_args *args,
               char why[CASE_TEXT]);

/* An sa_tile_change_fn; `graph` is the struct. */
void graph_change(const struct graph *graph, const sa_score_tile *tile);

#endif
