/* selfattn search over a folder: an index is made or updated, queries are answered.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_FOLDER_FOLDER_H
#define TOOLS_FOLDER_FOLDER_H

#include "engine.h"

struct folder_search {
    const char *model, *index, *folder, *query, *prompt; /* the last three may be NULL */
    const struct engine *reranker;                       /* sorts the `candidates` best again; NULL: none does */
    int int8, pipe, json, top, candidates;               /* top: results of a query */
};

void folder_search(const struct engine *engine, const struct folder_search *search);

#endif
