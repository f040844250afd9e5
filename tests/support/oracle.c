/* SPDX-License-Identifier: MIT */
#include "support/oracle.h"

#include "support/half.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

double oracle_at(const sa_tensor *t, int64_t b, int64_t h, int64_t s, int64_t d) {
    int64_t at = b * t->stride[0] + h * t->stride[1] + s * t->stride[2] + d * t->stride[3];
    switch (t->dtype) {
    case SA_F32:
        return ((const float *)t->data)[at];
    case SA_F16:
    case SA_BF16:
        return half_value(((const uint16_t *)t->data)[at], t->dtype);
    case ORACLE_F64:
        return ((const double *)t->data)[at];
    default:
        return ((const uint8_t *)t->data)[at] != 0;
    }
}

static int64_t keys_of(const sa_attention_args *a, int64_t b) {
    return a->masking && a->masking->key_lengths ? a->masking->key_lengths[b] : a->key.size[2];
}

/* Query t stands at t + offset. */
static int64_t offset_of(const sa_attention_args *a, int64_t b) {
    const sa_masking *m = a->masking;
    if (!m || m->align == SA_ALIGN_TOP_LEFT) return 0;
    if (m->align == SA_ALIGN_OFFSET) return m->offsets ? m->offsets[b] : m->offset;
    return m->align == SA_ALIGN_BOTTOM_RIGHT || m->key_lengths ? keys_of(a, b) - a->query.size[2] : 0;
}

/* The number that rules add to a score of head h at a distance. */
static double rules_at(const sa_attention_args *a, int64_t h, int64_t distance) {
    const sa_score_rules *r = a->rules;
    double sum = 0;
    if (r && r->alibi_slopes) sum += (double)r->alibi_slopes[h] * (double)distance;
    if (!r || !r->relative_bias) return sum;
    int64_t R = r->relative_reach, d = distance < -R ? -R : distance > R ? R : distance;
    return sum + (double)r->relative_bias[h * (2 * R + 1) + R + d];
}

/* Whether a block list of T queries names the block of key j for query t. */
static int lists(const sa_block_list *l, int64_t T, int64_t b, int64_t h, int64_t t, int64_t j) {
    const int64_t lines = (T + l->query_block - 1) / l->query_block;
    const int64_t head = (l->sequences == 1 ? 0 : b) * l->heads + (l->heads == 1 ? 0 : h);
    const int64_t *o = l->offsets + head * (lines + 1) + t / l->query_block;
    for (int64_t i = o[0]; i < o[1]; i++)
        if (l->indices[i] == j / l->key_block) return 1;
    return 0;
}

/* A tile of one number. */
static sa_score_tile tile_of(int64_t b, int64_t h, int64_t t, int64_t j) {
    return (sa_score_tile){.struct_size = sizeof(sa_score_tile),
                           .sequence = b,
                           .head = h,
                           .query = t,
                           .key = j,
                           .queries = 1,
                           .keys = 1,
                           .query_stride = 1,
                           .key_stride = 1};
}

/* Whether the caller's mask shows key j. */
static int shows(const sa_score_callbacks *c, int64_t b, int64_t h, int64_t t, int64_t j) {
    sa_score_tile tile = tile_of(b, h, t, j);
    uint8_t shown = 1;
    tile.visible = &shown;
    int32_t answer = c->mask_tile ? c->mask_tile(c->user, &tile) : SA_TILE_SOME;
    if (answer == SA_TILE_SOME && c->mask_mod) c->mask_mod(c->user, &tile);
    return answer != SA_TILE_NONE && shown;
}

/* What score_mod or prob_mod makes of a number. */
static double changed(sa_tile_change_fn change, void *user, int64_t b, int64_t h, int64_t t, int64_t j, double number) {
    sa_score_tile tile = tile_of(b, h, t, j);
    float value = (float)number;
    tile.values = &value;
    if (!change) return number;
    change(user, &tile);
    return (double)value;
}

/* Whether query t of head h may see key j, and the number that the mask adds. */
static int sees(const sa_attention_args *a, int64_t b, int64_t h, int64_t t, int64_t j, double *bias) {
    const sa_masking *m = a->masking;
    *bias = 0;
    if (a->callbacks && !shows(a->callbacks, b, h, t, j)) return 0;
    if (a->blocks && !lists(a->blocks, a->query.size[2], b, h, t, j)) return 0;
    if (!m) return 1;
    int64_t keys = keys_of(a, b), offset = offset_of(a, b);
    if (j >= keys) return 0;
    if (m->causal && j > t + offset) return 0;
    if (m->window && m->window_left >= 0 && j < t + offset - m->window_left && j >= m->keep_first) return 0;
    if (m->window && m->window_right >= 0 && j > t + offset + m->window_right) return 0;
    if (!m->mask.data) return 1;
    if (m->mask_keys == SA_MASK_KEYS_REPEATED && m->mask.size[3] == 1) j = 0;
    if (j >= m->mask.size[3]) return 0;
    double value = oracle_at(&m->mask, m->mask.size[0] == 1 ? 0 : b, m->mask.size[1] == 1 ? 0 : h,
                             m->mask.size[2] == 1 ? 0 : t, j);
    if (m->mask.dtype == SA_BOOL) return value != 0;
    *bias = value;
    return value != -INFINITY;
}

int64_t oracle_position(const sa_attention_args *a, int64_t b, int64_t t) {
    return t + offset_of(a, b);
}

struct scores {
    double *value;  /* by stage: what a->weights_kind asks for */
    double *biased; /* after masks */
    unsigned char *seen;
    unsigned char *finite;
};

