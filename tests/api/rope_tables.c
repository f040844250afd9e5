/* Rotation by tables of cosines and sines: what it computes, and what it refuses.
 * SPDX-License-Identifier: MIT */
#include "support/half.h"
#include "support/paths.h"
#include "support/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

enum { B = 2, H = 3, T = 4, D = 12, POSITIONS = 9, COUNT = B * H * T * D };

/* A valid call: tables that are no rotation, so that no frequency could stand in for them. */
struct call {
    sa_ctx *ctx;
    sa_rope rope;
    sa_tensor input, output;
    int64_t positions[B * T];
    float cosines[POSITIONS * D / 2], sines[POSITIONS * D / 2], x[COUNT], y[COUNT];
};

static void fill(float *to, int count, uint64_t seed) {
    struct rng rng = {seed};
    for (int i = 0; i < count; i++) to[i] = rng_normal(&rng);
}

static void call_make(struct call *c, int32_t style, int64_t rotary) {
    static const int64_t positions[B * T] = {8, 0, 3, 3, 1, 7, 2, 8};
    *c = (struct call){.ctx = ctx_open(NULL)};
    c->rope = (sa_rope){.struct_size = sizeof c->rope, .style = style, .rotary = rotary};
    c->rope.cosines = c->cosines, c->rope.sines = c->sines, c->rope.table_positions = POSITIONS;
    memcpy(c->positions, positions, sizeof positions);
    fill(c->cosines, POSITIONS * D / 2, 1);
    fill(c->sines, POSITIONS * D / 2, 2);
    fill(c->x, COUNT, 3);
    sa_tensor_set(&c->input, c->x, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&c->output, c->y, SA_F32, SA_BSHD, B, H, T, D);
}

static void apply(struct call *c, const int64_t *positions, int64_t offset) {
    cr_assert_eq(sa_rope_apply(c->ctx, &c->rope, &c->input, &c->output, positions, offset), SA_OK, "%s",
                 sa_ctx_last_error(c->ctx));
}

/* Element d of a head that stands at position p, from the formula. */
static double rotated(const struct call *c, const float *x, int64_t p, int64_t d) {
    int64_t pairs = (c->rope.rotary ? c->rope.rotary : D) / 2, half = c->rope.style == SA_ROPE_HALF;
    if (d >= 2 * pairs) return (double)x[d];
    int64_t i = half ? d % pairs : d / 2, second = half ? d >= pairs : d % 2;
    double cosine = (double)c->cosines[p * pairs + i], sine = (double)c->sines[p * pairs + i];
    double a = (double)x[half ? i : 2 * i], b = (double)x[half ? i + pairs : 2 * i + 1];
    return second ? a * sine + b * cosine : a * cosine - b * sine;
}

static void expect_formula(const struct call *c, const int64_t *positions, int64_t offset) {
    for (int64_t i = 0; i < COUNT; i++) {
        int64_t d = i % D, h = i / D % H, t = i / (D * H) % T, b = i / (D * H * T);
        double want = rotated(c, c->x + ((b * H + h) * T + t) * D, positions ? positions[b * T + t] : offset + t, d);
        cr_expect(fabs((double)c->y[i] - want) <= 1e-6, "style %d, rotary %lld: y[%lld,%lld,%lld,%lld] is %g, want %g",
                  c->rope.style, (long long)c->rope.rotary, (long long)b, (long long)t, (long long)h, (long long)d,
                  (double)c->y[i], want);
    }
}

Test(rope_tables, every_style_by_the_formula) {
    for (int32_t style = SA_ROPE_HALF; style <= SA_ROPE_INTERLEAVED; style++)
        for (int64_t rotary = 0; rotary <= D; rotary += 4) {
            struct call c;
            call_make(&c, style, rotary);
            apply(&c, c.positions, 0);
            expect_formula(&c, c.positions, 0);
            apply(&c, NULL, POSITIONS - T);
            expect_formula(&c, NULL, POSITIONS - T);
            sa_ctx_destroy(&c.ctx);
        }
}

/* Tables of the angles that frequencies come to give the same bits, in place too, times a factor too. */
Test(rope_tables, the_same_as_frequencies) {
    struct call c;
    float want[COUNT];
    call_make(&c, SA_ROPE_HALF, 0);
    for (int64_t i = 0; i < POSITIONS * D / 2; i++) {
        int64_t position = i / (D / 2), pair = i % (D / 2);
        double angle = (double)position * pow(10000, -2 * (double)pair / D);
        c.cosines[i] = (float)cos(angle), c.sines[i] = (float)sin(angle);
    }
    c.rope.cosines = c.rope.sines = NULL, c.rope.table_positions = 0, c.rope.attention_factor = 2;
    apply(&c, c.positions, 0);
    memcpy(want, c.y, sizeof want);
    c.rope.cosines = c.cosines, c.rope.sines = c.sines, c.rope.table_positions = POSITIONS;
    apply(&c, c.positions, 0);
    cr_expect(!memcmp(want, c.y, sizeof want));
    sa_tensor_set(&c.output, c.x, SA_F32, SA_BHSD, B, H, T, D);
    sa_tensor_set(&c.input, c.x, SA_F32, SA_BHSD, B, H, T, D);
    apply(&c, c.positions, 0);
    for (int64_t b = 0; b < B; b++)
        for (int64_t h = 0; h < H; h++)
            for (int64_t t = 0; t < T; t++)
                cr_expect(!memcmp(c.x + ((b * H + h) * T + t) * D, want + ((b * T + t) * H + h) * D, D * sizeof *want));
    sa_ctx_destroy(&c.ctx);
}

