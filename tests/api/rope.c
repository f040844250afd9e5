/* sa_rope_apply() against the formula in double precision, and what it refuses.
 * SPDX-License-Identifier: MIT */
#include "support/allocator.h"
#include "support/half.h"
#include "support/oracle.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PICK(rng, ...)                                                                                                 \
    ((const int64_t[]){__VA_ARGS__}[rng_below(rng, (int64_t)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)))])

enum { MOST_PAIRS = 64, ROOM = 100000 };

/* A rotation and its tensors. */
struct turn {
    sa_rope rope;
    double frequency[MOST_PAIRS];
    sa_tensor input, output;
    int64_t positions[64], offset;
    int listed; /* whether positions are given one by one */
    float memory[2][ROOM];
};

static void *number_at(const sa_tensor *t, int64_t b, int64_t h, int64_t s, int64_t d) {
    int64_t at = b * t->stride[0] + h * t->stride[1] + s * t->stride[2] + d * t->stride[3];
    return (char *)t->data + at * (t->dtype == SA_F32 ? 4 : 2);
}

static void store(const sa_tensor *t, int64_t b, int64_t h, int64_t s, int64_t d, float value) {
    uint16_t half = t->dtype == SA_F32 ? 0 : half_nearest((double)value, t->dtype);
    if (t->dtype == SA_F32)
        memcpy(number_at(t, b, h, s, d), &value, sizeof value);
    else
        memcpy(number_at(t, b, h, s, d), &half, sizeof half);
}

/* In one of the usual orders, or backwards along the sequence with gaps between rows. */
static void place(struct rng *rng, sa_tensor *t, float *memory, int32_t dtype, const int64_t size[4]) {
    int order = (int)rng_below(rng, 3);
    sa_tensor_set(t, memory, dtype, order == 1 ? SA_BSHD : SA_BHSD, size[0], size[1], size[2], size[3]);
    if (order < 2) return;
    int64_t row = size[3] + 3;
    t->stride[2] = -row, t->stride[1] = size[2] * row, t->stride[0] = size[1] * size[2] * row;
    t->data = (char *)memory + (size[2] - 1) * row * (dtype == SA_F32 ? 4 : 2);
}

static void turn_make(struct turn *x, uint64_t seed) {
    struct rng rng = {seed * 31 + 7};
    const int64_t size[4] = {PICK(&rng, 1, 2, 3), PICK(&rng, 1, 2, 5), PICK(&rng, 1, 2, 9, 20),
                             PICK(&rng, 2, 3, 8, 15, 32, 64, 80, 128)};
    *x = (struct turn){.rope = {.struct_size = sizeof x->rope, .style = (int32_t)rng_below(&rng, 2)}};
    sa_rope *r = &x->rope;
    if (size[3] % 2 || rng_chance(&rng, .4)) r->rotary = 2 * (1 + rng_below(&rng, size[3] / 2));
    if (rng_chance(&rng, .5)) r->theta = (double)PICK(&rng, 500000, 100, 2);
    if (rng_chance(&rng, .3)) {
        for (int i = 0; i < MOST_PAIRS; i++) x->frequency[i] = rng_unit(&rng) * 2 - 1;
        r->inverse_frequency = x->frequency, r->theta = 0;
    }
    if (rng_chance(&rng, .3)) r->attention_factor = .5 + rng_unit(&rng);
    place(&rng, &x->input, x->memory[0], (int32_t)PICK(&rng, SA_F32, SA_F32, SA_BF16, SA_F16), size);
    place(&rng, &x->output, x->memory[1], (int32_t)PICK(&rng, SA_F32, SA_F32, SA_BF16, SA_F16), size);
    if (rng_chance(&rng, .25)) x->output = x->input;
    for (int64_t b = 0; b < size[0]; b++)
        for (int64_t h = 0; h < size[1]; h++)
            for (int64_t t = 0; t < size[2]; t++)
                for (int64_t d = 0; d < size[3]; d++) store(&x->input, b, h, t, d, rng_normal(&rng));
    for (int i = 0; i < 64; i++) x->positions[i] = rng_below(&rng, 100000) - 50000;
    x->offset = PICK(&rng, 0, 0, 5, -7, 1000000);
    x->listed = rng_chance(&rng, .4);
}

