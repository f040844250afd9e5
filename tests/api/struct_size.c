/* Argument structs of older and newer versions. Each lies right in front of a guard page, so that reading more than its
 * struct_size crashes.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include "support/guarded.h"

#include <criterion/criterion.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

/* Makes a call with this struct in place of the valid one. */
typedef sa_status (*call_fn)(struct valid *v, const void *args);

static sa_status create_context(struct valid *v, const void *args) {
    sa_ctx *ctx = NULL;
    (void)v;
    sa_status status = sa_ctx_create(args, &ctx);
    cr_expect((status == SA_OK) == (ctx != NULL));
    sa_ctx_destroy(&ctx);
    return status;
}

static sa_status use_masking(struct valid *v, const void *args) {
    v->attention.masking = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status attend(struct valid *v, const void *args) {
    return sa_attention(v->ctx, args);
}

static sa_status create_layer(struct valid *v, const void *args) {
    sa_layer *layer = NULL;
    sa_status status = sa_layer_create(v->ctx, args, &layer);
    sa_layer_destroy(&layer);
    return status;
}

static sa_status forward(struct valid *v, const void *args) {
    return sa_forward(v->ctx, v->layer, args);
}

/* A struct: its size now, the least that is taken, where a valid one lies in struct valid, and who takes it. */
static const struct kind {
    const char *name;
    size_t size, least, valid;
    call_fn call;
} kinds[] = {
    {"sa_ctx_options", sizeof(sa_ctx_options), sizeof(uint64_t), 0, create_context},
    {"sa_masking", sizeof(sa_masking), sizeof(uint64_t), offsetof(struct valid, masking), use_masking},
    {"sa_attention_args", sizeof(sa_attention_args), offsetof(sa_attention_args, scale),
     offsetof(struct valid, attention), attend},
    {"sa_layer_config", sizeof(sa_layer_config), offsetof(sa_layer_config, scale), offsetof(struct valid, config),
     create_layer},
    {"sa_forward_args", sizeof(sa_forward_args), offsetof(sa_forward_args, masking), offsetof(struct valid, forward),
     forward},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MORE = 64 };

/* Calls with `room` bytes of memory that say they are struct_size, of which byte `set` is 1 unless it is 0. */
static sa_status call_with(const struct kind *kind, uint64_t struct_size, size_t room, size_t set, char text[400]) {
    struct valid v;
    valid_make(&v);
    v.masking = (sa_masking){0}; /* a pointer or tensor cut in half is nobody's older version */
    v.attention.masking = v.forward.masking = NULL;
    v.attention.lse.data = v.attention.weights.data = v.forward.lse.data = v.forward.weights.data = NULL;
    sa_ctx_options options = {0};
    const char *from = kind->valid ? (char *)&v + kind->valid : (char *)&options;
    char *args = guarded_alloc(room);
    memcpy(args, from, room < kind->size ? room : kind->size);
    memcpy(args, &struct_size, sizeof struct_size);
    if (set) args[set] = 1;
    sa_status status = kind->call(&v, args);
    snprintf(text, 400, "%s", sa_ctx_last_error(kind->valid ? v.ctx : NULL));
    if (status != SA_OK) expect_works(v.ctx, kind->name);
    guarded_free(args, room);
    valid_free(&v);
    return status;
}

Test(struct_size, every_size_up_to_now_is_taken) {
    char text[400];
    for (int k = 0; k < KINDS; k++)
        for (size_t size = kinds[k].least; size <= kinds[k].size; size++)
            cr_expect_eq(call_with(&kinds[k], size, size, 0, text), SA_OK, "%s of %zu bytes: %s", kinds[k].name, size,
                         text);
}

Test(struct_size, more_is_taken_if_it_is_zero) {
    char text[400], words[200];
    for (int k = 0; k < KINDS; k++) {
        size_t now = kinds[k].size, sets[] = {now, now + MORE / 2, now + MORE - 1};
        cr_expect_eq(call_with(&kinds[k], now + MORE, now + MORE, 0, text), SA_OK, "%s: %s", kinds[k].name, text);
        for (int i = 0; i < 3; i++) {
            sa_status status = call_with(&kinds[k], now + MORE, now + MORE, sets[i], text);
            cr_expect_eq(status, SA_ERR_STRUCT_SIZE, "%s, byte %zu: status %d", kinds[k].name, sets[i], status);
            snprintf(words, sizeof words, "%s has %zu bytes of which byte %zu is set; this version knows %zu",
                     kinds[k].name, now + MORE, sets[i], now);
            cr_expect_str_eq(text, words);
        }
    }
}

Test(struct_size, less_than_the_first_version_is_refused) {
    char text[400], words[200];
    for (int k = 0; k < KINDS; k++) {
        const uint64_t sizes[] = {0, 7, kinds[k].least - 1, (uint64_t)1 << 32, UINT64_MAX};
        for (int i = 0; i < 5; i++) {
            sa_status status = call_with(&kinds[k], sizes[i], kinds[k].size, 0, text);
            cr_expect_eq(status, SA_ERR_STRUCT_SIZE, "%s, %llu: status %d", kinds[k].name, (unsigned long long)sizes[i],
                         status);
            snprintf(words, sizeof words, "%s.struct_size is %llu, at least %zu is needed", kinds[k].name,
                     (unsigned long long)sizes[i], kinds[k].least);
            cr_expect(strstr(text, words), "\"%s\" does not say \"%s\"", text, words);
        }
    }
}

/* Fields past the struct's end have their default, whatever lies in memory there. */
Test(struct_size, what_an_older_struct_lacks_is_default) {
    struct valid v;
    float expected[B * H * T * DV];
    valid_make(&v);
    v.attention.masking = NULL;
    v.attention.lse.data = v.attention.weights.data = NULL;
    cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK);
    memcpy(expected, v.output, sizeof expected);
    v.attention.struct_size = offsetof(sa_attention_args, scale);
    v.attention.scale = 3, v.attention.softcap = -1, v.attention.weights_kind = 99, v.attention.reserved = 1;
    cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    cr_expect(!memcmp(expected, v.output, sizeof expected));
    valid_free(&v);
}

Test(struct_size, the_tensor_is_frozen) {
    cr_expect_eq(sizeof(sa_tensor), sizeof(void *) + 2 * sizeof(int32_t) + 8 * sizeof(int64_t));
    cr_expect_eq(offsetof(sa_tensor, size), sizeof(void *) + 2 * sizeof(int32_t));
}
