/* SPDX-License-Identifier: MIT */
#include "gguf_pair.h"

#include "selfattn_models.h"
#include "support/folder.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TOKENS = 9, NAME = 120, TYPE_F32 = 0, TYPE_U32 = 4, TYPE_BOOL = 7 };

void pair_begin(struct pair *p, const char *architecture) {
    *p = (struct pair){.rng = {7}, .architecture = architecture};
    gguf_put_text(&p->theirs, "general.architecture", architecture);
}

void pair_flag(struct pair *p, const char *key, int value) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", p->architecture, key);
    gguf_put_integer(&p->theirs, full, TYPE_BOOL, (uint64_t)value);
}

void pair_put(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width, int64_t experts) {
    const int64_t own = (rows ? rows : 1) * width, count = own * (experts ? experts : 1), size[] = {rows, width};
    const uint64_t reversed[] = {(uint64_t)width, (uint64_t)rows, (uint64_t)experts};
    float *values = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = rng_normal(&p->rng) * (rows ? 0.3f : 0.1f) + (rows ? 0.f : 1.f);
    for (int64_t e = 0; e < (experts ? experts : 1); e++) {
        char name[NAME];
        const char *number = strchr(ours, '%');
        if (number)
            snprintf(name, sizeof name, "%.*s%d%s", (int)(number - ours), ours, (int)e, number + 1);
        else
            snprintf(name, sizeof name, "%s", ours);
        writer_add(&p->ours, name, "F32", rows ? 2 : 1, rows ? size : size + 1, values + e * own);
    }
    gguf_put_tensor(&p->theirs, theirs,
                    experts    ? 3
                    : rows > 1 ? 2
                               : 1,
                    reversed, TYPE_F32, values, (size_t)count * sizeof *values);
    free(values);
}

void pair_integer(struct pair *p, const char *key, uint64_t value) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", p->architecture, key);
    gguf_put_integer(&p->theirs, full, TYPE_U32, value);
}

void pair_real(struct pair *p, const char *key, float value) {
    char full[NAME];
    snprintf(full, sizeof full, "%s.%s", p->architecture, key);
    gguf_put_float(&p->theirs, full, value);
}

/* Row r of GGUF's matrix is this one of safetensors. */
static int64_t row_by_kind(int64_t r, int64_t groups, int64_t queries, int64_t head) {
    const int64_t of_queries = groups * queries * head, group = (queries + 2) * head;
    if (r < of_queries) return r / (queries * head) * group + r % (queries * head);
    const int64_t kind = (r - of_queries) / (groups * head), rest = (r - of_queries) % (groups * head);
    return rest / head * group + (queries + kind) * head + rest % head;
}

void pair_put_changed(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width,
                      enum change change, int64_t groups, int64_t queries, int64_t head) {
    const int64_t count = (rows ? rows : 1) * width, size[] = {rows, width}, turned[] = {width, rows};
    const uint64_t reversed[] = {(uint64_t)width, (uint64_t)rows};
    float *values = malloc((size_t)count * sizeof *values), *changed = malloc((size_t)count * sizeof *values);
    for (int64_t i = 0; i < count; i++) values[i] = rng_normal(&p->rng) * 0.3f;
    for (int64_t i = 0; i < count; i++) {
        const int64_t r = i / width, c = i % width;
        changed[i] = change == PLUS_ONE  ? values[i] + 1
                     : change == TURNED  ? values[c * rows + r]
                     : change == BY_KIND ? rows ? values[row_by_kind(r, groups, queries, head) * width + c]
                                                : values[row_by_kind(c, groups, queries, head)]
                                         : values[i];
    }
    writer_add(&p->ours, ours, "F32", rows ? 2 : 1, change == TURNED ? turned : rows ? size : size + 1, values);
    gguf_put_tensor(&p->theirs, theirs, rows ? 2 : 1, reversed, TYPE_F32, changed, (size_t)count * sizeof *values);
    free(values);
    free(changed);
}

void pair_put_both(struct pair *p, const char *ours, const char *theirs, int64_t rows, int64_t width) {
    static const char *const endings[] = {".weight", ".bias"};
    char one[NAME], other[NAME];
    for (int i = 0; i < 2; i++) {
        snprintf(one, sizeof one, "%s%s", ours, endings[i]);
        snprintf(other, sizeof other, "%s%s", theirs, endings[i]);
        pair_put(p, one, other, i ? 0 : rows, i && rows ? rows : width, 0);
    }
}

static void states_of(sa_ctx *ctx, const char *path, float *states) {
    static const int32_t ids[TOKENS] = {3, 14, 15, 9, 26, 5, 3, 5, 8};
    sa_model *model;
    sa_encode_args a = {.struct_size = sizeof a, .batch = 1, .tokens = TOKENS, .ids = ids, .hidden = states};
    cr_assert_eq(sa_model_open(ctx, path, &model), SA_OK, "%s: %s", path, sa_ctx_last_error(ctx));
    if (sa_model_get(model, SA_MODEL_ENCODER) && sa_model_get(model, SA_MODEL_DECODER))
        a.targets = TOKENS, a.target_ids = ids, a.target_hidden = states, a.hidden = NULL;
    cr_assert_eq(sa_model_encode(ctx, model, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
}

void pair_compare(struct pair *p, const char *config, int64_t width) {
    const int64_t count = TOKENS * width;
    float *want = malloc((size_t)count * sizeof *want), *got = malloc((size_t)count * sizeof *got);
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1};
    sa_ctx *ctx = ctx_open(&options);
    struct folder folder = folder_make();
    size_t size;
    unsigned char *ours = writer_finish(&p->ours, &size);
    struct bytes theirs = gguf_finish(&p->theirs, 3);
    folder_write_text(&folder, "config.json", config);
    folder_write(&folder, "model.safetensors", ours, size);
    states_of(ctx, folder.path, want);
    folder_write(&folder, "model.gguf", theirs.at, theirs.size);
    states_of(ctx, folder_path(&folder, "model.gguf"), got);
    /* Norms plus one are rounded once more: 2^-24 of numbers around 1, and some operations follow. */
    for (int64_t i = 0; i < count; i++)
        cr_assert(fabsf(got[i] - want[i]) < 4e-6f, "%s: element %d is %g, want %g", p->architecture, (int)i,
                  (double)got[i], (double)want[i]);
    free(ours);
    free(theirs.at);
    free(want);
    free(got);
    folder_remove(&folder);
    sa_ctx_destroy(&ctx);
}