/* Angle of pair i at a position, in the longest type there is. */
static long double angle_of(const struct turn *x, int64_t rotary, int64_t position, int64_t i) {
    double theta = x->rope.theta != 0 ? x->rope.theta : 10000;
    double frequency = x->rope.inverse_frequency ? x->frequency[i] : pow(theta, -2 * (double)i / (double)rotary);
    return (long double)position * (long double)frequency;
}

/* output [B,H,T,D] in order. */
static void reference(const struct turn *x, double *output) {
    const int64_t *size = x->input.size, D = size[3], R = x->rope.rotary ? x->rope.rotary : D;
    double factor = x->rope.attention_factor != 0 ? x->rope.attention_factor : 1;
    for (int64_t row = 0; row < size[0] * size[1] * size[2]; row++, output += D) {
        int64_t b = row / size[2] / size[1], h = row / size[2] % size[1], t = row % size[2];
        int64_t position = x->listed ? x->positions[b * size[2] + t] : x->offset + t;
        for (int64_t d = 0; d < D; d++) output[d] = oracle_at(&x->input, b, h, t, d);
        for (int64_t i = 0; i < R / 2; i++) {
            int64_t first = x->rope.style == SA_ROPE_HALF ? i : 2 * i,
                    second = x->rope.style == SA_ROPE_HALF ? i + R / 2 : 2 * i + 1;
            double a = output[first], c = output[second];
            double cosine = (double)cosl(angle_of(x, R, position, i)), sine = (double)sinl(angle_of(x, R, position, i));
            output[first] = (a * cosine - c * sine) * factor;
            output[second] = (a * sine + c * cosine) * factor;
        }
    }
}

/* The largest difference, of what rounding to the output's type leaves of it. */
static double difference(const struct turn *x, const double *want) {
    const int64_t *size = x->output.size;
    double worst = 0;
    for (int64_t i = 0; i < size[0] * size[1] * size[2] * size[3]; i++) {
        int64_t d = i % size[3], t = i / size[3] % size[2], h = i / size[3] / size[2] % size[1],
                b = i / size[3] / size[2] / size[1];
        double got = oracle_at(&x->output, b, h, t, d), rounding = 0;
        if (x->output.dtype != SA_F32)
            rounding = fabs(want[i]) * (x->output.dtype == SA_BF16 ? 0x1p-8 : 0x1p-11) + 1e-7;
        worst = fmax(worst, isnan(got) ? INFINITY : fabs(got - want[i]) - rounding);
    }
    return worst;
}

static sa_status apply(sa_ctx *ctx, struct turn *x) {
    return sa_rope_apply(ctx, &x->rope, &x->input, &x->output, x->listed ? x->positions : NULL,
                         x->listed ? 0 : x->offset);
}

Test(rope, agrees_with_the_formula) {
    static struct turn x;
    static double want[ROOM];
    for (int w = 0; w < ways_count; w++) {
        sa_ctx *ctx = way_open(&ways[w], 2);
        for (uint64_t seed = 0; ctx && seed < 150; seed++) {
            turn_make(&x, seed);
            reference(&x, want);
            cr_assert_eq(apply(ctx, &x), SA_OK, "seed %llu: %s", (unsigned long long)seed, sa_ctx_last_error(ctx));
            double off = difference(&x, want);
            cr_expect(off <= 1e-6, "%s, seed %llu: off by %g", ways[w].name, (unsigned long long)seed, off);
        }
        sa_ctx_destroy(&ctx);
    }
}

