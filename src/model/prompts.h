/* The prompts of config_sentence_transformers.json: texts that stand in front of texts of a kind.
 * SPDX-License-Identifier: MIT */
#ifndef SA_MODEL_PROMPTS_H
#define SA_MODEL_PROMPTS_H

#include "base/memory.h"
#include "file/json.h"

struct prompts {
    char *store; /* names and texts in turn, each with a NUL behind it */
    int64_t bytes, count;
    int64_t standard; /* the number of that with the default name; -1: none */
};

/* Reads them from the file's object; NULL: there are none. */
sa_status prompts_read(const struct allocator *memory, struct report *report, const json_t *object,
                       struct prompts *prompts);
void prompts_release(const struct allocator *memory, struct prompts *prompts);

#endif
