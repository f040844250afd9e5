/* SPDX-License-Identifier: MIT */
#include "model/wanted.h"

#include "model/binder.h"

#include <string.h>

/* Of several names, that without the stack's is for both stacks; T5 names the matrix beside a gate last. */
static const char *choose_pattern(const struct binder *b, const json_t *names) {
    const char *pattern, *chosen = NULL;
    for (size_t i = 0; (pattern = binder_pattern(names, i)); i++) {
        if (!strchr(pattern, '@')) return pattern;
        if (!chosen || b->stack->gated) chosen = pattern;
    }
    return chosen;
}

static sa_status tell(const struct binder *b, const json_t *names, int64_t block, const char *ending,
                      const int64_t *size, int32_t axes) {
    const struct wanted *wanted = b->user;
    const char *pattern = choose_pattern(b, names);
    char name[NAME_BYTES];
    if (!pattern || !binder_write_name(name, b, pattern, block, ending))
        return fail(b->settings->report, SA_ERR_FORMAT, "%s: the name \"%.60s\" cannot be used",
                    b->settings->description_name, pattern ? pattern : "");
    const int is_norm = axes == 1 && !strcmp(ending, ".weight"),
              plus_one = b->stack->norm.kind == NORM_RMS_PLUS_ONE || b->stack->norm.kind == NORM_LAYER_PLUS_ONE;
    const enum wanted_kind kind = axes > 1 ? WANTED_NUMBERS : is_norm && !plus_one ? WANTED_ONES : WANTED_ZEROS;
    return wanted->take(wanted->user, &(struct wanted_tensor){name, kind, axes, size});
}

static sa_status check(const struct settings *settings, const struct stack_config *c) {
    const char *what = c->experts.count ? "experts" : c->layer_scale ? "layer scale" : NULL;
    if (c->input.kind == INPUT_SOUND || c->input.kind == INPUT_CONVOLUTIONS) what = "sound";
    if (!c->name || !what) return SA_OK;
    return fail(settings->report, SA_ERR_UNSUPPORTED, "%s: weights of a model with %s cannot be drawn, only read",
                settings->config_name, what);
}

sa_status wanted_tensors(const struct allocator *memory, const struct settings *settings,
                         const struct model_config *config, const struct tensor_file *file, struct wanted *wanted,
                         unsigned char *used) {
    const struct tensor_file nothing = {.memory = *memory};
    struct bound_model bound = {0};
    sa_status status = file ? SA_OK : check(settings, &config->encoder);
    if (status == SA_OK && !file) status = check(settings, &config->decoder);
    if (status == SA_OK) status = binder_bind(memory, settings, config, file ? file : &nothing, tell, wanted, &bound);
    if (status == SA_OK && file && used) memcpy(used, bound.used, (size_t)file->count);
    bound_release(memory, config, &bound);
    return status;
}