Test(rope, has_the_same_bits_for_any_number_of_threads) {
    static struct turn x, other;
    for (uint64_t seed = 0; seed < 40; seed++) {
        for (int32_t threads = 1; threads <= 7; threads += threads < 3 ? 1 : 4) {
            sa_ctx_options options = {.struct_size = sizeof options, .threads = threads};
            sa_ctx *ctx = ctx_open(&options);
            struct turn *to = threads == 1 ? &x : &other;
            turn_make(to, seed);
            cr_assert_eq(apply(ctx, to), SA_OK);
            cr_expect(threads == 1 || !memcmp(x.memory, other.memory, sizeof x.memory), "seed %llu, %d threads",
                      (unsigned long long)seed, threads);
            sa_ctx_destroy(&ctx);
        }
    }
}

/* ---- one vector at a time */

/* x [D] of a token at `position`, rotated in place. */
static void rotate(sa_ctx *ctx, const sa_rope *rope, float *x, int64_t D, int64_t position) {
    sa_tensor t;
    sa_tensor_set(&t, x, SA_F32, SA_BHSD, 1, 1, 1, D);
    cr_assert_eq(sa_rope_apply(ctx, rope, &t, &t, &position, 0), SA_OK, "%s", sa_ctx_last_error(ctx));
}

Test(rope, leaves_the_first_position_and_what_is_not_rotary) {
    sa_ctx *ctx = ctx_open(NULL);
    const sa_rope rope = {.struct_size = sizeof rope, .rotary = 6};
    float x[10], y[10];
    for (int i = 0; i < 10; i++) x[i] = y[i] = (float)i + .1f;
    rotate(ctx, &rope, y, 10, 0);
    cr_expect(!memcmp(x, y, sizeof x), "nothing turns at position 0");
    rotate(ctx, &rope, y, 10, 77);
    cr_expect(!memcmp(x + 6, y + 6, 4 * sizeof *x), "the last four stay");
    for (int i = 0; i < 6; i++) cr_expect_neq(x[i], y[i]);
    sa_ctx_destroy(&ctx);
}

/* What rotation is for: the score of a query and a key depends on their distance alone, also a million tokens away. */
Test(rope, scores_depend_on_distances) {
    enum { SIZE = 64 };
    const int64_t starts[] = {0, 1, 1000, 1000000, 123456789, -5000};
    sa_ctx *ctx = ctx_open(NULL);
    for (int style = 0; style < 2; style++)
        for (int64_t distance = -3; distance <= 3000; distance = distance * 5 + 17) {
            const sa_rope rope = {.struct_size = sizeof rope, .style = style, .theta = 500000};
            double first = 0;
            for (int s = 0; s < 6; s++) {
                struct rng rng = {9};
                float query[SIZE], key[SIZE];
                double dot = 0;
                for (int i = 0; i < SIZE; i++) query[i] = rng_normal(&rng), key[i] = rng_normal(&rng);
                rotate(ctx, &rope, query, SIZE, starts[s]);
                rotate(ctx, &rope, key, SIZE, starts[s] - distance);
                for (int i = 0; i < SIZE; i++) dot += (double)query[i] * (double)key[i];
                if (s == 0) first = dot;
                cr_expect(fabs(dot - first) < 1e-5, "distance %lld at %lld: %.8g, at 0: %.8g", (long long)distance,
                          (long long)starts[s], dot, first);
            }
        }
    sa_ctx_destroy(&ctx);
}

