/* SPDX-License-Identifier: MIT */
#include "fuzz/problem.h"

#include "support/half.h"
#include "support/oracle.h"

#include <math.h>
#include <string.h>

void *problem_own(struct problem *p, int64_t count, size_t size) {
    void *memory = calloc((size_t)(count > 0 ? count : 1), size);
    EXPECT(memory && p->memories < PROBLEM_BLOCKS, "no memory for the problem");
    return p->memory[p->memories++] = memory;
}

void problem_free(struct problem *p) {
    for (int i = 0; i < p->memories; i++) free(p->memory[i]);
    p->memories = 0;
}

/* Kinds of numbers: usual ones; ties; signed zeros and ones; the smallest; large ones; mixed. */
static float number_of(int64_t kind, struct rng *rng) {
    static const float odd[] = {0, -0.f, 1, -1, .5f, 1e-45f, -1e-39f, 1e-20f, 300, -300, 65504, -1e4f};
    switch (kind) {
    case 1:
        return (float)(rng_below(rng, 5) - 2);
    case 2:
        return odd[rng_below(rng, 4)];
    case 3:
        return rng_normal(rng) * 1e-39f;
    case 4:
        return rng_normal(rng) * 30;
    case 5:
        return odd[rng_below(rng, sizeof odd / sizeof *odd)];
    default:
        return rng_normal(rng);
    }
}

void take_floats(struct input *in, float *to, int64_t count) {
    const int64_t kind = take_below(in, 8);
    struct rng rng = take_rng(in);
    for (int64_t i = 0; i < count; i++) to[i] = number_of(kind, &rng);
}

/* A tensor in memory of its own: in one of both orders, with gaps, dimensions first, or backwards along the sequence;
 * of any type. `kind` below 0: it is an output. */
