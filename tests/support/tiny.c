/* SPDX-License-Identifier: MIT */
#include "support/tiny.h"

#include "support/random.h"
#include "support/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct tiny_shape tiny_shape = {.L = 2, .E = 21, .H = 3, .F = 34, .V = 41, .P = 23, .Y = 2};
const struct tiny_shape wide_shape = {.L = 1, .E = 300, .H = 5, .F = 610, .V = 37, .P = 12, .Y = 3};

static void add(struct tiny *t, const char *name, const char *dtype, int64_t rows, int64_t columns, double mean,
                double spread, struct rng *rng) {
    struct tiny_tensor *x = &t->tensor[t->tensors++];
    *x = (struct tiny_tensor){.dtype = dtype, .axes = columns ? 2 : 1, .size = {rows, columns}};
    snprintf(x->name, sizeof x->name, "%s", name);
    int64_t count = rows * (columns ? columns : 1);
    x->values = calloc((size_t)count + 1, sizeof *x->values);
    for (int64_t i = 0; i < count; i++)
        x->values[i] = rounded_to(dtype, (float)(mean + spread * (double)rng_normal(rng)));
}

static void add_block(struct tiny *t, int64_t l, const char *dtype, struct rng *rng) {
    const int64_t E = t->shape.E, F = t->shape.F;
    const double e = 1.5 / sqrt((double)E), f = 1.5 / sqrt((double)F); /* so that scores and states are of unit scale */
    const struct {
        const char *name;
        int64_t rows, columns;
        double mean, spread;
    } parts[] = {
        {"attention.self.query.weight", E, E, 0, e},
        {"attention.self.query.bias", E, 0, 0, 0.5},
        {"attention.self.key.weight", E, E, 0, e},
        {"attention.self.key.bias", E, 0, 0, 0.5},
        {"attention.self.value.weight", E, E, 0, e},
        {"attention.self.value.bias", E, 0, 0, 0.5},
        {"attention.output.dense.weight", E, E, 0, e},
        {"attention.output.dense.bias", E, 0, 0, 0.5},
        {"attention.output.LayerNorm.weight", E, 0, 1, 0.2},
        {"attention.output.LayerNorm.bias", E, 0, 0, 0.3},
        {"intermediate.dense.weight", F, E, 0, e},
        {"intermediate.dense.bias", F, 0, 0, 0.5},
        {"output.dense.weight", E, F, 0, f},
        {"output.dense.bias", E, 0, 0, 0.5},
        {"output.LayerNorm.weight", E, 0, 1, 0.2},
        {"output.LayerNorm.bias", E, 0, 0, 0.3},
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char name[80];
        snprintf(name, sizeof name, "encoder.layer.%lld.%s", (long long)l, parts[i].name);
        add(t, name, dtype, parts[i].rows, parts[i].columns, parts[i].mean, parts[i].spread, rng);
    }
}

void tiny_make(struct tiny *t, const struct tiny_shape *s, const char *dtype, uint64_t seed) {
    struct rng rng = {seed};
    *t = (struct tiny){.shape = *s, .prefix = ""};
    add(t, "embeddings.word_embeddings.weight", dtype, s->V, s->E, 0, 1, &rng);
    add(t, "embeddings.position_embeddings.weight", dtype, s->P, s->E, 0, 1, &rng);
    add(t, "embeddings.token_type_embeddings.weight", dtype, s->Y, s->E, 0, 1, &rng);
    add(t, "embeddings.LayerNorm.weight", dtype, s->E, 0, 1, 0.2, &rng);
    add(t, "embeddings.LayerNorm.bias", dtype, s->E, 0, 0, 0.3, &rng);
    for (int64_t l = 0; l < s->L; l++) add_block(t, l, dtype, &rng);
}

void tiny_free(struct tiny *t) {
    for (int i = 0; i < t->tensors; i++) free(t->tensor[i].values);
    t->tensors = 0;
}

/* The name that the tensor has in the file. */
static void file_name(const struct tiny *t, const struct tiny_tensor *x, char name[120]) {
    snprintf(name, 120, "%s%s", t->prefix, x->name);
    char *norm = strstr(name, "LayerNorm.");
    if (t->old_norm && norm) strcpy(norm, strstr(norm, "weight") ? "LayerNorm.gamma" : "LayerNorm.beta");
}

