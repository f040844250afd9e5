/* What GGUF calls the settings and tensors of an architecture, and what Hugging Face does: a page of JSON for each in
 * gguf_families/. Members of a page:
 *
 *   like         the page that this one is laid over; null removes what that one has
 *   model_type   of the config.json that such a model would have
 *   with         another model_type, where the file has this setting or this tensor
 *   description  what is laid over the description of the model_type, since the file has other matrices
 *   config       members of config.json that the format does not have
 *   require      flags that can only have this value
 *   integers, numbers, flags, texts    settings of the file, and their names in config.json
 *   unneeded     settings that do not change the result
 *   sizes        members of config.json that are the rows of a tensor of Hugging Face's name
 *   has          flags that say whether the file has a tensor of Hugging Face's name
 *   windows      of a period of blocks, the "last" or the "first" has no window
 *   score_width  a member of config.json, the square of whose scale of scores is the head size; or the width of a head
 *                if heads were as wide as the state, for models of `of_heads_at` blocks
 *   tensors      stems of names, which .weight or .bias follow, or whole names; '#' is the number of a block
 *
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_GGUF_FAMILY_H
#define SA_FILE_GGUF_FAMILY_H

#include "file/gguf.h"
#include "file/json.h"

/* The page of an architecture; *family is NULL if there is none. json_decref() it. */
sa_status gguf_family_find(struct report *report, const char *architecture, json_t **family);

/* The page of a file's architecture, which is refused if there is none. */
sa_status gguf_family(const struct gguf *gguf, json_t **family);

/* The name that a tensor has with Hugging Face, or the other way round; 0 if the page has none. */
int gguf_their_name(const json_t *family, struct gguf_text own, char name[TENSOR_NAME_BYTES]);
int gguf_own_name(const json_t *family, const char *name, char own[TENSOR_NAME_BYTES]);

/* Whether queries and keys are ordered for interleaved rotation. */
int gguf_is_interleaved(const json_t *family);

#endif
