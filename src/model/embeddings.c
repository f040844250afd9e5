/* Tables stay in the file: only the rows that a text needs are read and converted.
 * SPDX-License-Identifier: MIT */
#include "model/embeddings.h"

#include "base/arith.h"
#include "model/layer_norm.h"
#include "model/rows.h"

enum { CHUNK = 256 };

struct job {
    const struct sa_model *model;
    const int32_t *ids, *types;
    int64_t T;
    float *x;
};

static void add_row(const struct tensor *table, int64_t row, float *x) {
    const int64_t width = table->size[1];
    float chunk[CHUNK];
    for (int64_t i = 0; i < width; i += CHUNK) {
        int64_t n = min_i64(CHUNK, width - i);
        tensor_floats(table, row * width + i, n, chunk);
        for (int64_t j = 0; j < n; j++) x[i + j] += chunk[j];
    }
}

static void embed_rows(void *arg, int64_t first, int64_t last) {
    const struct job *job = arg;
    const struct sa_model *model = job->model;
    const int64_t width = model->config.width;
    for (int64_t r = first; r < last; r++) {
        float *x = job->x + r * width;
        tensor_floats(&model->words, job->ids[r] * width, width, x);
        add_row(&model->types, job->types ? job->types[r] : 0, x);
        add_row(&model->positions, r % job->T, x);
        layer_norm_row(&model->embedding_norm, x);
    }
}

void embed(const struct parallel *parallel, const struct sa_model *model, const int32_t *ids, const int32_t *types,
           int64_t B, int64_t T, float *x) {
    struct job job = {model, ids, types, T, x};
    rows_run(parallel, B * T, embed_rows, &job);
}
