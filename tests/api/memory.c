/* Memory: every allocation that can fail, none after the first call, and sizes that are told beforehand.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include "support/allocator.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <string.h>

static sa_ctx *open_with(struct test_allocator *memory, const struct way *way, int32_t threads) {
    sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
    if (way) options.path = way->path, options.isa = way->isa, options.precision = way->precision;
    test_allocator_use(memory, &options);
    return ctx_open(&options);
}

static void expect_no_memory(sa_status status, const sa_ctx *ctx, int64_t n, const char *call) {
    cr_expect_eq(status, SA_ERR_MEMORY, "%s, allocation %lld failed: status %d", call, (long long)n, status);
    cr_expect(strstr(sa_ctx_last_error(ctx), "no memory: "), "%s: \"%s\"", call, sa_ctx_last_error(ctx));
}

/* Each call is made again after it has failed, and works then. */
#define TRY(call, ctx)                                                                                                 \
    do {                                                                                                               \
        sa_status status = call;                                                                                       \
        if (status != SA_OK) {                                                                                         \
            expect_no_memory(status, ctx, n, #call);                                                                   \
            status = call;                                                                                             \
        }                                                                                                              \
        cr_expect_eq(status, SA_OK, "%s: %s", #call, sa_ctx_last_error(ctx));                                          \
    } while (0)

/* All calls, where allocation n fails; whether it was reached. */
static int run_with_failure(int64_t n, const struct valid *want) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options};
    struct valid v;
    valid_make(&v);
    valid_free(&v);
    test_allocator_use(&memory, &options);
    memory.fail_at = n;
    TRY(sa_ctx_create(&options, &v.ctx), NULL);
    TRY(sa_layer_create(v.ctx, &v.config, &v.layer), v.ctx);
    TRY(sa_attention(v.ctx, &v.attention), v.ctx);
    TRY(sa_forward(v.ctx, v.layer, &v.forward), v.ctx);
    TRY(sa_ctx_reserve(v.ctx, 1 << 20), v.ctx);
    cr_expect(!memcmp(v.output, want->output, sizeof v.output) && !memcmp(v.y, want->y, sizeof v.y),
              "allocation %lld failed: another result", (long long)n);
    valid_free(&v);
    cr_expect(memory.live == 0 && memory.live_bytes == 0 && memory.faults == 0,
              "allocation %lld failed: %lld blocks left, %lld faults", (long long)n, (long long)memory.live,
              (long long)memory.faults);
    return memory.failures > 0;
}

Test(memory, every_allocation_may_fail) {
    struct valid want;
    int64_t n = 0;
    valid_make(&want);
    cr_assert_eq(sa_attention(want.ctx, &want.attention), SA_OK);
    cr_assert_eq(sa_forward(want.ctx, want.layer, &want.forward), SA_OK);
    while (run_with_failure(n, &want)) n++;
    cr_expect(n >= 5, "a context, a layer, its weights and scratch twice are allocated; only %lld were", (long long)n);
    valid_free(&want);
}

Test(memory, no_allocation_after_the_first_call_of_a_shape) {
    for (int w = 0; w < ways_count; w++) {
        if (!way_is_here(&ways[w])) continue;
        struct test_allocator memory = test_allocator_make();
        struct valid v;
        valid_make(&v);
        sa_ctx_destroy(&v.ctx);
        v.ctx = open_with(&memory, &ways[w], 2);
        for (int repeat = 0; repeat < 3; repeat++) {
            int64_t before = memory.calls;
            cr_assert_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK);
            cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK);
            v.attention.weights.data = NULL;
            v.attention.masking = NULL;
            cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK, "a smaller need");
            cr_expect(repeat == 0 || memory.calls == before, "%s: %lld allocations in repeat %d", ways[w].name,
                      (long long)(memory.calls - before), repeat);
        }
        valid_free(&v);
        cr_expect(memory.live == 0 && memory.faults == 0);
    }
}

/* A contiguous problem without data; the sizes are all that counts for the workspace. */
static sa_attention_args sized(int64_t batch, int64_t heads, int64_t kv_heads, int64_t queries, int64_t keys,
                               int64_t size) {
    sa_attention_args a = {.struct_size = sizeof a};
    sa_tensor_set(&a.query, NULL, SA_F32, SA_BHSD, batch, heads, queries, size);
    sa_tensor_set(&a.key, NULL, SA_F32, SA_BHSD, batch, kv_heads, keys, size);
    sa_tensor_set(&a.value, NULL, SA_F32, SA_BHSD, batch, kv_heads, keys, size);
    sa_tensor_set(&a.output, NULL, SA_F32, SA_BHSD, batch, heads, queries, size);
    return a;
}

