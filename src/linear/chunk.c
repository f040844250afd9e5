/* The chunked form. Within a chunk, with P_i the product of the decays up to token i and P_ij that of those after j up
 * to i (each a number, or one per channel), and S the state before the chunk:
 *
 *     u_i = beta_i (v_i - S^T (P_i k_i) - sum over j < i of (k_i . P_ij k_j) u_j)      a triangular system
 *     o_i = S^T (P_i q_i) + sum over j <= i of (q_i . P_ij k_j) u_j
 *     S   = P_last S + sum over j of (P_last,j k_j) u_j^T
 *
 * Without beta, u is v. Products of decays are made by multiplying, never by dividing or by exp of a difference, so a
 * decay of 0 (a log of -infinity) does no harm. Source: Yang et al., "Parallelizing Linear Transformers with the Delta
 * Rule over Sequence Length", 2024; per channel as in "Gated Linear Attention Transformers", 2024.
 * SPDX-License-Identifier: MIT */
#include "linear/rows.h"

#include <string.h>

struct chunk {
    const struct linear_task *t;
    const struct linear_problem *p;
    const struct linear_kernels *kernels;
    int64_t first, count; /* tokens */
    int64_t decays, row, M, columns;
};

static const float one = 1, minus_one = -1;

static int64_t whole_units(int64_t n) {
    return round_up(n, LINEAR_UNIT);
}

/* ---- decays */

static const float *decay_of(const struct chunk *c, int64_t i) {
    return c->t->m.decay + i * c->decays;
}

/* rows[i] times factors[i], a number or one per channel. */
static void scale_rows(const struct chunk *c, float *rows, const float *factors, int64_t count) {
    const struct row_kernels *kernels = c->t->kernels->rows;
    for (int64_t i = 0; i < count && c->decays; i++) {
        if (c->decays == 1)
            kernels->scale(rows + i * c->row, c->M, factors[i]);
        else
            kernels->multiply(rows + i * c->row, factors + i * c->decays, c->M);
    }
}

/* prefix[i] = product of decay[0 .. i] */
static void multiply_up(const struct chunk *c, const float *decay, float *prefix, int64_t count) {
    const int64_t n = c->decays;
    memcpy(prefix, decay, (size_t)n * sizeof *prefix);
    for (int64_t i = 1; i < count; i++) {
        memcpy(prefix + i * n, decay + i * n, (size_t)n * sizeof *prefix);
        c->t->kernels->rows->multiply(prefix + i * n, prefix + (i - 1) * n, n);
    }
}

/* The keys of one group, decayed up to the group's last token, become columns of keys_t; those before get the group's
 * decay. */
static void add_group(const struct chunk *c, int64_t first, int64_t count) {
    const struct linear_memory *m = &c->t->m;
    const struct row_kernels *kernels = c->t->kernels->rows;
    for (int64_t d = 0; d < c->M; d++) m->spare[d] = 1;
    for (int64_t i = count - 1; i >= 0; i--) {
        float *key = m->suffix + i * c->row;
        memcpy(key, m->keys + (first + i) * c->row, (size_t)c->M * sizeof *key);
        kernels->multiply(key, m->spare, c->M);
        kernels->multiply(m->spare, decay_of(c, first + i), c->M);
    }
    for (int64_t d = 0; d < c->M && first; d++) kernels->scale(m->keys_t + d * LINEAR_CHUNK, first, m->spare[d]);
    kernels->transpose(m->keys_t + first, LINEAR_CHUNK, m->suffix, c->row, count, c->M, whole_units(count));
}

/* keys_t from keys; then from P_last,j keys. */
static void turn_keys(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    c->t->kernels->rows->transpose(m->keys_t, LINEAR_CHUNK, m->keys, c->row, c->count, c->M, whole_units(c->count));
}

static void decay_keys(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    float *suffix = m->suffix;
    if (c->decays != 1) return; /* there is nothing to do, or it is done */
    suffix[c->count - 1] = 1;
    for (int64_t j = c->count - 1; j > 0; j--) suffix[j - 1] = suffix[j] * m->decay[j];
    for (int64_t d = 0; d < c->M; d++) c->t->kernels->rows->multiply(m->keys_t + d * LINEAR_CHUNK, suffix, c->count);
}

