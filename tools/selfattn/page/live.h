/* A page with a model and the library in it, in which one types sentences or drops pictures.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_LIVE_H
#define TOOLS_PAGE_LIVE_H

#include "engine.h"

struct live_page {
    const char *file;         /* that is written */
    const char *model;        /* a directory or file */
    const char *weights;      /* type that the model is written with; NULL: Q8_0, or what a GGUF file has */
    const char *library;      /* folder of selfattn.js, selfattn.wasm and NOTICE.md; NULL: SELFATTN_ENGINE, or where
                               * they are installed */
    const char *part;         /* of a file with several models; NULL: it has one */
    const char *const *texts; /* [count] sentences, or files of pictures, that it begins with; none: the usual ones */
    int count;
    int layer, head;             /* that it begins with; NOT_GIVEN: 0 */
    const char *word;            /* that looks first; NULL: none */
    const char *source, *target; /* languages of a model that is told them; NULL: none */
};

/* Writes the page and returns its bytes. What cannot be done ends the program. */
long long live_page_write(const struct live_page *page, const struct common *common);

#endif
