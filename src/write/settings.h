/* The settings of a GGUF file, from those of a model.
 * SPDX-License-Identifier: MIT */
#ifndef SA_WRITE_SETTINGS_H
#define SA_WRITE_SETTINGS_H

#include "file/gguf_out.h"
#include "model/model.h"

/* The architecture that a decoder is written as: "llama", "qwen2" or "qwen3". Refuses by name what it cannot express.
 */
sa_status write_architecture(struct report *report, const struct sa_model *model, const char **architecture);

/* Puts the architecture's settings. */
void write_settings(const struct sa_model *model, const char *architecture, struct gguf_out *out);

#endif
