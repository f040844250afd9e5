/* The settings of a GGUF file, from those of a model.
 * SPDX-License-Identifier: MIT */
#ifndef SA_WRITE_SETTINGS_H
#define SA_WRITE_SETTINGS_H

#include "file/gguf_out.h"
#include "model/model.h"

/* How a model is written. */
struct written_form {
    const char *model_type, *architecture;
    int activation; /* enum activation: the format has no word for it */
    int plus_one;   /* norms are written with 1 added */
};

/* The form of a model's type. Refuses by name what the format cannot express. */
sa_status write_form(struct report *report, const struct sa_model *model, const struct written_form **form);

/* Puts the architecture's settings; `family` is its page. */
void write_settings(const struct sa_model *model, const char *architecture, const json_t *family, struct gguf_out *out);

#endif
