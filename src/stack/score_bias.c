/* Images (Bao et al., "BEiT", 2021): a number per head for each difference of rows and of columns.
 *
 * Texts (He et al., "DeBERTa", 2020): with r the bucket of i - j, and vectors c and p of contents and of buckets,
 *
 *     score(i, j) = (q(c_i) k(c_j) + q(c_i) k(p_r) + q(p_r) k(c_j)) * scale
 *
 * where the first product is the layer's own. SPDX-License-Identifier: MIT */
#include "stack/score_bias.h"

#include "base/arith.h"
#include "base/ledger.h"
#include "describe/buckets.h"
#include "flow/project/project.h"
#include "stack/feed_forward.h"
#include "stack/norm.h"
#include "stack/rows.h"

/* Where the buffers lie in scratch memory, in bytes. */
struct buffers {
    int64_t first, count; /* the buckets of all distances, and how many they are: R */
    int64_t vectors;      /* float [R][E]  the vectors of these buckets */
    int64_t buckets[2];   /* float [R][H * D]  keys, and queries, of these */
    int64_t content[2];   /* float [T][H * D]  queries, and keys, of the contents */
    int64_t products[2];  /* float [T][R]  of one head: query of the content * key of the bucket, key * query */
    int64_t work;         /* scratch memory of the projections */
    struct ledger ledger;
};

/* The vectors of head h of the buckets, as a matrix over a head. */
static struct linear buckets_of_head(const struct stack_config *c, const struct buffers *b, const float *vectors,
                                     int64_t h) {
    return (struct linear){.weights = vectors ? vectors + h * c->head_size : NULL,
                           .dtype = SA_F32,
                           .in = c->head_size,
                           .out = b->count,
                           .ld = c->heads * c->head_size};
}

static struct projection head_step(const struct machine *machine, const struct stack_config *c,
                                   const struct linear *buckets, int64_t T, float *content, float *products) {
    const struct view x = {.data = content, .stride_s = c->heads * c->head_size, .stride_d = 1},
                      y = {.data = products, .stride_s = buckets->out, .stride_d = 1};
    return plan_projection(machine, buckets, 1, T, x, y);
}

/* The most that a projection needs. */
static int64_t most_work(const struct machine *machine, const struct stack *s, const struct buffers *b, int64_t T) {
    const struct linear buckets = buckets_of_head(&s->config, b, NULL, 0);
    const struct projection step = head_step(machine, &s->config, &buckets, T, NULL, NULL);
    int64_t work = project_bytes(machine, &step);
    for (int64_t l = 0; l < s->config.layers; l++)
        for (int i = 0; i < 4; i++) {
            const struct linear *linear = i % 2 ? &s->blocks[l].score_key : &s->blocks[l].score_query;
            const int64_t bytes = apply_linear_bytes(machine, linear, i < 2 ? T : b->count);
            work = work < 0 || bytes < 0 ? -1 : max_i64(work, bytes);
        }
    return work;
}

static struct buffers place_buffers(const struct machine *machine, const struct stack *s, int64_t T) {
    const struct stack_config *c = &s->config;
    const int64_t first = disentangled_bucket(&c->positions, 1 - T), inner = c->heads * c->head_size;
    struct buffers b = {.first = first,
                        .count = disentangled_bucket(&c->positions, T - 1) - first + 1,
                        .ledger = {.title = "score bias"}};
    b.vectors = ledger_book(&b.ledger, "vectors", b.count, c->width, sizeof(float));
    for (int i = 0; i < 2; i++) {
        b.buckets[i] = ledger_book(&b.ledger, "buckets", b.count, inner, sizeof(float));
        b.content[i] = ledger_book(&b.ledger, "content", T, inner, sizeof(float));
        b.products[i] = ledger_book(&b.ledger, "products", T, b.count, sizeof(float));
    }
    b.work = ledger_book(&b.ledger, "projections", most_work(machine, s, &b, T), 1, 1);
    return b;
}

int64_t score_bias_bytes(const struct machine *machine, const struct stack *s, int64_t T) {
    if (!score_bias_by_sequence(&s->config)) return 0;
    const struct buffers b = place_buffers(machine, s, T);
    return ledger_bytes(&b.ledger);
}

