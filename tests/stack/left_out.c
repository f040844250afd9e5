/* Settings that a file leaves out have the default of its family: models of tests/data/architectures whose files have
 * that default, with and without it.
 * SPDX-License-Identifier: MIT */
#include "ends.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <string.h>

/* `change` and architecture.json, which may be NULL, are laid over the model's files. */
static sa_model *open_changed(sa_ctx *ctx, const char *name, const char *change, const char *description) {
    static const struct added nothing[] = {{NULL, 0, 0}};
    struct folder folder = folder_make();
    sa_model *model;
    ends_copy(&folder, name, change, nothing, 1);
    if (description) folder_write_text(&folder, "architecture.json", description);
    cr_assert_eq(sa_model_open(ctx, folder.path, &model), SA_OK, "%s %s: %s", name, change, sa_ctx_last_error(ctx));
    folder_remove(&folder);
    return model;
}

Test(left_out, settings_have_the_default) {
    static const char *const cases[][2] = {{"esm", "{\"layer_norm_eps\": null}"},
                                           {"glm4", "{\"attention_bias\": null, \"num_key_value_heads\": null}"},
                                           {"cohere", "{\"use_qk_norm\": null}"}};
    sa_ctx *ctx = ctx_open(NULL);
    for (int i = 0; i < 3; i++) {
        float hidden[2][B][T][E];
        for (int changed = 0; changed < 2; changed++) {
            sa_model *model = open_changed(ctx, cases[i][0], changed ? cases[i][1] : NULL, NULL);
            const sa_encode_args args = {.struct_size = sizeof args,
                                         .batch = B,
                                         .tokens = T,
                                         .ids = ends_ids[0],
                                         .hidden = hidden[changed][0][0]};
            cr_assert_eq(sa_model_encode(ctx, model, &args), SA_OK, "%s", sa_ctx_last_error(ctx));
            sa_model_destroy(&model);
        }
        cr_expect(!memcmp(hidden[0], hidden[1], sizeof hidden[0]), "%s", cases[i][0]);
    }
    sa_ctx_destroy(&ctx);
}

/* Files that are older than mlp_bias say attention_bias alone. */
Test(left_out, biases_of_llama_are_those_of_attention) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model = open_changed(ctx, "llama_base", "{\"attention_bias\": true, \"mlp_bias\": null}",
                                   "{\"like\": \"llama\", \"decoder\": {\"biases\": {\"query\": false, \"key\": false, "
                                   "\"value\": false, \"attention_output\": false}}}");
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}

/* A spectrogram has one channel. */
Test(left_out, channels_of_sound) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model = open_changed(ctx, "speech_to_text", "{\"input_channels\": null}", NULL);
    cr_expect_eq(sa_model_get(model, SA_MODEL_FEATURE_CHANNELS), 6);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
}
