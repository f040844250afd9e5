/* The tokenizer of a GGUF file, from the files beside a model.
 * SPDX-License-Identifier: MIT */
#ifndef SA_WRITE_TOKENS_H
#define SA_WRITE_TOKENS_H

#include "file/gguf_out.h"
#include "model/model.h"

/* Puts the settings "tokenizer." from tokenizer.json and tokenizer_config.json in the directory: byte-level pair
 * encoding. Without tokenizer.json nothing is put. */
sa_status write_tokenizer(sa_ctx *ctx, const struct sa_model *model, const char *directory, struct gguf_out *out);

#endif