static void score_row(const sa_attention_args *a, int64_t b, int64_t h, int64_t t, struct scores *s) {
    int64_t D = a->query.size[3], S = a->key.size[2], group = a->query.size[1] / a->key.size[1];
    double scale = a->scale != 0 ? (double)a->scale : 1 / sqrt((double)D);
    for (int64_t j = 0; j < S; j++) {
        double dot = 0, bias;
        for (int64_t d = 0; d < D; d++)
            dot += oracle_at(&a->query, b, h, t, d) * oracle_at(&a->key, b, h / group, j, d);
        double scaled = dot * scale, capped = a->softcap > 0 ? a->softcap * tanh(scaled / a->softcap) : scaled;
        s->seen[j] = (unsigned char)sees(a, b, h, t, j, &bias);
        double rules = rules_at(a, h, j - t - offset_of(a, b)), modified = capped + rules;
        if (a->callbacks && s->seen[j])
            modified = changed(a->callbacks->score_mod, a->callbacks->user, b, h, t, j, modified);
        if (a->callbacks && a->callbacks->score_mod && modified == -INFINITY) s->seen[j] = 0;
        s->biased[j] = s->seen[j] ? modified + bias : -INFINITY;
        s->finite[j] = isfinite(s->biased[j]) != 0;
        s->value[j] = a->weights_kind == SA_WEIGHTS_SCALED       ? scaled
                      : a->weights_kind == SA_WEIGHTS_SOFTCAPPED ? capped
                                                                 : s->biased[j];
    }
}

/* Turns s->biased into probabilities; returns the log-sum-exp. */
static double soften(struct scores *s, int64_t S, double sink) {
    double max = sink, sum = 0;
    int any = 0;
    for (int64_t j = 0; j < S; j++)
        if (s->seen[j]) {
            any = 1;
            if (s->biased[j] > max) max = s->biased[j];
        }
    if (max == -INFINITY) max = 0;
    sum = exp(sink - max);
    for (int64_t j = 0; j < S; j++)
        if (s->seen[j]) sum += s->biased[j] = exp(s->biased[j] - max);
    for (int64_t j = 0; j < S; j++) s->biased[j] = s->seen[j] ? s->biased[j] / sum : 0;
    return any ? max + log(sum) : -INFINITY;
}

/* One round of Philox 4x32 on words of 32 bits, which are kept in 64. */
static void mix(uint64_t c[4], const uint64_t key[2]) {
    const uint64_t a = 0xD2511F53u * c[0], b = 0xCD9E8D57u * c[2], low = 0xffffffffu;
    const uint64_t next[4] = {(b >> 32) ^ c[1] ^ key[0], b & low, (a >> 32) ^ c[3] ^ key[1], a & low};
    for (int i = 0; i < 4; i++) c[i] = next[i];
}

double oracle_dropout(const sa_dropout *d, int64_t b, int64_t h, int64_t t, int64_t j) {
    const uint64_t low = 0xffffffffu;
    uint64_t c[4] = {(uint64_t)j / 4, (uint64_t)t, (uint64_t)h, (uint64_t)b}, key[2];
    if (!d) return 1;
    for (uint64_t round = 0; round < 10; round++) {
        key[0] = ((d->seed & low) + round * 0x9E3779B9u) & low;
        key[1] = ((d->seed >> 32) + round * 0xBB67AE85u) & low;
        mix(c, key);
    }
    const double steps = rint((double)d->probability * 0x1p23);
    if (steps == 0) return 1;
    const uint64_t draw = c[j % 4] / 512;
    return (double)draw < steps ? 0 : 1 / (1 - (double)d->probability);
}

static void attend_row(const sa_attention_args *a, int64_t b, int64_t h, int64_t t, struct scores *s, double *o,
                       double *lse, double *w) {
    int64_t S = a->key.size[2], Dv = a->value.size[3], group = a->query.size[1] / a->key.size[1];
    score_row(a, b, h, t, s);
    double l = soften(s, S, a->rules && a->rules->sink_logits ? (double)a->rules->sink_logits[h] : -INFINITY);
    if (lse) *lse = l;
    for (int64_t j = 0; w && j < S; j++)
        w[j] = a->weights_kind == SA_WEIGHTS_PROBABILITIES ? s->biased[j] : s->value[j];
    for (int64_t j = 0; a->callbacks && j < S; j++)
        if (s->seen[j]) s->biased[j] = changed(a->callbacks->prob_mod, a->callbacks->user, b, h, t, j, s->biased[j]);
    for (int64_t d = 0; o && d < Dv; d++) o[d] = 0;
    for (int64_t j = 0; o && j < S; j++)
        for (int64_t d = 0; s->seen[j] && d < Dv; d++) {
            double v = oracle_at(&a->value, b, h / group, j, d), factor = oracle_dropout(a->dropout, b, h, t, j);
            /* The weight of a finite score is positive, even if its exponential underflowed. */
            double weight = s->biased[j] == 0 && s->finite[j] && !isfinite(v) ? DBL_MIN : s->biased[j];
            if (factor != 0) o[d] += factor * weight * v;
        }
}

void oracle_attention(const sa_attention_args *a, double *output, double *lse, double *weights) {
    int64_t B = a->query.size[0], H = a->query.size[1], T = a->query.size[2], S = a->key.size[2], Dv = a->value.size[3];
    size_t room = (size_t)(S ? S : 1);
    struct scores s = {malloc(room * sizeof(double)), malloc(room * sizeof(double)), malloc(room), malloc(room)};
    for (int64_t row = 0; row < B * H * T; row++) {
        int64_t b = row / (H * T), h = row / T % H, t = row % T;
        attend_row(a, b, h, t, &s, output ? output + row * Dv : NULL, lse ? lse + row : NULL,
                   weights ? weights + row * S : NULL);
    }
    free(s.value);
    free(s.biased);
    free(s.seen);
    free(s.finite);
}
