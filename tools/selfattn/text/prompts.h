/* What a model of embeddings wants in front of a text.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_PROMPTS_H
#define TOOLS_TEXT_PROMPTS_H

#include "selfattn_models.h"

/* In front of a query: the prompt of this name, without which the program ends; name NULL: "query", or the model's
 * default. NULL: nothing. */
const char *prompt_of_query(const sa_model *model, const char *name);

/* In front of what is searched: "document" or its kin, or the model's default. NULL: nothing. */
const char *prompt_of_documents(const sa_model *model);

#endif
