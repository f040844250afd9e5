/* A llama2.c model run in plain C, a token at a time, as one writes it down first: loops over float weights, no BLAS,
 * no tiles.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_RIVALS_LLAMA2C_H
#define BENCH_RIVALS_LLAMA2C_H

#include <stddef.h>
#include <stdint.h>

struct llama2c {
    int32_t width, inner, layers, heads, kv_heads, vocabulary, positions;
    int32_t head_size, kv_width;
    int64_t weights; /* floats that a token's logits depend on: all but the tables of cosines and sines */
    /* In the file, the blocks' matrices of a kind one behind the other, a row per output. */
    const float *embedding, *attention_norm, *query, *key, *value, *attention_output;
    const float *inner_norm, *gate, *down, *up, *last_norm, *output;
    float *keys, *values;    /* [layers][positions][kv_width] */
    float *cosines, *sines;  /* [positions][head_size / 2] */
    float *state;            /* [width] */
    float *normed, *change;  /* [width] */
    float *heads_q, *joined; /* [width] */
    float *scores;           /* [positions] */
    float *hidden, *gated;   /* [inner] */
    float *logits;           /* [vocabulary] */
    float *memory;           /* what the above lie in */
    void *file;
    size_t file_bytes;
};

/* 0, or a complaint was made and nothing is left open. */
int llama2c_open(struct llama2c *m, const char *path);
void llama2c_close(struct llama2c *m);

/* Runs a token at a position below m->positions, after those before it. m->logits are the next token's if with_logits,
 * else as they were. */
void llama2c_run(struct llama2c *m, int32_t token, int64_t position, int with_logits);

#endif