/* ---- scores of m.rows and keys: [i][j] for j <= i; what stands beyond is not used */

static void scores_of_heads(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    float *between = m->spare; /* P_ij of row i */
    for (int64_t i = 0; i < c->count; i += LINEAR_UNIT)
        c->kernels->product(m->scores + i * LINEAR_CHUNK, LINEAR_CHUNK, NULL, 0, m->rows + i * c->row, c->row, 1,
                            m->keys_t, LINEAR_CHUNK, c->M, min_i64(LINEAR_UNIT, c->count - i), i + LINEAR_UNIT);
    for (int64_t i = 0; i < c->count && c->decays; i++) {
        c->t->kernels->rows->scale(between, i, m->decay[i]);
        between[i] = 1;
        c->t->kernels->rows->multiply(m->scores + i * LINEAR_CHUNK, between, i + 1);
    }
}

/* Keys before a group have decayed up to its beginning, and its rows decay from there on. Within the group a key decays
 * from row to row. */
static void scores_of_channels(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    float sums[LINEAR_GROUP];
    for (int64_t first = 0; first < c->count; first += LINEAR_GROUP) {
        const int64_t count = min_i64(LINEAR_GROUP, c->count - first);
        float *rows = m->suffix, *scores = m->scores + first * LINEAR_CHUNK;
        multiply_up(c, decay_of(c, first), rows, count);
        for (int64_t i = count - 1; i >= 0 && c->row != c->M; i--)
            memmove(rows + i * c->row, rows + i * c->M, (size_t)c->M * sizeof *rows);
        for (int64_t i = 0; i < count; i++)
            c->t->kernels->rows->multiply(rows + i * c->row, m->rows + (first + i) * c->row, c->M);
        c->kernels->product(scores, LINEAR_CHUNK, NULL, 0, rows, c->row, 1, m->keys_t, LINEAR_CHUNK, c->M, count,
                            first);
        for (int64_t j = 0; j < count; j++) {
            c->kernels->decayed(sums, m->rows + (first + j) * c->row, c->row, decay_of(c, first + j), c->decays,
                                m->keys + (first + j) * c->row, c->M, count - j);
            for (int64_t i = j; i < count; i++) scores[i * LINEAR_CHUNK + first + j] = sums[i - j];
        }
        add_group(c, first, count);
    }
}

static void find_scores(const struct chunk *c) {
    if (c->decays > 1)
        scores_of_channels(c);
    else
        scores_of_heads(c);
}

/* ---- values, results and sums, by panels */

static void load_values(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    for (int64_t i = 0; i < c->count; i++) {
        m->beta[i] = value_in(c->t, c->first + i, m->spare);
        for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) {
            const int64_t width = panel_width(c->columns, w);
            memcpy(m->values + w * LINEAR_CHUNK + i * width, m->spare + w, (size_t)width * sizeof(float));
        }
    }
}

static void write_results(const struct chunk *c, int64_t h) {
    const struct linear_memory *m = &c->t->m;
    for (int64_t i = 0; i < c->count; i++) {
        for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) {
            const int64_t width = panel_width(c->columns, w);
            memcpy(m->spare + w, m->result + w * LINEAR_CHUNK + i * width, (size_t)width * sizeof(float));
        }
        result_out(c->t, h, c->first + i, m->spare);
    }
}

/* out = m.rows times the sums, added to what it holds if `keep` is not NULL. */
static void times_sums(const struct chunk *c, float *out, int64_t w, const float *keep) {
    const int64_t width = panel_width(c->columns, w);
    c->kernels->product(out + w * LINEAR_CHUNK, width, keep, 0, c->t->m.rows, c->row, 1, c->t->head.sums + w * c->M,
                        width, c->M, c->count, width);
}