Test(rope_tables, sixteen_bits) {
    static const int32_t dtypes[] = {SA_F16, SA_BF16};
    for (int i = 0; i < 2; i++) {
        struct call c;
        uint16_t halves[COUNT], results[COUNT];
        call_make(&c, SA_ROPE_INTERLEAVED, 8);
        for (int j = 0; j < COUNT; j++) {
            halves[j] = half_nearest((double)c.x[j], dtypes[i]);
            c.x[j] = (float)half_value(halves[j], dtypes[i]);
        }
        apply(&c, c.positions, 0);
        sa_tensor_set(&c.input, halves, dtypes[i], SA_BHSD, B, H, T, D);
        sa_tensor_set(&c.output, results, dtypes[i], SA_BSHD, B, H, T, D);
        apply(&c, c.positions, 0);
        for (int j = 0; j < COUNT; j++)
            cr_expect_eq(results[j], half_nearest((double)c.y[j], dtypes[i]), "dtype %d, element %d", dtypes[i], j);
        sa_ctx_destroy(&c.ctx);
    }
}

static void expect_refused(struct call *c, sa_status want, const char *words, const char *spoiled,
                           const int64_t *positions, int64_t offset) {
    sa_status got = sa_rope_apply(c->ctx, &c->rope, &c->input, &c->output, positions, offset);
    const char *sentence = sa_ctx_last_error(c->ctx);
    cr_expect_eq(got, want, "%s: status %d (%s), want %d", spoiled, got, sentence, want);
    cr_expect(strstr(sentence, words), "%s: \"%s\" does not say \"%s\"", spoiled, sentence, words);
}

/* TABLES_REFUSED(status, words, positions, offset, what to spoil) */
#define TABLES_REFUSED(status, words, positions, offset, ...)                                                          \
    do {                                                                                                               \
        struct call c;                                                                                                 \
        call_make(&c, SA_ROPE_HALF, 0);                                                                                \
        __VA_ARGS__;                                                                                                   \
        expect_refused(&c, status, words, #__VA_ARGS__, positions, offset);                                            \
        sa_ctx_destroy(&c.ctx);                                                                                        \
    } while (0)

Test(rope_tables, contradictions) {
    const double frequency[D / 2] = {1};
    TABLES_REFUSED(SA_ERR_VALUE, "only one of rope.cosines and rope.sines is given: sines is NULL", NULL, 0,
                   c.rope.sines = NULL);
    TABLES_REFUSED(SA_ERR_VALUE, "only one of rope.cosines and rope.sines is given: cosines is NULL", NULL, 0,
                   c.rope.cosines = NULL);
    TABLES_REFUSED(SA_ERR_VALUE, "inverse_frequency is given beside", NULL, 0, c.rope.inverse_frequency = frequency);
    TABLES_REFUSED(SA_ERR_VALUE, "table_positions is 0", NULL, 0, c.rope.table_positions = 0);
    TABLES_REFUSED(SA_ERR_VALUE, "table_positions is -9", NULL, 0, c.rope.table_positions = -POSITIONS);
    TABLES_REFUSED(SA_ERR_VALUE, "table_positions is 9", NULL, 0, c.rope.cosines = c.rope.sines = NULL);
    TABLES_REFUSED(SA_ERR_OVERFLOW, "the size of rope.cosines", NULL, 0, c.rope.table_positions = INT64_MAX / 4);
}

Test(rope_tables, positions_outside) {
    TABLES_REFUSED(SA_ERR_VALUE, "positions[5] is 9, but rope has tables for 0 to 8", c.positions, 0,
                   c.positions[5] = POSITIONS);
    TABLES_REFUSED(SA_ERR_VALUE, "positions[7] is -1, but rope", c.positions, 0, c.positions[7] = -1);
    TABLES_REFUSED(SA_ERR_VALUE, "tokens stand at 6 to 9, but rope has tables for 0 to 8", NULL, POSITIONS - T + 1,
                   c.positions[0] = 0);
    TABLES_REFUSED(SA_ERR_VALUE, "tokens stand at -1 to 2", NULL, -1, c.positions[0] = 0);
    TABLES_REFUSED(SA_ERR_VALUE, "tokens stand at 0 to 3, but rope has tables for 0 to 2", NULL, 0,
                   c.rope.table_positions = T - 1);
    TABLES_REFUSED(SA_ERR_VALUE, "tokens stand at 1152921504606846976 to", NULL, (int64_t)1 << 60, c.positions[0] = 0);
}

/* No token, no position. */
Test(rope_tables, nothing_to_rotate) {
    struct call c;
    call_make(&c, SA_ROPE_HALF, 0);
    c.input.size[2] = c.output.size[2] = 0;
    apply(&c, NULL, 100);
    apply(&c, c.positions, 0);
    sa_ctx_destroy(&c.ctx);
}
