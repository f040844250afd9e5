/* Embeddings of many texts, computed in batches.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_EMBEDDINGS_H
#define TOOLS_TEXT_EMBEDDINGS_H

#include "engine.h"

struct embeddings {
    int64_t count, width;
    float *row;  /* [count,width] */
    int64_t cut; /* texts that are longer than embeddings_most_tokens(): their ends were left out */
};

/* The most tokens of a text that an embedding is made of: what the model can read, or fewer where
 * sentence_bert_config.json beside it says so; 0: any number. A setting of that file that is not supported ends the
 * program. */
int64_t embeddings_most_tokens(const struct engine *engine);

/* `prompt` stands in front of each text; NULL: nothing. A failure ends the program. */
struct embeddings embeddings_make(const struct engine *engine, const char *prompt, char *const *text, int64_t count);
void embeddings_free(struct embeddings *embeddings);

/* The cosine of the angle between two rows of such a width; 0 where one is all zeros. */
double embeddings_cosine(const float *a, const float *b, int64_t width);

#endif