/* values become beta (v - what the state says of the keys). */
static void correct_values(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    for (int64_t i = 0; i < c->count; i++)
        c->t->kernels->rows->scale_to(m->rows + i * c->row, m->keys + i * c->row, c->M, minus_one * m->beta[i]);
    find_scores(c);
    scale_rows(c, m->rows, m->prefix, c->count);
    for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) {
        const int64_t width = panel_width(c->columns, w);
        times_sums(c, m->values, w, &one);
        c->kernels->solve(m->values + w * LINEAR_CHUNK, width, m->scores, LINEAR_CHUNK, c->count, width);
    }
}

static void answer(const struct chunk *c, int64_t h) {
    const struct linear_memory *m = &c->t->m;
    queries_in(c->t, h, c->first, c->count, m->rows);
    find_scores(c);
    scale_rows(c, m->rows, m->prefix, c->count);
    for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) {
        const int64_t width = panel_width(c->columns, w);
        times_sums(c, m->result, w, NULL);
        c->kernels->triangle(m->result + w * LINEAR_CHUNK, width, m->scores, LINEAR_CHUNK, m->values + w * LINEAR_CHUNK,
                             width, c->count, width);
    }
    write_results(c, h);
}

static void add_to_sums(const struct chunk *c) {
    const struct linear_memory *m = &c->t->m;
    const float *keep = c->decays ? m->prefix + (c->count - 1) * c->decays : &one;
    decay_keys(c);
    for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) {
        const int64_t width = panel_width(c->columns, w);
        c->kernels->product(c->t->head.sums + w * c->M, width, keep, c->decays > 1, m->keys_t, LINEAR_CHUNK, 1,
                            m->values + w * LINEAR_CHUNK, width, c->count, c->M, width);
    }
}

static void load_chunk(const struct chunk *c) {
    const float factor = keys_in(c->t, c->first, c->count);
    decays_in(c->t, c->first, c->count, factor);
    if (c->decays) multiply_up(c, c->t->m.decay, c->t->m.prefix, c->count);
    if (c->decays <= 1) turn_keys(c);
    load_values(c);
}

static void causal_chunk(const struct chunk *c) {
    const struct linear_problem *p = c->p;
    load_chunk(c);
    if (p->beta.data) correct_values(c);
    for (int64_t g = 0; g < p->G; g++) answer(c, c->t->k * p->G + g);
    add_to_sums(c);
}

/* Every query sees all keys: no scores are needed. */
static void free_answer(const struct chunk *c, int64_t h) {
    queries_in(c->t, h, c->first, c->count, c->t->m.rows);
    for (int64_t w = 0; w < c->columns; w += LINEAR_PANEL) times_sums(c, c->t->m.result, w, NULL);
    write_results(c, h);
}

static struct chunk chunk_at(const struct linear_task *t, int64_t first, int64_t end) {
    const struct linear_sizes *s = &t->p->sizes;
    return (struct chunk){.t = t,
                          .p = t->p,
                          .kernels = t->kernels->linear,
                          .first = first,
                          .count = min_i64(LINEAR_CHUNK, end - first),
                          .decays = linear_decays(t->p),
                          .row = s->row,
                          .M = s->features,
                          .columns = s->columns};
}

static void bidirectional(const struct linear_task *t) {
    for (int64_t s = 0; s < linear_length(t->p, t->b); s += LINEAR_CHUNK) {
        const struct chunk c = chunk_at(t, s, linear_length(t->p, t->b));
        load_chunk(&c);
        add_to_sums(&c);
    }
    for (int64_t i = 0; i < t->p->T; i += LINEAR_CHUNK) {
        const struct chunk c = chunk_at(t, i, t->p->T);
        for (int64_t g = 0; g < t->p->G; g++) free_answer(&c, t->k * t->p->G + g);
    }
}

void linear_chunks(const struct linear_task *t) {
    const int64_t length = linear_length(t->p, t->b);
    linear_head_settle(&t->head, &t->p->sizes, t->kernels->linear);
    if (t->p->bidirectional) {
        bidirectional(t);
        return;
    }
    for (int64_t s = 0; s < length; s += LINEAR_CHUNK) {
        const struct chunk c = chunk_at(t, s, length);
        causal_chunk(&c);
    }
}
