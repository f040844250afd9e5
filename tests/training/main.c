/* training DIR: takes every model below a folder that has a training.json through the optimizer's steps that it names,
 * and compares losses, norms of gradients, the first gradients and the last parameters with what another implementation
 * made of them in float64.
 *
 *   training.json          steps, lr, betas, eps, weight_decay, clip_norm, batches [step][B][T], labels, loss,
 *                          grad_norm
 *   training.safetensors   grad.NAME, final.NAME; pixel_values.STEP instead of batches
 *
 * SPDX-License-Identifier: MIT */
#include "base/memory.h"
#include "base/report.h"
#include "file/tensors.h"
#include "selfattn_models.h"

#include <dirent.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 4400, TEXT = 512 };
static const double tolerance = 1e-4;

/* A model's references, and how it came out. */
struct run {
    const char *folder;
    sa_ctx *ctx;
    sa_trainer *trainer;
    json_t *meta;
    struct tensor_file tensors;
    double worst_loss, worst_norm, worst_gradient, worst_final;
    int failed;
    char text[TEXT];
};

static void fail_run(struct run *r, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail_run(struct run *r, const char *format, ...) {
    va_list list;
    va_start(list, format);
    if (!r->failed) vsnprintf(r->text, sizeof r->text, format, list);
    va_end(list);
    r->failed = 1;
}

static double number(const struct run *r, const char *key) {
    return json_number_value(json_object_get(r->meta, key));
}

static double number_at(const struct run *r, const char *key, int64_t i) {
    return json_number_value(json_array_get(json_object_get(r->meta, key), (size_t)i));
}

/* The numbers of [[...] ...], or of [...], as one array that free() releases; NULL if there are none. */
static int32_t *integers(const json_t *list, int64_t *rows, int64_t *columns) {
    *rows = (int64_t)json_array_size(list);
    const json_t *first = json_array_get(list, 0);
    *columns = json_is_array(first) ? (int64_t)json_array_size(first) : 1;
    if (!*rows) return NULL;
    int32_t *numbers = malloc((size_t)(*rows * *columns) * sizeof *numbers);
    for (int64_t i = 0; i < *rows * *columns; i++) {
        const json_t *row = json_array_get(list, (size_t)(i / *columns));
        const json_t *item = json_is_array(row) ? json_array_get(row, (size_t)(i % *columns)) : row;
        numbers[i] = (int32_t)json_integer_value(item);
    }
    return numbers;
}

static float *floats(const struct run *r, const char *name, int64_t *count) {
    const struct tensor *t = tensors_find(&r->tensors, name);
    *count = t ? t->elements : 0;
    if (!t) return NULL;
    float *x = malloc((size_t)t->elements * sizeof *x);
    tensor_floats(t, 0, t->elements, x);
    return x;
}

/* The norm of a difference, over the norm of what is wanted; gradients that are 0 but for rounding are compared with
 * `least`. Numbers i with skip[i] are left out. */
static double distance(const float *got, const float *want, const unsigned char *skip, int64_t count, double least) {
    double difference = 0, size = 0;
    for (int64_t i = 0; i < count; i++) {
        const double d = (double)got[i] - (double)want[i];
        difference += skip && skip[i] ? 0 : d * d;
        size += (double)want[i] * (double)want[i];
    }
    return sqrt(difference) / fmax(sqrt(size), least);
}

/* Newer versions of Transformers name some tensors otherwise than files do. */
static void rename_to(char *name, size_t room) {
    static const char *const words[][2] = {{"encoder.layer.", "layers."},
                                           {"attention.attention.query", "attention.q_proj"},
                                           {"attention.attention.key", "attention.k_proj"},
                                           {"attention.attention.value", "attention.v_proj"},
                                           {"attention.output.dense", "attention.o_proj"},
                                           {"intermediate.dense", "mlp.fc1"},
                                           {"output.dense", "mlp.fc2"}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char text[TEXT];
        const char *at = strstr(name, words[i][0]);
        if (!at) continue;
        snprintf(text, sizeof text, "%.*s%s%s", (int)(at - name), name, words[i][1], at + strlen(words[i][0]));
        snprintf(name, room, "%s", text);
    }
}

static float *reference(const struct run *r, const char *prefix, const char *parameter, int64_t *count) {
    char name[TEXT];
    snprintf(name, sizeof name, "%s.%s", prefix, parameter);
    float *x = floats(r, name, count);
    if (x) return x;
    rename_to(name, sizeof name);
    return floats(r, name, count);
}

/* Where the exact gradient is 0, as that of biases of keys, AdamW divides rounding errors by their own size: such a
 * number goes anywhere within the sum of all rates. 1 where it is farther. */
static int mark_aimless(const struct run *r, const float *gradient, const float *got, const float *want, int64_t count,
                        unsigned char *aimless) {
    const double least = 1e-7 * number_at(r, "grad_norm", 0), most = 1.1 * number(r, "lr") * number(r, "steps");
    int wrong = 0;
    for (int64_t i = 0; i < count; i++) {
        aimless[i] = fabs((double)gradient[i]) < least;
        wrong |= aimless[i] && !(fabs((double)got[i] - (double)want[i]) <= most);
    }
    return wrong;
}

static double compare_final(struct run *r, const char *name, const float *got, const float *want, int64_t count) {
    int64_t gradients;
    float *gradient = reference(r, "grad", name, &gradients);
    unsigned char *aimless = calloc((size_t)count, 1);
    double d = INFINITY;
    if (gradient && gradients == count && !mark_aimless(r, gradient, got, want, count, aimless))
        d = distance(got, want, aimless, count, 0);
    free(aimless);
    free(gradient);
    return d;
}

/* Compares all parameters, or their gradients, with tensors PREFIX.NAME. */
static double compare(struct run *r, const char *prefix, int is_gradient) {
    double worst = 0;
    for (int64_t i = 0; i < sa_trainer_parameters(r->trainer); i++) {
        float *values, *gradients;
        int64_t count, wanted;
        const char *name = sa_trainer_parameter(r->trainer, i, &values, &gradients, &count);
        float *want = reference(r, prefix, name, &wanted);
        double d = INFINITY;
        if (!want) fail_run(r, "%s.%s is missing", prefix, name);
        if (want && wanted == count)
            d = is_gradient ? distance(gradients, want, NULL, count, 1e-4 * number_at(r, "grad_norm", 0))
                            : compare_final(r, name, values, want, count);
        if (!(d <= tolerance)) fail_run(r, "%s.%s is off by %.3g of its norm", prefix, name, d);
        worst = fmax(worst, isnan(d) ? INFINITY : d);
        free(want);
    }
    return worst;
}

static void take_step(struct run *r, int64_t step) {
    int64_t rows = 0, columns = 0, label_rows, label_columns, pixels = 0;
    char name[64];
    double loss = 0, norm = 0;
    int32_t *ids = integers(json_array_get(json_object_get(r->meta, "batches"), (size_t)step), &rows, &columns),
            *labels =
                integers(json_array_get(json_object_get(r->meta, "labels"), (size_t)step), &label_rows, &label_columns);
    snprintf(name, sizeof name, "pixel_values.%lld", (long long)step);
    float *features = floats(r, name, &pixels);
    const sa_training_batch batch = {.struct_size = sizeof batch,
                                     .batch = ids ? rows : label_rows,
                                     .tokens = ids ? columns : 0,
                                     .ids = ids,
                                     .features = features,
                                     .labels = labels,
                                     .labels_per_sequence = labels ? label_columns : 0};
    if (sa_trainer_accumulate(r->ctx, r->trainer, &batch, &loss) != SA_OK)
        fail_run(r, "step %lld: %s", (long long)step, sa_ctx_last_error(r->ctx));
    const double wanted_norm = number_at(r, "grad_norm", step);
    if (step == 0) r->worst_gradient = compare(r, "grad", 1);
    if (!r->failed && sa_trainer_update(r->ctx, r->trainer, number(r, "lr"), &norm) != SA_OK)
        fail_run(r, "step %lld: %s", (long long)step, sa_ctx_last_error(r->ctx));
    const double of_loss = fabs(loss - number_at(r, "loss", step)), of_norm = fabs(norm - wanted_norm) / wanted_norm;
    r->worst_loss = fmax(r->worst_loss, of_loss);
    r->worst_norm = fmax(r->worst_norm, of_norm);
    if (!(of_loss <= tolerance))
        fail_run(r, "step %lld: the loss is %.7f, not %.7f", (long long)step, loss, number_at(r, "loss", step));
    free(ids);
    free(labels);
    free(features);
}

static void run_model(struct run *r) {
    const sa_trainer_config config = {.struct_size = sizeof config,
                                      .beta1 = number_at(r, "betas", 0),
                                      .beta2 = number_at(r, "betas", 1),
                                      .epsilon = number(r, "eps"),
                                      .weight_decay = number(r, "weight_decay"),
                                      .clip_norm = number(r, "clip_norm")};
    if (sa_trainer_create(r->ctx, r->folder, &config, &r->trainer) != SA_OK)
        fail_run(r, "%s", sa_ctx_last_error(r->ctx));
    for (int64_t step = 0; !r->failed && step < (int64_t)number(r, "steps"); step++) take_step(r, step);
    if (!r->failed) r->worst_final = compare(r, "final", 0);
    sa_trainer_destroy(&r->trainer);
}

static void open_and_run(struct run *r) {
    struct report report;
    char path[PATH];
    snprintf(path, sizeof path, "%s/training.safetensors", r->folder);
    if (safetensors_open(&default_allocator, &report, path, 0, &r->tensors) != SA_OK) {
        fail_run(r, "%s cannot be read", path);
        return;
    }
    run_model(r);
    tensors_close(&r->tensors);
}

static void say(const struct run *r) {
    const char *slash = strrchr(r->folder, '/'), *name = slash ? slash + 1 : r->folder;
    if (r->failed)
        printf("FAIL %s: %s\n", name, r->text);
    else
        printf("PASS %s: losses within %.1e, norms %.1e, first gradients %.1e, last parameters %.1e\n", name,
               r->worst_loss, r->worst_norm, r->worst_gradient, r->worst_final);
}

static void walk(sa_ctx *ctx, const char *folder, int depth, int count[2]) {
    enum { MOST_DEPTH = 8 };
    char path[PATH];
    json_error_t error;
    struct dirent **entries;
    snprintf(path, sizeof path, "%s/training.json", folder);
    struct run r = {.folder = folder, .ctx = ctx, .meta = json_load_file(path, 0, &error)};
    if (r.meta) {
        open_and_run(&r);
        say(&r);
        count[r.failed]++;
        json_decref(r.meta);
    }
    const int found = depth < MOST_DEPTH ? scandir(folder, &entries, NULL, alphasort) : 0;
    for (int i = 0; i < found; i++) {
        const int fits = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path;
        if (fits && entries[i]->d_name[0] != '.' && entries[i]->d_type == DT_DIR) walk(ctx, path, depth + 1, count);
        free(entries[i]);
    }
    if (found > 0) free(entries);
}

int main(int argc, char **argv) {
    int count[2] = {0};
    sa_ctx *ctx;
    if (argc != 2) {
        fputs("usage: training DIR\n", stderr);
        return 2;
    }
    if (sa_ctx_create(NULL, &ctx) != SA_OK) {
        fprintf(stderr, "training: %s\n", sa_ctx_last_error(NULL));
        return 2;
    }
    walk(ctx, argv[1], 0, count);
    sa_ctx_destroy(&ctx);
    printf("%d passed, %d failed\n", count[0], count[1]);
    return count[1] || !count[0];
}
