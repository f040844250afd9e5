/* Settings of adapters as Hugging Face's PEFT writes them, version 0.10 and on.
 * SPDX-License-Identifier: MIT */
#include "train/trainer.h"

#include <string.h>

/* The class of PEFT's models; NULL: none of them. */
static const char *task_of(const struct model_config *c) {
    const int has_encoder = c->encoder.name != NULL, has_decoder = c->decoder.name != NULL;
    if (has_decoder) return has_encoder ? "SEQ_2_SEQ_LM" : "CAUSAL_LM";
    return c->encoder.input.vocabulary ? "FEATURE_EXTRACTION" : NULL;
}

/* Whole names: the last part of one may be that of another module, too. */
static json_t *modules_of(const struct adapters *a) {
    json_t *list = json_array();
    for (int64_t i = 0; i < a->count; i++) {
        const char *name = a->pairs[i].of->name;
        json_array_append_new(list, json_sprintf("%s%.*s", a->prefix, (int)(strlen(name) - strlen(".weight")), name));
    }
    return list;
}

json_t *adapter_config(const struct sa_trainer *t) {
    const struct adapters *a = &t->adapters;
    return json_pack("{ss ss ss* ss sI sf sf so sb sb sb sb}", "peft_type", "LORA", "base_model_name_or_path",
                     t->files.directory, "task_type", task_of(&t->model->config), "bias", "none", "r",
                     (json_int_t)a->config.rank, "lora_alpha", a->config.alpha, "lora_dropout", a->config.dropout,
                     "target_modules", modules_of(a), "fan_in_fan_out", a->pairs[0].is_in_out, "use_rslora", a->by_root,
                     "init_lora_weights", 1, "inference_mode", 1);
}