Test(rope, allocates_nothing_after_the_first_call) {
    struct test_allocator memory = test_allocator_make();
    sa_ctx_options options = {.struct_size = sizeof options, .threads = 2};
    static struct turn x;
    test_allocator_use(&memory, &options);
    sa_ctx *ctx = ctx_open(&options);
    for (uint64_t seed = 0; seed < 20; seed++) {
        turn_make(&x, seed);
        cr_assert_eq(apply(ctx, &x), SA_OK);
        int64_t calls = memory.calls;
        cr_assert_eq(apply(ctx, &x), SA_OK);
        cr_expect_eq(memory.calls, calls);
    }
    memory.fail_at = memory.calls;
    turn_make(&x, 1);
    sa_tensor_set(&x.input, x.memory[0], SA_F32, SA_BHSD, 1, 1, 1, 20000);
    x.output = x.input, x.rope.rotary = 0, x.rope.inverse_frequency = NULL;
    cr_expect_eq(apply(ctx, &x), SA_ERR_MEMORY, "%s", sa_ctx_last_error(ctx));
    cr_expect_eq(apply(ctx, &x), SA_OK, "it works when there is memory again");
    sa_ctx_destroy(&ctx);
    cr_expect(memory.live == 0 && memory.faults == 0);
}

/* ---- what is refused */

static void expect_refused(struct turn *x, sa_status status, const char *words, const char *spoiled) {
    sa_ctx *ctx = ctx_open(NULL);
    sa_status got = apply(ctx, x);
    cr_expect_eq(got, status, "%s: status %d (%s), want %d", spoiled, got, sa_ctx_last_error(ctx), status);
    cr_expect(strstr(sa_ctx_last_error(ctx), words), "%s: \"%s\" does not say \"%s\"", spoiled, sa_ctx_last_error(ctx),
              words);
    sa_ctx_destroy(&ctx);
}

#define REFUSED(status, words, ...)                                                                                    \
    do {                                                                                                               \
        static struct turn x;                                                                                          \
        turn_make(&x, 0);                                                                                              \
        x.rope = (sa_rope){.struct_size = sizeof x.rope}, x.listed = 0;                                                \
        sa_tensor_set(&x.input, x.memory[0], SA_F32, SA_BHSD, 2, 3, 4, 8);                                             \
        sa_tensor_set(&x.output, x.memory[1], SA_F32, SA_BHSD, 2, 3, 4, 8);                                            \
        __VA_ARGS__;                                                                                                   \
        expect_refused(&x, status, words, #__VA_ARGS__);                                                               \
    } while (0)

Test(rope, refusals) {
    const int64_t most = (int64_t)1 << 60;
    REFUSED(SA_ERR_STRUCT_SIZE, "sa_rope.struct_size is 0", x.rope.struct_size = 0);
    REFUSED(SA_ERR_VALUE, "rope.style is 2", x.rope.style = 2);
    REFUSED(SA_ERR_VALUE, "rope.style is -1", x.rope.style = -1);
    REFUSED(SA_ERR_VALUE, "rope.reserved is 1", x.rope.reserved = 1);
    REFUSED(SA_ERR_VALUE, "rope.rotary is 10, must be even and at most D = 8", x.rope.rotary = 10);
    REFUSED(SA_ERR_VALUE, "rope.rotary is 3", x.rope.rotary = 3);
    REFUSED(SA_ERR_VALUE, "rope.rotary is -2", x.rope.rotary = -2);
    REFUSED(SA_ERR_VALUE, "rope.rotary is 0, which means D = 7; it must be even",
            x.input.size[3] = x.output.size[3] = 7);
    REFUSED(SA_ERR_VALUE, "rope.theta is -1", x.rope.theta = -1);
    REFUSED(SA_ERR_VALUE, "rope.theta is nan", x.rope.theta = NAN);
    REFUSED(SA_ERR_VALUE, "rope.theta is inf", x.rope.theta = INFINITY);
    REFUSED(SA_ERR_VALUE, "rope.attention_factor is -1", x.rope.attention_factor = -1);
    REFUSED(SA_ERR_VALUE, "rope.attention_factor is inf", x.rope.attention_factor = INFINITY);
    REFUSED(SA_ERR_VALUE, "rope.inverse_frequency[3] is nan", x.frequency[3] = NAN,
            x.rope.inverse_frequency = x.frequency);
    REFUSED(SA_ERR_VALUE, "positions[7] is 1152921504606846977", x.listed = 1, x.positions[7] = most + 1);
    REFUSED(SA_ERR_VALUE, "offset is -1152921504606846977", x.offset = -most - 1);
    REFUSED(SA_ERR_SHAPE, "output.size[1] (heads) is 2, must be 3, which is input.size[1]", x.output.size[1] = 2);
    REFUSED(SA_ERR_SHAPE, "output.size[3] (last) is 6, must be 8", x.output.size[3] = 6);
    REFUSED(SA_ERR_UNSUPPORTED, "input.dtype is 3", x.input.dtype = SA_BOOL);
    REFUSED(SA_ERR_VALUE, "output.dtype is 4", x.output.dtype = SA_I8);
    REFUSED(SA_ERR_NULL, "input.data is NULL", x.input.data = NULL);
    REFUSED(SA_ERR_NULL, "output.data is NULL", x.output.data = NULL);
    REFUSED(SA_ERR_VALUE, "output.stride[0] is 0", x.output.stride[0] = 0);
    REFUSED(SA_ERR_OVERFLOW, "input does not fit an address", x.input.stride[1] = most * 4);
}

Test(rope, an_offset_beside_positions_is_refused) {
    static struct turn x;
    sa_ctx *ctx = ctx_open(NULL);
    turn_make(&x, 1);
    cr_expect_eq(sa_rope_apply(ctx, &x.rope, &x.input, &x.output, x.positions, 3), SA_ERR_VALUE);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "offset is 3 beside positions, must be 0");
    sa_ctx_destroy(&ctx);
}

