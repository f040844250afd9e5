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

static sa_status use_rules(struct valid *v, const void *args) {
    v->attention.rules = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status use_rope(struct valid *v, const void *args) {
    v->config.rope = args;
    return create_layer(v, &v->config);
}

static sa_status find_frequencies(struct valid *v, const void *args) {
    double frequencies[D / 2], factor;
    (void)v;
    return sa_rope_frequencies(args, frequencies, &factor);
}

static sa_status create_cache(struct valid *v, const void *args) {
    sa_cache *cache = NULL;
    sa_status status = sa_cache_create(v->ctx, args, &cache);
    sa_cache_destroy(&cache);
    return status;
}

/* Queries and keys of one sequence, packed together. */
static sa_status use_packing(struct valid *v, const void *args) {
    sa_attention_args *a = &v->attention;
    a->query.size[0] = a->key.size[0] = a->value.size[0] = a->output.size[0] = a->lse.size[0] = 1;
    a->key.size[2] = a->value.size[2] = T;
    a->weights.data = NULL, a->masking = NULL;
    a->packing = args;
    return sa_attention(v->ctx, a);
}

static sa_status use_blocks(struct valid *v, const void *args) {
    v->attention.blocks = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status use_callbacks(struct valid *v, const void *args) {
    v->attention.callbacks = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status use_summaries(struct valid *v, const void *args) {
    v->attention.summaries = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status use_dropout(struct valid *v, const void *args) {
    v->attention.dropout = args;
    return sa_attention(v->ctx, &v->attention);
}

static sa_status use_latent(struct valid *v, const void *args) {
    v->config = (sa_layer_config){.struct_size = sizeof v->config,
                                  .model_width = E,
                                  .query_heads = H,
                                  .head_size = D,
                                  .weight_q = v->matrix,
                                  .latent = args};
    return create_layer(v, &v->config);
}

static sa_status list_pattern(struct valid *v, const void *args) {
    int64_t offsets[2], count;
    int32_t indices[1];
    (void)v;
    return sa_pattern_blocks(args, offsets, indices, 1, &count);
}

static const float weights[2 * E + H * 2 * D * 2];
static const sa_latent latent = {.latent_size = 2, .weight_down = weights, .weight_up = weights};
static const int64_t no_block[] = {0, 0};
static const sa_block_list blocks = {
    .query_block = 128, .key_block = 128, .sequences = 1, .heads = 1, .offsets = no_block};
static const sa_score_callbacks callbacks;
static const sa_summaries summaries;
static const sa_dropout dropout = {.probability = 0.5f, .seed = 1};
static const sa_pattern pattern = {.queries = 1, .keys = 1, .query_block = 16, .key_block = 16};
static const int64_t starts[] = {0, T};
static const sa_packing packing = {.sequences = 1, .query_starts = starts};
static const sa_ctx_options options;
static const sa_score_rules rules;
static const sa_rope rope = {.style = SA_ROPE_INTERLEAVED, .rotary = 2, .theta = 100, .attention_factor = 1.5};
static const sa_rope_scaling scaling = {.rotary = D, .theta = 100};
static const sa_cache_config cache = {.layers = 2, .batch = 2, .kv_heads = 3, .head_size = 4, .value_head_size = 5};

/* A struct: its size now, the least that is taken, where a valid one lies in struct valid (or elsewhere), and who takes
 * it. */
static const struct kind {
    const char *name;
    size_t size, least, valid;
    call_fn call;
    const void *elsewhere;
    int without_context; /* its sentence is the thread's */
} kinds[] = {
    {"sa_ctx_options", sizeof(sa_ctx_options), sizeof(uint64_t), 0, create_context, &options, 1},
    {"sa_score_rules", sizeof(sa_score_rules), sizeof(uint64_t), 0, use_rules, &rules, 0},
    {"sa_rope", sizeof(sa_rope), sizeof(uint64_t), 0, use_rope, &rope, 0},
    {"sa_rope_scaling", sizeof(sa_rope_scaling), offsetof(sa_rope_scaling, factor), 0, find_frequencies, &scaling, 1},
    {"sa_cache_config", sizeof(sa_cache_config), offsetof(sa_cache_config, value_head_size), 0, create_cache, &cache,
     0},
    {"sa_masking", sizeof(sa_masking), sizeof(uint64_t), offsetof(struct valid, masking), use_masking, NULL, 0},
    {"sa_packing", sizeof(sa_packing), offsetof(sa_packing, key_starts), 0, use_packing, &packing, 0},
    {"sa_block_list", sizeof(sa_block_list), sizeof(sa_block_list), 0, use_blocks, &blocks, 0},
    {"sa_score_callbacks", sizeof(sa_score_callbacks), sizeof(uint64_t), 0, use_callbacks, &callbacks, 0},
    {"sa_summaries", sizeof(sa_summaries), sizeof(uint64_t), 0, use_summaries, &summaries, 0},
    {"sa_dropout", sizeof(sa_dropout), sizeof(sa_dropout), 0, use_dropout, &dropout, 0},
    {"sa_latent", sizeof(sa_latent), offsetof(sa_latent, weight_down_query), 0, use_latent, &latent, 0},
    {"sa_pattern", sizeof(sa_pattern), offsetof(sa_pattern, causal), 0, list_pattern, &pattern, 1},
    {"sa_attention_args", sizeof(sa_attention_args), offsetof(sa_attention_args, scale),
     offsetof(struct valid, attention), attend, NULL, 0},
    {"sa_layer_config", sizeof(sa_layer_config), offsetof(sa_layer_config, scale), offsetof(struct valid, config),
     create_layer, NULL, 0},
    {"sa_forward_args", sizeof(sa_forward_args), offsetof(sa_forward_args, masking), offsetof(struct valid, forward),
     forward, NULL, 0},
};
enum { KINDS = sizeof kinds / sizeof kinds[0], MORE = 64 };

/* Calls with `room` bytes of memory that say they are struct_size, of which byte `set` is 1 unless it is 0. */
static sa_status call_with(const struct kind *kind, uint64_t struct_size, size_t room, size_t set, char text[400]) {
    struct valid v;
    valid_make(&v);
    v.masking = (sa_masking){0}; /* a pointer or tensor cut in half is nobody's older version */
    v.attention.masking = v.forward.masking = NULL;
    v.attention.lse.data = v.attention.weights.data = v.forward.lse.data = v.forward.weights.data = NULL;
    const char *from = kind->elsewhere ? kind->elsewhere : (char *)&v + kind->valid;
    char *args = guarded_alloc(room);
    memcpy(args, from, room < kind->size ? room : kind->size);
    memcpy(args, &struct_size, sizeof struct_size);
    if (set) args[set] = 1;
    sa_status status = kind->call(&v, args);
    snprintf(text, 400, "%s", sa_ctx_last_error(kind->without_context ? NULL : v.ctx));
    if (status != SA_OK) expect_works(v.ctx, kind->name);
    guarded_free(args, room);
    valid_free(&v);
    return status;
}

Test(struct_size, every_size_up_to_now_is_taken) {
    char text[400];
    for (int k = 0; k < KINDS; k++)
        for (size_t size = kinds[k].least; size <= kinds[k].size; size += sizeof size)
            cr_expect_eq(call_with(&kinds[k], size, size, 0, text), SA_OK, "%s of %zu bytes: %s", kinds[k].name, size,
                         text);
}

/* No version ended within a pointer or a number of 64 bits. */
Test(struct_size, what_cuts_a_field_is_refused) {
    char text[400], words[200];
    for (int k = 0; k < KINDS; k++)
        for (size_t size = kinds[k].least + 1; size < kinds[k].size; size += size % 8 == 7 ? 2 : 1) {
            cr_expect_eq(call_with(&kinds[k], size, size, 0, text), SA_ERR_STRUCT_SIZE, "%s, %zu", kinds[k].name, size);
            snprintf(words, sizeof words, "%s.struct_size is %zu, which cuts a field; set it to sizeof(%s)",
                     kinds[k].name, size, kinds[k].name);
            cr_expect_str_eq(text, words);
        }
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