static uint64_t workspace(sa_ctx *ctx, const sa_attention_args *a) {
    uint64_t bytes;
    cr_assert_eq(sa_attention_workspace_size(ctx, a, &bytes), SA_OK, "%s", sa_ctx_last_error(ctx));
    return bytes;
}

Test(memory, the_workspace_size_is_exact_and_can_be_reserved) {
    static float data[4 * 70 * 33 * 2];
    const int64_t lengths[] = {1, 16, 17, 70};
    for (int w = 0; w < ways_count; w++)
        for (int l = 0; l < 4 && way_is_here(&ways[w]); l++) {
            struct test_allocator memory = test_allocator_make();
            sa_ctx *ctx = open_with(&memory, &ways[w], 3);
            sa_attention_args a = sized(1, 4, 2, lengths[l], lengths[l], 33);
            uint64_t bytes = workspace(ctx, &a);
            cr_expect_eq(sa_ctx_scratch_bytes(ctx), 0, "asking allocates nothing");
            cr_assert_eq(sa_ctx_reserve(ctx, bytes), SA_OK);
            cr_expect_eq(sa_ctx_scratch_bytes(ctx), bytes);
            a.query.data = a.key.data = a.value.data = data;
            a.output.data = data + 4 * 70 * 33;
            int64_t before = memory.calls;
            cr_assert_eq(sa_attention(ctx, &a), SA_OK, "%s", sa_ctx_last_error(ctx));
            cr_expect(memory.calls == before && sa_ctx_scratch_bytes(ctx) == bytes, "%s, T %lld", ways[w].name,
                      (long long)lengths[l]);
            sa_ctx_destroy(&ctx);
            ctx = open_with(&memory, &ways[w], 3);
            cr_assert_eq(sa_attention(ctx, &a), SA_OK);
            cr_expect_eq(sa_ctx_scratch_bytes(ctx), bytes, "%s: the call takes what was told", ways[w].name);
            sa_ctx_destroy(&ctx);
            cr_expect(memory.live == 0 && memory.faults == 0);
        }
}

Test(memory, the_workspace_of_a_layer_can_be_reserved) {
    for (int w = 0; w < ways_count; w++) {
        if (!way_is_here(&ways[w])) continue;
        struct test_allocator memory = test_allocator_make();
        struct valid v;
        uint64_t bytes;
        valid_make(&v);
        sa_ctx_destroy(&v.ctx);
        v.ctx = open_with(&memory, &ways[w], 2);
        cr_assert_eq(sa_forward_workspace_size(v.ctx, v.layer, &v.forward, &bytes), SA_OK);
        cr_assert_eq(sa_ctx_reserve(v.ctx, bytes), SA_OK);
        int64_t before = memory.calls;
        cr_assert_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK);
        cr_expect(memory.calls == before && sa_ctx_scratch_bytes(v.ctx) == bytes, "%s", ways[w].name);
        valid_free(&v);
        cr_expect_eq(memory.live, 0);
    }
}

Test(memory, reserving_keeps_what_is_there) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx *ctx = open_with(&memory, NULL, 1);
    cr_assert_eq(sa_ctx_reserve(ctx, 1000), SA_OK);
    cr_expect_eq(sa_ctx_reserve(ctx, 10), SA_OK);
    cr_expect_eq(sa_ctx_reserve(ctx, 0), SA_OK);
    cr_expect_eq(sa_ctx_scratch_bytes(ctx), 1000);
    expect_no_memory(sa_ctx_reserve(ctx, (uint64_t)1 << 40), ctx, 0, "sa_ctx_reserve");
    expect_no_memory(sa_ctx_reserve(ctx, UINT64_MAX), ctx, 0, "sa_ctx_reserve");
    cr_expect_eq(sa_ctx_scratch_bytes(ctx), 1000, "a failure keeps what was held");
    expect_works(ctx, "a failed reserve");
    sa_ctx_destroy(&ctx);
    cr_expect_eq(memory.live, 0);
}

/* n = 65,536: a score matrix would take 16 GiB. */
Test(memory, scratch_does_not_grow_with_queries_times_keys) {
    const uint64_t bound = (uint64_t)64 << 20;
    for (int w = 0; w < ways_count; w++)
        for (int32_t threads = 1; threads <= 64 && way_is_here(&ways[w]); threads *= 8) {
            struct test_allocator memory = test_allocator_make();
            sa_ctx *ctx = open_with(&memory, &ways[w], threads);
            sa_attention_args a = sized(1, 1, 1, 65536, 65536, 64), shorter = sized(1, 1, 1, 32768, 65536, 64);
            uint64_t bytes = workspace(ctx, &a);
            cr_expect_lt(bytes, bound, "%s, %d threads: %llu bytes", ways[w].name, threads, (unsigned long long)bytes);
            cr_expect_eq(bytes, workspace(ctx, &shorter), "%s: half the queries", ways[w].name);
            sa_ctx_destroy(&ctx);
        }
}