/* 2^64 tokens, whose number would wrap to 0. */
Test(rope, tokens_that_cannot_be_counted) {
    REFUSED(SA_ERR_OVERFLOW, "the number of tokens", x.input.size[0] = x.output.size[0] = (int64_t)1 << 60,
            x.input.size[2] = x.output.size[2] = 16, memset(x.input.stride, 0, sizeof x.input.stride),
            x.output.stride[0] = x.output.stride[1] = x.output.stride[2] = x.output.stride[3] = 1);
}

Test(rope, nulls) {
    static struct turn x;
    sa_ctx *ctx = ctx_open(NULL);
    turn_make(&x, 0);
    cr_expect_eq(sa_rope_apply(NULL, &x.rope, &x.input, &x.output, NULL, 0), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(NULL), "ctx is NULL");
    cr_expect_eq(sa_rope_apply(ctx, NULL, &x.input, &x.output, NULL, 0), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "rope is NULL");
    cr_expect_eq(sa_rope_apply(ctx, &x.rope, NULL, &x.output, NULL, 0), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "input is NULL");
    cr_expect_eq(sa_rope_apply(ctx, &x.rope, &x.input, NULL, NULL, 0), SA_ERR_NULL);
    cr_expect_str_eq(sa_ctx_last_error(ctx), "output is NULL");
    sa_ctx_destroy(&ctx);
}

/* Nothing to rotate, whatever the other sizes say. */
Test(rope, empty_tensors_are_fine) {
    const int64_t most = (int64_t)1 << 60;
    const int64_t sizes[][4] = {{0, 2, 3, 8},       {2, 0, 3, 8},       {2, 2, 0, 8},         {2, 2, 2, 0},
                                {most, 0, most, 8}, {most, most, 0, 8}, {0, most, most, most}};
    sa_ctx *ctx = ctx_open(NULL);
    const sa_rope rope = {.struct_size = sizeof rope};
    for (int i = 0; i < 7; i++) {
        sa_tensor t = {.size = {sizes[i][0], sizes[i][1], sizes[i][2], sizes[i][3]}};
        cr_expect_eq(sa_rope_apply(ctx, &rope, &t, &t, NULL, 0), SA_OK, "%d: %s", i, sa_ctx_last_error(ctx));
    }
    sa_ctx_destroy(&ctx);
}
