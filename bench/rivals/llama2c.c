/* A token through a llama2.c model: RMSNorm, products of matrices with a vector, interleaved rotary positions, softmax,
 * SwiGLU. Built once per instruction set; RUN_LLAMA2C names what the unit exports.
 * SPDX-License-Identifier: MIT */
#include "rivals/llama2c.h"

#include <math.h>
#include <string.h>

static void rms_norm(float *y, const float *x, const float *weight, int64_t n) {
    float sum = 0;
    for (int64_t i = 0; i < n; i++) sum += x[i] * x[i];
    const float factor = 1 / sqrtf(sum / (float)n + 1e-5f);
    for (int64_t i = 0; i < n; i++) y[i] = weight[i] * (factor * x[i]);
}

/* y = W x, W [out][in] */
static void multiply(float *y, const float *x, const float *w, int64_t in, int64_t out) {
    for (int64_t o = 0; o < out; o++) {
        float sum = 0;
        for (int64_t i = 0; i < in; i++) sum += w[o * in + i] * x[i];
        y[o] = sum;
    }
}

/* Turns neighbours, head by head. */
static void rotate(float *x, int64_t width, const float *cosines, const float *sines, int64_t half) {
    for (int64_t i = 0; i < width / 2; i++) {
        const float c = cosines[i % half], s = sines[i % half], a = x[2 * i], b = x[2 * i + 1];
        x[2 * i] = a * c - b * s;
        x[2 * i + 1] = a * s + b * c;
    }
}

static void softmax(float *row, int64_t n) {
    float largest = row[0], sum = 0;
    for (int64_t i = 1; i < n; i++) largest = row[i] > largest ? row[i] : largest;
    for (int64_t i = 0; i < n; i++) {
        row[i] = expf(row[i] - largest);
        sum += row[i];
    }
    for (int64_t i = 0; i < n; i++) row[i] /= sum;
}

/* One head: its query against the keys of all positions so far. */
static void attend(const struct llama2c *m, const float *q, const float *keys, const float *values, int64_t position,
                   float *y) {
    const int64_t D = m->head_size;
    const float scale = 1 / sqrtf((float)D);
    for (int64_t p = 0; p <= position; p++) {
        float dot = 0;
        for (int64_t d = 0; d < D; d++) dot += q[d] * keys[p * m->kv_width + d];
        m->scores[p] = scale * dot;
    }
    softmax(m->scores, position + 1);
    memset(y, 0, (size_t)D * sizeof *y);
    for (int64_t p = 0; p <= position; p++)
        for (int64_t d = 0; d < D; d++) y[d] += m->scores[p] * values[p * m->kv_width + d];
}

static void attention_part(struct llama2c *m, int64_t layer, int64_t position) {
    const int64_t E = m->width, K = m->kv_width, D = m->head_size, half = D / 2;
    const int64_t cache = layer * m->positions * K, sharing = m->heads / m->kv_heads;
    float *k = m->keys + cache + position * K, *v = m->values + cache + position * K;
    const float *cosines = m->cosines + position * half, *sines = m->sines + position * half;
    rms_norm(m->normed, m->state, m->attention_norm + layer * E, E);
    multiply(m->heads_q, m->normed, m->query + layer * E * E, E, E);
    multiply(k, m->normed, m->key + layer * K * E, E, K);
    multiply(v, m->normed, m->value + layer * K * E, E, K);
    rotate(m->heads_q, E, cosines, sines, half);
    rotate(k, K, cosines, sines, half);
    for (int64_t h = 0; h < m->heads; h++) {
        const int64_t head = cache + h / sharing * D;
        attend(m, m->heads_q + h * D, m->keys + head, m->values + head, position, m->joined + h * D);
    }
    multiply(m->change, m->joined, m->attention_output + layer * E * E, E, E);
    for (int64_t i = 0; i < E; i++) m->state[i] += m->change[i];
}

static void feed_forward_part(struct llama2c *m, int64_t layer) {
    const int64_t E = m->width, F = m->inner;
    rms_norm(m->normed, m->state, m->inner_norm + layer * E, E);
    multiply(m->gated, m->normed, m->gate + layer * F * E, E, F);
    multiply(m->hidden, m->normed, m->up + layer * F * E, E, F);
    for (int64_t i = 0; i < F; i++) m->hidden[i] *= m->gated[i] / (1 + expf(-m->gated[i]));
    multiply(m->change, m->hidden, m->down + layer * E * F, F, E);
    for (int64_t i = 0; i < E; i++) m->state[i] += m->change[i];
}

void RUN_LLAMA2C(struct llama2c *m, int32_t token, int64_t position, int with_logits);

void RUN_LLAMA2C(struct llama2c *m, int32_t token, int64_t position, int with_logits) {
    const int64_t E = m->width;
    memcpy(m->state, m->embedding + token * E, (size_t)E * sizeof *m->state);
    for (int64_t layer = 0; layer < m->layers; layer++) {
        attention_part(m, layer, position);
        feed_forward_part(m, layer);
    }
    if (!with_logits) return;
    rms_norm(m->normed, m->state, m->last_norm, E);
    multiply(m->logits, m->normed, m->output, E, m->vocabulary);
}