void score_bias_begin(const struct machine *machine, const struct stack *s, const struct model_block *block, int64_t T,
                      char *scratch) {
    if (!score_bias_by_sequence(&s->config)) return;
    const struct buffers b = place_buffers(machine, s, T);
    const int64_t E = s->config.width;
    float *vectors = (float *)(scratch + b.vectors);
    tensor_floats(&s->bucket_vectors, b.first * E, b.count * E, vectors);
    norm_rows(&machine->parallel, &s->bucket_norm, b.count, vectors, vectors);
    apply_linear(machine, &block->score_key, b.count, vectors, (float *)(scratch + b.buckets[0]), scratch + b.work);
    apply_linear(machine, &block->score_query, b.count, vectors, (float *)(scratch + b.buckets[1]), scratch + b.work);
}

struct filling {
    const struct stack_config *config;
    const struct model_block *block;
    int64_t T;
    float *bias;              /* [T][T] of a head, or [H][T][T] */
    const float *query, *key; /* [T][R] products */
    int64_t first, count;     /* of the buckets */
};

/* The number of a pair of tokens of an image in the table: that of two patches, or of one of the last three, which are
 * for pairs with the class token. */
static int64_t grid_index(const struct input_config *c, int64_t i, int64_t j) {
    const int64_t rows = input_rows(c), columns = input_columns(c), wide = 2 * columns - 1,
                  count = (2 * rows - 1) * wide;
    if (i == 0 || j == 0) return count + (j > 0 ? 0 : i > 0 ? 1 : 2);
    const int64_t down = (i - 1) / columns - (j - 1) / columns, right = (i - 1) % columns - (j - 1) % columns;
    return (down + rows - 1) * wide + right + columns - 1;
}

static void fill_grid(void *arg, int64_t first, int64_t last) {
    const struct filling *f = arg;
    const int64_t H = f->config->heads, T = f->T;
    for (int64_t i = first; i < last; i++)
        for (int64_t j = 0; j < T; j++) {
            const float *numbers = f->block->grid_bias + grid_index(&f->config->input, i, j) * H;
            for (int64_t h = 0; h < H; h++) f->bias[(h * T + i) * T + j] = numbers[h];
        }
}

static void fill_rows(void *arg, int64_t first, int64_t last) {
    const struct filling *f = arg;
    const float scale = (float)stack_scale(f->config);
    for (int64_t i = first; i < last; i++)
        for (int64_t j = 0; j < f->T; j++) {
            const int64_t r = disentangled_bucket(&f->config->positions, i - j) - f->first;
            f->bias[i * f->T + j] = (f->query[i * f->count + r] + f->key[j * f->count + r]) * scale;
        }
}

static void multiply(const struct machine *machine, const struct stack_config *c, const struct buffers *b, int which,
                     int64_t h, int64_t T, char *scratch) {
    const struct linear buckets = buckets_of_head(c, b, (const float *)(scratch + b->buckets[which]), h);
    const struct projection p =
        head_step(machine, c, &buckets, T, (float *)(scratch + b->content[which]) + h * c->head_size,
                  (float *)(scratch + b->products[which]));
    project(machine, &p, scratch + b->work);
}

void score_bias_run(const struct machine *machine, const struct stack *s, const struct model_block *block, int64_t T,
                    const float *x, float *bias, char *scratch) {
    const struct stack_config *c = &s->config;
    struct filling f = {.config = c, .block = block, .T = T, .bias = bias};
    if (!score_bias_by_sequence(c)) {
        rows_run(&machine->parallel, T, fill_grid, &f);
        return;
    }
    const struct buffers b = place_buffers(machine, s, T);
    f.first = b.first, f.count = b.count;
    f.query = (const float *)(scratch + b.products[0]), f.key = (const float *)(scratch + b.products[1]);
    apply_linear(machine, &block->score_query, T, x, (float *)(scratch + b.content[0]), scratch + b.work);
    apply_linear(machine, &block->score_key, T, x, (float *)(scratch + b.content[1]), scratch + b.work);
    for (int64_t h = 0; h < c->heads; h++) {
        multiply(machine, c, &b, 0, h, T, scratch);
        multiply(machine, c, &b, 1, h, T, scratch);
        f.bias = bias + h * T * T;
        rows_run(&machine->parallel, T, fill_rows, &f);
    }
}