unsigned char *tiny_weights(const struct tiny *t, size_t *bytes) {
    struct writer w = {0};
    for (int i = 0; i < t->tensors; i++) {
        const struct tiny_tensor *x = &t->tensor[i];
        char name[120];
        file_name(t, x, name);
        if (!x->missing) writer_add(&w, name, x->dtype, x->axes, x->size, x->values);
    }
    return writer_finish(&w, bytes);
}

void tiny_write_config(const struct tiny_shape *s, const struct folder *folder, const char *more) {
    char text[1200];
    snprintf(
        text, sizeof text,
        "{%s\"model_type\": \"bert\", \"num_hidden_layers\": %lld, \"hidden_size\": %lld, \"num_attention_heads\": "
        "%lld, \"intermediate_size\": %lld, \"vocab_size\": %lld, \"max_position_embeddings\": %lld, "
        "\"type_vocab_size\": %lld, \"hidden_act\": \"gelu\", \"layer_norm_eps\": 1e-12}",
        more, (long long)s->L, (long long)s->E, (long long)s->H, (long long)s->F, (long long)s->V, (long long)s->P,
        (long long)s->Y);
    folder_write_text(folder, "config.json", text);
}

void tiny_write(const struct tiny *t, const struct folder *folder) {
    size_t bytes;
    unsigned char *file = tiny_weights(t, &bytes);
    folder_write(folder, "model.safetensors", file, bytes);
    tiny_write_config(&t->shape, folder, "");
    free(file);
}

struct folder tiny_folder_make(void) {
    struct folder folder = folder_make();
    struct tiny tiny;
    tiny_make(&tiny, &tiny_shape, "F32", 1);
    tiny_write(&tiny, &folder);
    tiny_free(&tiny);
    return folder;
}

sa_model *tiny_open(sa_ctx *ctx, const struct tiny *t) {
    sa_model *model = NULL;
    struct folder folder = folder_make();
    tiny_write(t, &folder);
    sa_status status = sa_model_open(ctx, folder.path, &model);
    folder_remove(&folder);
    if (status == SA_OK) return model;
    fprintf(stderr, "sa_model_open: %s\n", sa_ctx_last_error(ctx));
    exit(1);
}

static const float *values_of(const struct tiny *t, int64_t block, const char *name) {
    char full[120];
    if (block < 0)
        snprintf(full, sizeof full, "embeddings.%s", name);
    else
        snprintf(full, sizeof full, "encoder.layer.%lld.%s", (long long)block, name);
    for (int i = 0; i < t->tensors; i++)
        if (!strcmp(t->tensor[i].name, full)) return t->tensor[i].values;
    abort();
}

/* y[o] = sum_i W[o][i] x[i] + b[o] */
static void linear(const struct tiny *t, int64_t block, const char *role, int64_t in, int64_t out, const double *x,
                   double *y) {
    char weight[80], bias[80];
    snprintf(weight, sizeof weight, "%s.weight", role);
    snprintf(bias, sizeof bias, "%s.bias", role);
    const float *W = values_of(t, block, weight), *b = values_of(t, block, bias);
    for (int64_t o = 0; o < out; o++) {
        y[o] = (double)b[o];
        for (int64_t i = 0; i < in; i++) y[o] += (double)W[o * in + i] * x[i];
    }
}

static void layer_norm(const struct tiny *t, int64_t block, const char *role, double *x) {
    char weight[80], bias[80];
    const int64_t E = t->shape.E;
    double mean = 0, variance = 0;
    snprintf(weight, sizeof weight, "%s.weight", role);
    snprintf(bias, sizeof bias, "%s.bias", role);
    const float *w = values_of(t, block, weight), *b = values_of(t, block, bias);
    for (int64_t i = 0; i < E; i++) mean += x[i] / (double)E;
    for (int64_t i = 0; i < E; i++) variance += (x[i] - mean) * (x[i] - mean) / (double)E;
    for (int64_t i = 0; i < E; i++) x[i] = (x[i] - mean) / sqrt(variance + 1e-12) * (double)w[i] + (double)b[i];
}