static sa_tensor place(struct problem *p, struct input *in, const int64_t size[4], int is_output) {
    const int64_t order = take_below(in, 5), H = size[1], N = size[2], D = size[3];
    const int64_t row = order == 2 ? D + 1 + take_below(in, 5) : D, count = size[0] * H * N * row;
    const int32_t dtype = (int32_t)TAKE(in, SA_F32, SA_F32, SA_F32, SA_BF16, SA_F16);
    sa_tensor t = {.dtype = dtype, .size = {size[0], H, N, D}};
    const int64_t bhsd[4] = {H * N * row, N * row, row, 1}, bshd[4] = {H * N * row, row, H * row, 1},
                  dims_first[4] = {H * N * row, N * row, 1, N};
    memcpy(t.stride, order == 1 ? bshd : order == 3 ? dims_first : bhsd, sizeof t.stride);
    float *numbers = problem_own(p, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = NAN;
    if (!is_output) take_floats(in, numbers, count);
    t.data = numbers;
    if (dtype != SA_F32) {
        uint16_t *halves = t.data = problem_own(p, count, sizeof *halves);
        for (int64_t i = 0; i < count; i++) halves[i] = half_nearest((double)numbers[i], dtype);
    }
    if (order == 4 && count) {
        t.data = (char *)t.data + (N - 1) * t.stride[2] * (dtype == SA_F32 ? 4 : 2);
        t.stride[2] = -t.stride[2];
    }
    return t;
}

static int64_t *take_integers(struct problem *p, struct input *in, int64_t count, int64_t least, int64_t most) {
    int64_t *numbers = problem_own(p, count, sizeof *numbers);
    for (int64_t i = 0; i < count; i++) numbers[i] = least + take_below(in, most - least + 1);
    return numbers;
}

static void take_mask(struct problem *p, struct input *in, const sa_attention_args *a) {
    const int64_t S = a->key.size[2], choices = take(in);
    const int64_t size[4] = {choices & 1 ? a->query.size[0] : 1, choices & 2 ? a->query.size[1] : 1,
                             choices & 4 ? a->query.size[2] : 1, choices & 8 && S ? 1 + take_below(in, S) : S};
    const int64_t count = size[0] * size[1] * size[2] * size[3];
    const int added = (choices & 16) != 0;
    struct rng rng = take_rng(in);
    const double share = (double)take(in) / 255;
    void *data = problem_own(p, count, added ? sizeof(float) : 1);
    if (size[3] == 1 && S > 1) p->masking.mask_keys = 1 + (int32_t)take_below(in, 2);
    sa_tensor_set(&p->masking.mask, data, added ? SA_F32 : SA_BOOL, choices & 32 ? SA_BHSD : SA_BSHD, size[0], size[1],
                  size[2], size[3]);
    for (int64_t i = 0; i < count; i++) {
        const int shown = rng_chance(&rng, share);
        if (added)
            ((float *)data)[i] = !shown && choices & 64 ? -INFINITY : rng_normal(&rng) * 3;
        else
            ((uint8_t *)data)[i] = shown ? (uint8_t)(1 + rng_below(&rng, 255)) : 0;
    }
}

static void take_masking(struct problem *p, struct input *in) {
    sa_attention_args *a = &p->args;
    sa_masking *m = &p->masking;
    const int64_t B = a->query.size[0], S = a->key.size[2], choices = take(in);
    a->masking = m;
    m->struct_size = sizeof *m;
    m->causal = (int32_t)(choices & 1);
    m->align = (int32_t)take_below(in, 4);
    if (m->align == SA_ALIGN_OFFSET && choices & 2) m->offset = take_below(in, 2 * S + 3) - S - 1;
    if (m->align == SA_ALIGN_OFFSET && !(choices & 2)) m->offsets = take_integers(p, in, B, -S - 1, S + 1);
    if (choices & 4) m->key_lengths = take_integers(p, in, B, 0, S);
    if (choices & 8) {
        m->window = 1;
        m->window_left = take_below(in, S + 2) - 1;
        m->window_right = take_below(in, S + 2) - 1;
        m->keep_first = choices & 32 ? take_below(in, S + 2) : 0;
    }
    if (choices & 16) take_mask(p, in, a);
}

static void take_rules(struct problem *p, struct input *in) {
    const int64_t H = p->args.query.size[1], choices = take(in);
    sa_score_rules *r = &p->rules;
    p->args.rules = r;
    r->struct_size = sizeof *r;
    struct rng rng = take_rng(in);
    if (choices & 1) {
        float *slopes = problem_own(p, H, sizeof *slopes);
        for (int64_t h = 0; h < H; h++) slopes[h] = (float)(rng_unit(&rng) - (choices & 8 ? .5 : 0)) / 4;
        r->alibi_slopes = slopes;
    }
    if (choices & 2) {
        r->relative_reach = 1 + take(in);
        float *bias = problem_own(p, H * (2 * r->relative_reach + 1), sizeof *bias);
        for (int64_t i = 0; i < H * (2 * r->relative_reach + 1); i++) bias[i] = rng_normal(&rng) * 2;
        r->relative_bias = bias;
    }
    if (choices & 4) {
        float *sinks = problem_own(p, H, sizeof *sinks);
        for (int64_t h = 0; h < H; h++) sinks[h] = rng_chance(&rng, .2) ? -INFINITY : rng_normal(&rng) * 4;
        r->sink_logits = sinks;
    }
}

static void take_blocks(struct problem *p, struct input *in) {
    const sa_attention_args *a = &p->args;
    sa_block_list *l = &p->blocks;
    const int64_t choices = take(in);
    *l = (sa_block_list){.struct_size = sizeof *l,
                         .query_block = 1 + take_below(in, 20),
                         .key_block = 16 * (1 + take_below(in, 3)),
                         .sequences = choices & 1 ? a->query.size[0] : 1,
                         .heads = choices & 2 ? a->query.size[1] : 1};
    const int64_t lines = (a->query.size[2] + l->query_block - 1) / l->query_block,
                  columns = (a->key.size[2] + l->key_block - 1) / l->key_block, lists = l->sequences * l->heads;
    int64_t *offsets = problem_own(p, lists * (lines + 1), sizeof *offsets), used = 0;
    int32_t *indices = problem_own(p, lists * lines * columns, sizeof *indices);
    struct rng rng = take_rng(in);
    for (int64_t i = 0; i < lists * (lines + 1); i++) {
        offsets[i] = used;
        for (int32_t k = 0; i % (lines + 1) < lines && k < columns; k++)
            if (rng_chance(&rng, .5)) indices[used++] = k;
    }
    l->offsets = offsets, l->indices = indices;
    p->args.blocks = l;
}

/* NaN and infinities in values, and in keys behind a sequence's length. */
static void poison(struct problem *p, struct input *in) {
    static const float bad[] = {NAN, INFINITY, -INFINITY, 3e38f};
    const sa_tensor *k = &p->args.key, *v = &p->args.value;
    const int64_t b = take_below(in, v->size[0]), h = take_below(in, v->size[1]), j = take_below(in, v->size[2]),
                  d = take_below(in, v->size[3]), at = b * v->stride[0] + h * v->stride[1] + j * v->stride[2];
    const float value = bad[take_below(in, 4)];
    if (v->dtype == SA_F32) ((float *)v->data)[at + d * v->stride[3]] = value;
    if (k->dtype == SA_F32 && p->masking.key_lengths && j >= p->masking.key_lengths[b])
        ((float *)k->data)[b * k->stride[0] + h * k->stride[1] + j * k->stride[2]] = value;
}

/* One number becomes what the header does not allow. */
static void spoil(struct problem *p, struct input *in) {
    sa_attention_args *a = &p->args;
    sa_masking *m = &p->masking;
    const int32_t odd = (int32_t)TAKE(in, -1, 9, 1 << 30, INT32_MIN);
    p->wild = 1;
    switch (take_below(in, 16)) {
    case 0:
        a->scale = NAN;
        break;
    case 1:
        a->softcap = -1;
        break;
    case 2:
        a->weights_kind = odd;
        break;
    case 3:
        a->reserved = odd;
        break;
    case 4:
        a->query.dtype = odd;
        break;
    case 5:
        a->output.stride[2] = 0;
        break;
    case 6:
        a->query.size[1]++;
        break;
    case 7:
        a->value.size[2] = (int64_t)odd * ((int64_t)1 << 32);
        break;
    case 8:
        a->struct_size -= 4;
        break;
    case 9:
        a->key.size[3]++;
        break;
    case 10:
        a->lse.size[3] = 2;
        break;
    case 11:
        m->align = odd, a->masking = m;
        break;
    case 12:
        m->window_left = -2, m->window = 1, a->masking = m;
        break;
    case 13:
        m->mask.dtype = odd;
        break;
    case 14:
        p->blocks.key_block = 17;
        break;
    default:
        p->rules.relative_reach = odd;
    }
}

void problem_make(struct problem *p, struct input *in) {
    *p = (struct problem){.args.struct_size = sizeof p->args};
    sa_attention_args *a = &p->args;
    const int64_t choices = take(in), B = TAKE(in, 1, 1, 1, 2, 3, 0), K = TAKE(in, 1, 1, 2, 3),
                  H = K * TAKE(in, 1, 1, 2, 3, 8), D = TAKE(in, 1, 2, 3, 4, 7, 8, 9, 16, 17, 20, 32, 33, 64),
                  Dv = choices & 1 ? TAKE(in, 1, 3, 8, 15, 16, 31, 64) : D,
                  T = TAKE(in, 1, 1, 2, 3, 4, 5, 7, 8, 12, 15, 16, 17, 24, 25, 33, 0),
                  S = choices & 2 ? TAKE(in, 1, 2, 3, 5, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 70, 129, 0) : T;
    a->query = place(p, in, (int64_t[]){B, H, T, D}, 0);
    a->key = place(p, in, (int64_t[]){B, K, S, D}, 0);
    a->value = place(p, in, (int64_t[]){B, K, S, Dv}, 0);
    a->output = place(p, in, (int64_t[]){B, H, T, Dv}, 1);
    a->scale = choices & 4 ? (float)(take(in) + 1) / 64 * (choices & 8 ? -1.f : 1.f) : 0;
    a->softcap = choices & 16 ? (float)TAKE(in, 1, 5, 30, 50) : 0;
    sa_tensor_set(&a->lse, problem_own(p, B * H * T, sizeof(float)), SA_F32, SA_BHSD, B, H, T, 1);
    if (choices & 32) {
        sa_tensor_set(&a->weights, problem_own(p, B * H * T * S, sizeof(float)), SA_F32, SA_BHSD, B, H, T, S);
        a->weights_kind = (int32_t)TAKE(in, 0, 0, 0, 1, 2, 3);
    }
    const int64_t more = take(in);
    if (more & 1) take_masking(p, in);
    if (more & 2) take_rules(p, in);
    if (more & 4) take_blocks(p, in);
    if (more & 8 && B && S) poison(p, in);
    if ((more & 0xf0) == 0xf0) spoil(p, in);
    problem_clear(p);
}

static void clear(const sa_tensor *t) {
    if (!t->data) return;
    for (int64_t b = 0; b < t->size[0]; b++)
        for (int64_t h = 0; h < t->size[1]; h++)
            for (int64_t s = 0; s < t->size[2]; s++)
                for (int64_t d = 0; d < t->size[3]; d++) {
                    const int64_t at = b * t->stride[0] + h * t->stride[1] + s * t->stride[2] + d * t->stride[3];
                    if (t->dtype == SA_F32)
                        ((float *)t->data)[at] = NAN;
                    else
                        ((uint16_t *)t->data)[at] = 0x7fff;
                }
}

void problem_clear(struct problem *p) {
    if (p->wild) return;
    clear(&p->args.output);
    clear(&p->args.lse);
    clear(&p->args.weights);
}

/* The largest sum of magnitudes in a product of a query and a key, without scale. Hidden keys count too, but those that
 * are not finite. */
static double largest_product(const sa_attention_args *a) {
    double most = 0;
    const int64_t group = a->query.size[1] / a->key.size[1];
    for (int64_t b = 0; b < a->query.size[0]; b++)
        for (int64_t h = 0; h < a->query.size[1]; h++)
            for (int64_t t = 0; t < a->query.size[2]; t++)
                for (int64_t j = 0; j < a->key.size[2]; j++) {
                    double sum = 0;
                    for (int64_t d = 0; d < a->key.size[3]; d++)
                        sum += fabs(oracle_at(&a->query, b, h, t, d) * oracle_at(&a->key, b, h / group, j, d));
                    if (isfinite(sum)) most = fmax(most, sum);
                }
    return most;
}

static double largest_of(const sa_tensor *x) {
    double most = 0;
    for (int64_t b = 0; x->data && b < x->size[0]; b++)
        for (int64_t h = 0; h < x->size[1]; h++)
            for (int64_t s = 0; s < x->size[2]; s++)
                for (int64_t d = 0; d < x->size[3]; d++) {
                    const double value = fabs(oracle_at(x, b, h, s, d));
                    if (isfinite(value)) most = fmax(most, value);
                }
    return most;
}

struct bound problem_bound(const struct problem *p, int32_t precision) {
    const sa_attention_args *a = &p->args;
    const double eps = 0x1p-24, D = (double)a->key.size[3], S = (double)a->key.size[2], T = (double)a->query.size[2];
    const double scale = a->scale != 0 ? fabs((double)a->scale) : 1 / sqrt(D), product = largest_product(a) * scale;
    const double mask = p->masking.mask.dtype == SA_BOOL ? 0 : largest_of(&p->masking.mask);
    double added = mask, slope = 0;
    for (int64_t h = 0; h < a->query.size[1]; h++) {
        const sa_score_rules *r = &p->rules;
        if (r->alibi_slopes) slope = fmax(slope, fabs((double)r->alibi_slopes[h]));
        if (r->sink_logits && isfinite(r->sink_logits[h])) added = fmax(added, fabs((double)r->sink_logits[h]));
    }
    if (p->rules.relative_bias)
        for (int64_t i = 0; i < a->query.size[1] * (2 * p->rules.relative_reach + 1); i++)
            added = fmax(added, mask + fabs((double)p->rules.relative_bias[i]));
    const double distance = 2 * (S + T) + 2, scores = product + added + slope * distance;
    struct bound bound = {.largest = largest_of(&a->value)};
    /* Products and their sum, the scale in two factors, each addition; tanh as docs/numerics.md has it. */
    bound.score = product * (D + 8) * eps + 4 * scores * eps + (a->softcap > 0 ? 4e-7 * (double)a->softcap : 0) +
                  4 * slope * distance * eps;
    /* A bfloat16 of each operand is within 2^-8, and so are weights and values. */
    const int few_bits = precision == SA_PRECISION_MEDIUM;
    if (few_bits) bound.score += product * 0x1p-6;
    /* The exponential's own error, and sums of numerator and divisor. */
    bound.weight = 2 * bound.score + 64 * eps + (S + 32) * 2 * eps + (few_bits ? 0x1p-6 : 0);
    return bound;
}
