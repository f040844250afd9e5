/* The rival's file and memory, and which instruction set's loops run.
 * SPDX-License-Identifier: MIT */
#include "rivals/llama2c.h"

#include "loops/loops.h"
#include "measure/report.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_NUMBERS = 7, HEADER_BYTES = 4 * HEADER_NUMBERS, MOST = 1 << 24 };

static int map_file(struct llama2c *m, const char *path) {
    struct stat about;
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return complain(FAILED, "%s cannot be opened", path);
    m->file = MAP_FAILED;
    if (fstat(file, &about) == 0 && about.st_size >= HEADER_BYTES) {
        m->file_bytes = (size_t)about.st_size;
        m->file = mmap(NULL, m->file_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    }
    close(file);
    if (m->file && m->file != MAP_FAILED) return DONE;
    m->file = NULL;
    return complain(FAILED, "%s is no file of weights", path);
}

static int take_header(struct llama2c *m, const char *path, int *own_output) {
    int32_t n[HEADER_NUMBERS];
    memcpy(n, m->file, sizeof n);
    *own_output = n[5] < 0;
    if (*own_output && n[5] > -MOST) n[5] = -n[5];
    for (int i = 0; i < HEADER_NUMBERS; i++)
        if (n[i] < 1 || n[i] > MOST) return complain(FAILED, "%s holds no weights of llama2.c", path);
    if (n[0] % (2 * n[3]) || n[3] % n[4]) return complain(FAILED, "%s: its heads do not fit its width", path);
    m->width = n[0], m->inner = n[1], m->layers = n[2], m->heads = n[3];
    m->kv_heads = n[4], m->vocabulary = n[5], m->positions = n[6];
    m->head_size = m->width / m->heads;
    m->kv_width = m->head_size * m->kv_heads;
    return DONE;
}

/* The next `count` floats; NULL behind the file's end, and from then on. */
static const float *take(const float **at, const struct llama2c *m, int64_t count) {
    const float *from = *at, *end = (const float *)m->file + m->file_bytes / sizeof *end;
    *at = from && end - from >= count ? from + count : NULL;
    return from;
}

static int take_weights(struct llama2c *m, const char *path, int own_output) {
    const int64_t E = m->width, K = m->kv_width, F = m->inner, L = m->layers, V = m->vocabulary;
    const float *at = (const float *)m->file + HEADER_NUMBERS;
    m->embedding = take(&at, m, V * E);
    m->attention_norm = take(&at, m, L * E);
    m->query = take(&at, m, L * E * E);
    m->key = take(&at, m, L * K * E);
    m->value = take(&at, m, L * K * E);
    m->attention_output = take(&at, m, L * E * E);
    m->inner_norm = take(&at, m, L * E);
    m->gate = take(&at, m, L * F * E);
    m->down = take(&at, m, L * E * F);
    m->up = take(&at, m, L * F * E);
    m->last_norm = take(&at, m, E);
    m->weights = V * E + L * (2 * E * E + 2 * K * E + 3 * E * F + 2 * E) + E;
    m->output = m->embedding;
    if (own_output) {
        take(&at, m, (int64_t)m->positions * m->head_size);
        m->output = take(&at, m, V * E);
    }
    return at ? DONE : complain(FAILED, "%s is too short for the sizes that it tells", path);
}

static void fill_tables(struct llama2c *m) {
    const int64_t half = m->head_size / 2;
    for (int64_t p = 0; p < m->positions; p++)
        for (int64_t i = 0; i < half; i++) {
            const double angle = (double)p * pow(10000, -2 * (double)i / m->head_size);
            m->cosines[p * half + i] = (float)cos(angle);
            m->sines[p * half + i] = (float)sin(angle);
        }
}

static int make_memory(struct llama2c *m) {
    const int64_t P = m->positions, cache = m->layers * P * m->kv_width, table = P * (m->head_size / 2);
    const struct part {
        float **place;
        int64_t count;
    } parts[] = {{&m->keys, cache},          {&m->values, cache},     {&m->cosines, table},
                 {&m->sines, table},         {&m->state, m->width},   {&m->normed, m->width},
                 {&m->change, m->width},     {&m->heads_q, m->width}, {&m->scores, P},
                 {&m->joined, m->width},     {&m->hidden, m->inner},  {&m->gated, m->inner},
                 {&m->logits, m->vocabulary}};
    enum { PARTS = sizeof parts / sizeof parts[0] };
    int64_t floats = 0;
    for (int i = 0; i < PARTS; i++) floats += parts[i].count;
    float *at = m->memory = calloc((size_t)floats, sizeof *at);
    if (!at) return complain_memory((double)floats * sizeof *at, "a model in plain C");
    for (int i = 0; i < PARTS; at += parts[i++].count) *parts[i].place = at;
    fill_tables(m);
    return DONE;
}

int llama2c_open(struct llama2c *m, const char *path) {
    int own_output = 0;
    memset(m, 0, sizeof *m);
    int status = map_file(m, path);
    if (!status && m->file) status = take_header(m, path, &own_output);
    if (!status) status = take_weights(m, path, own_output);
    if (!status) status = make_memory(m);
    if (status) llama2c_close(m);
    return status;
}

void llama2c_close(struct llama2c *m) {
    free(m->memory);
    if (m->file) munmap(m->file, m->file_bytes);
    memset(m, 0, sizeof *m);
}

void llama2c_run(struct llama2c *m, int32_t token, int64_t position, int with_logits) {
    loops_best()->run_llama2c(m, token, position, with_logits);
}
