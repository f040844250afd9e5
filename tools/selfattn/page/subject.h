/* What a page asks its model for, and what its script has to know for that.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_SUBJECT_H
#define TOOLS_PAGE_SUBJECT_H

#include "page/live.h"

enum subject {
    SUBJECT_TEXTS,      /* where words of a text look */
    SUBJECT_REWRITINGS, /* where the words that a decoder writes look in the encoder's text */
    SUBJECT_PICTURES,   /* where patches of a picture look */
};

/* What kind of page the opened model gives. A model that gives none ends the program, here and below. */
enum subject subject_of(const struct live_page *page, const struct engine *engine);

/* Opens the tokenizer that the page's engine will open, too. */
void subject_open_tokenizer(const struct live_page *page, enum subject subject, struct engine *engine);

/* Sizes of the model, and what the page begins with. */
json_t *subject_data(const struct live_page *page, enum subject subject, const struct engine *engine);

#endif
