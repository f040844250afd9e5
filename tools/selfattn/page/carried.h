/* Files that stand in a page: the engine's and the model's.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_CARRIED_H
#define TOOLS_PAGE_CARRIED_H

#include "page/frame.h"

struct carried {
    struct page_part *part; /* [count]; ids are names of a model's files, but for the engine's */
    int count;
};

/* Adds a file under a name; a NUL stands behind its bytes. What cannot be read ends the program, here and below. */
void carry(struct carried *carried, const char *name, const char *file);

/* Adds the files of a directory that the engine may read a tokenizer from. */
void carry_tokenizer(struct carried *carried, const char *directory);

/* Adds those of a directory that the engine reads: config.json, weights in safetensors, the tokenizer. */
void carry_directory(struct carried *carried, const char *directory);

void carried_free(struct carried *carried);

#endif