/* One sequence: x [T][E] to y [T][E], weights [H][T][T] with a distance of `stride` from head to head. */
static void attention(const struct tiny *t, int64_t l, int64_t T, int64_t length, const double *x, double *weights,
                      double *y) {
    const int64_t E = t->shape.E, H = t->shape.H, D = E / H;
    double *q = calloc((size_t)(4 * T * E), sizeof *q), *k = q + T * E, *v = k + T * E, *joined = v + T * E;
    for (int64_t s = 0; s < T; s++) {
        linear(t, l, "attention.self.query", E, E, x + s * E, q + s * E);
        linear(t, l, "attention.self.key", E, E, x + s * E, k + s * E);
        linear(t, l, "attention.self.value", E, E, x + s * E, v + s * E);
    }
    for (int64_t h = 0; h < H; h++)
        for (int64_t i = 0; i < T; i++) {
            double *p = weights + (h * T + i) * T, total = 0;
            for (int64_t j = 0; j < T; j++) {
                double score = 0;
                for (int64_t d = 0; d < D; d++) score += q[i * E + h * D + d] * k[j * E + h * D + d];
                p[j] = j < length ? exp(score / sqrt((double)D)) : 0;
                total += p[j];
            }
            for (int64_t j = 0; j < T; j++) p[j] /= total;
            for (int64_t d = 0; d < D; d++) {
                double sum = 0;
                for (int64_t j = 0; j < T; j++) sum += p[j] * v[j * E + h * D + d];
                joined[i * E + h * D + d] = sum;
            }
        }
    for (int64_t i = 0; i < T; i++) linear(t, l, "attention.output.dense", E, E, joined + i * E, y + i * E);
    free(q);
}

/* One token: x = LayerNorm(x + down(gelu(up(x)))). */
static void feed_forward(const struct tiny *t, int64_t l, double *x) {
    const int64_t E = t->shape.E, F = t->shape.F;
    double *inner = malloc((size_t)(E + F) * sizeof *inner), *y = inner + F;
    linear(t, l, "intermediate.dense", E, F, x, inner);
    for (int64_t i = 0; i < F; i++) inner[i] = inner[i] / 2 * (1 + erf(inner[i] / sqrt(2)));
    linear(t, l, "output.dense", F, E, inner, y);
    for (int64_t i = 0; i < E; i++) x[i] += y[i];
    layer_norm(t, l, "output.LayerNorm", x);
    free(inner);
}

static void block(const struct tiny *t, int64_t l, int64_t T, int64_t length, const double *x, double *weights,
                  double *y) {
    const int64_t E = t->shape.E;
    attention(t, l, T, length, x, weights, y);
    for (int64_t s = 0; s < T; s++) {
        for (int64_t i = 0; i < E; i++) y[s * E + i] += x[s * E + i];
        layer_norm(t, l, "attention.output.LayerNorm", y + s * E);
        feed_forward(t, l, y + s * E);
    }
}

static void pool(const double *x, int64_t length, int64_t E, double *y) {
    double square = 0;
    for (int64_t i = 0; i < E; i++) {
        y[i] = 0;
        for (int64_t s = 0; s < length; s++) y[i] += x[s * E + i] / (double)length;
        square += y[i] * y[i];
    }
    for (int64_t i = 0; i < E; i++) y[i] /= sqrt(square);
}

void tiny_forward(const struct tiny *t, const int32_t *ids, const int32_t *types, const int64_t *lengths, int64_t B,
                  int64_t T, double *hidden_all, double *weights, double *embedding) {
    const int64_t E = t->shape.E, H = t->shape.H, L = t->shape.L;
    const float *words = values_of(t, -1, "word_embeddings.weight");
    const float *positions = values_of(t, -1, "position_embeddings.weight");
    const float *kinds = values_of(t, -1, "token_type_embeddings.weight");
    for (int64_t b = 0; b < B; b++) {
        const int64_t length = lengths ? lengths[b] : T;
        for (int64_t s = 0; s < T; s++) {
            double *x = hidden_all + (b * T + s) * E;
            const int32_t id = ids[b * T + s], type = types ? types[b * T + s] : 0;
            for (int64_t i = 0; i < E; i++)
                x[i] = (double)words[id * E + i] + (double)positions[s * E + i] + (double)kinds[type * E + i];
            layer_norm(t, -1, "LayerNorm", x);
        }
        for (int64_t l = 0; l < L; l++)
            block(t, l, T, length, hidden_all + (l * B + b) * T * E, weights + (l * B + b) * H * T * T,
                  hidden_all + ((l + 1) * B + b) * T * E);
        pool(hidden_all + (L * B + b) * T * E, length, E, embedding + b * E);
    }
}
