/* Experts whose results random models cannot tell: bits, types, numbers that are not finite.
 * SPDX-License-Identifier: MIT */
#include "selfattn_models.h"
#include "support/any.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 40, MOST_NUMBERS = TOKENS * 100 };

/* A random decoder with several experts, each a tensor of its own, and no encoder. */
static void make(struct any *any, uint64_t seed) {
    for (;; seed++) {
        const struct any_stack *d = &any->decoder;
        any_make(any, seed);
        if (!any->encoder.name && d->experts > 1 && !d->stacked && any_has_experts(d, 0) && d->count >= TOKENS) return;
        any_free(any);
    }
}

static sa_model *open_with(sa_ctx *ctx, const struct any *any, struct folder *folder) {
    sa_model *model;
    any_write(any, folder);
    cr_assert_eq(sa_model_open(ctx, folder->path, &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

static sa_status run(sa_ctx *ctx, const sa_model *model, const struct any *any, float *states) {
    int32_t ids[TOKENS];
    for (int i = 0; i < TOKENS; i++) ids[i] = (int32_t)(i * 7 % any->decoder.V);
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = TOKENS, .ids = ids, .hidden = states};
    return sa_model_encode(ctx, model, &args);
}

Test(experts, have_the_same_bits_for_any_number_of_threads) {
    static float one[MOST_NUMBERS], four[MOST_NUMBERS];
    for (uint64_t seed = 1; seed < 400; seed += 40) {
        struct any any;
        struct folder folder = folder_make();
        float *const states[] = {one, four};
        make(&any, seed);
        for (int i = 0; i < 2; i++) {
            const sa_ctx_options options = {.struct_size = sizeof options, .threads = i ? 4 : 1};
            sa_ctx *ctx = ctx_open(&options);
            sa_model *model = open_with(ctx, &any, &folder);
            memset(states[i], 0, sizeof one);
            cr_assert_eq(run(ctx, model, &any, states[i]), SA_OK);
            sa_model_destroy(&model);
            sa_ctx_destroy(&ctx);
        }
        cr_expect_arr_eq(one, four, sizeof one, "seed %d", (int)seed);
        any_free(&any);
        folder_remove(&folder);
    }
}

static struct any_tensor *tensor_of(struct any *any, const char *ending) {
    for (int i = 0; i < any->tensors; i++)
        if (strstr(any->tensor[i].name, ending)) return &any->tensor[i];
    return NULL;
}

Test(experts, of_different_types_are_refused) {
    struct any any;
    struct folder folder = folder_make();
    sa_ctx *ctx = ctx_open(NULL);
    sa_model *model;
    make(&any, 5);
    struct any_tensor *t = tensor_of(&any, "expert_down.1");
    t->dtype = strcmp(t->dtype, "F32") ? "F32" : "BF16";
    any_write(&any, &folder);
    cr_expect_eq(sa_model_open(ctx, folder.path, &model), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "that of the first expert of type"), "%s", sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    any_free(&any);
    folder_remove(&folder);
}

/* Every row gets as many experts as it should, whatever the router says. */
Test(experts, are_chosen_by_scores_that_are_not_finite) {
    static const float wrong[] = {NAN, INFINITY, -INFINITY};
    static float states[MOST_NUMBERS];
    for (int i = 0; i < 3; i++) {
        struct any any;
        struct folder folder = folder_make();
        sa_ctx *ctx = ctx_open(NULL);
        make(&any, 9);
        tensor_of(&any, "router")->values[0] = wrong[i];
        sa_model *model = open_with(ctx, &any, &folder);
        cr_expect_eq(run(ctx, model, &any, states), SA_OK);
        sa_model_destroy(&model);
        sa_ctx_destroy(&ctx);
        any_free(&any);
        folder_remove(&folder);
    }
}
