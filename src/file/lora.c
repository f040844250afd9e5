/* SPDX-License-Identifier: MIT */
#include "file/lora.h"

#include "base/arith.h"
#include "file/json_file.h"
#include "file/path.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_RANK = 1 << 20 };

double lora_scale(double alpha, int64_t rank, int by_root) {
    return alpha / (by_root ? sqrt((double)rank) : (double)rank);
}

static sa_status read_number(const struct json_source *s, const json_t *object, const char *key, double least,
                             double below, double *x) {
    const json_t *value = json_object_get(object, key);
    if (json_member_absent(object, key)) return SA_OK;
    if (!json_is_number(value))
        return fail(s->report, SA_ERR_FORMAT, "%s: %s is %s, must be a number", s->file, key, json_type_text(value));
    *x = json_number_value(value);
    if (*x >= least && *x < below) return SA_OK;
    return fail(s->report, SA_ERR_FORMAT, "%s: %s is %g, must be %g or more, and below %g", s->file, key, *x, least,
                below);
}

static sa_status read_flag(const struct json_source *s, const json_t *object, const char *key, int *flag) {
    return json_member_absent(object, key) ? SA_OK : json_member_flag(s, object, "", key, flag);
}

/* Whether a setting asks for nothing: it is missing, null, false, empty, or this text. */
static int asks_nothing(const json_t *value, const char *nothing) {
    if (json_is_string(value)) return nothing && !strcmp(json_string_value(value), nothing);
    return !value || json_is_null(value) || json_is_false(value) ||
           (json_is_object(value) && !json_object_size(value)) || (json_is_array(value) && !json_array_size(value));
}

static sa_status refuse_others(const struct json_source *s, const json_t *object) {
    static const struct {
        const char *key, *nothing;
    } others[] = {{"use_dora", NULL},        {"rank_pattern", NULL}, {"alpha_pattern", NULL},
                  {"modules_to_save", NULL}, {"lora_bias", NULL},    {"bias", "none"}};
    for (int64_t i = 0; i < COUNT_OF(others); i++)
        if (!asks_nothing(json_object_get(object, others[i].key), others[i].nothing))
            return fail(s->report, SA_ERR_UNSUPPORTED, "%s: %s is not supported", s->file, others[i].key);
    return SA_OK;
}

static sa_status take_settings(const struct json_source *s, const json_t *object, struct lora *l) {
    const char *kind;
    sa_status status = json_member_text(s, object, "", "peft_type", &kind);
    if (status == SA_OK && strcmp(kind, "LORA"))
        status = fail(s->report, SA_ERR_UNSUPPORTED, "%s: peft_type is \"%.40s\"; supported: LORA", s->file, kind);
    if (status == SA_OK) status = refuse_others(s, object);
    if (status == SA_OK) status = json_member_integer(s, object, "", "r", 1, MOST_RANK, &l->rank);
    l->alpha = (double)l->rank;
    if (status == SA_OK) status = read_number(s, object, "lora_alpha", 0, 1e30, &l->alpha);
    if (status == SA_OK) status = read_number(s, object, "lora_dropout", 0, 1, &l->dropout);
    if (status == SA_OK) status = read_flag(s, object, "fan_in_fan_out", &l->is_in_out);
    if (status == SA_OK) status = read_flag(s, object, "use_rslora", &l->by_root);
    if (status == SA_OK) l->scale = lora_scale(l->alpha, l->rank, l->by_root);
    return status;
}

int module_ends_with(const char *name, size_t length, const char *end, size_t end_length) {
    return length >= end_length && !memcmp(name + length - end_length, end, end_length) &&
           (length == end_length || name[length - end_length - 1] == '.');
}

/* The matrix of a module; NULL: there is none. */
static const struct tensor *find_matrix(const struct tensor_file *base, const char *module, size_t length) {
    static const char ending[] = ".weight";
    for (int64_t i = 0; i < base->count; i++) {
        const struct tensor *t = &base->tensors[i];
        const size_t all = strlen(t->name);
        if (t->axes != 2 || !has_ending(t->name, ending)) continue;
        const size_t own = all - (sizeof ending - 1);
        if (module_ends_with(t->name, own, module, length) || module_ends_with(module, length, t->name, own)) return t;
    }
    return NULL;
}

static sa_status check_shape(struct report *report, const struct lora *l, const struct tensor *t, int64_t rows,
                             int64_t columns) {
    const int64_t wanted[] = {rows, columns};
    char has[SHAPE_TEXT], must[SHAPE_TEXT];
    if (t->axes == 2 && t->size[0] == rows && t->size[1] == columns && t->type >= 0) return SA_OK;
    return fail(report, SA_ERR_FORMAT, "%s: tensor \"%.100s\" is %s of %s, must be %s of F32, F16 or BF16",
                l->file.file.name, t->name, shape_text(t->size, t->axes, has), t->dtype, shape_text(wanted, 2, must));
}

static sa_status take_pair(struct report *report, struct lora *l, const struct tensor_file *base,
                           const struct tensor *down) {
    const char *module = down->name;
    const size_t front = sizeof LORA_FRONT - 1;
    char name[300];
    struct lora_pair *p = &l->pairs[l->count];
    if (!strncmp(module, LORA_FRONT, front)) module += front;
    const size_t length = strlen(module) - (sizeof LORA_DOWN - 1);
    snprintf(name, sizeof name, "%.*s%s", (int)(strlen(down->name) - (sizeof LORA_DOWN - 1)), down->name, LORA_UP);
    *p = (struct lora_pair){find_matrix(base, module, length), down, tensors_find(&l->file, name), l->is_in_out};
    if (!p->up) return fail(report, SA_ERR_FORMAT, "%s: tensor \"%.200s\" is missing", l->file.file.name, name);
    if (!p->of)
        return fail(report, SA_ERR_FORMAT, "%s: the model has no matrix for the adapter \"%.200s\"", l->file.file.name,
                    down->name);
    for (int64_t i = 0; i < l->count; i++)
        if (l->pairs[i].of == p->of)
            return fail(report, SA_ERR_FORMAT, "%s: \"%.100s\" and \"%.100s\" are adapters of one matrix",
                        l->file.file.name, l->pairs[i].down->name, down->name);
    sa_status status = check_shape(report, l, down, l->rank, lora_inputs(p->of, p->is_in_out));
    if (status == SA_OK) status = check_shape(report, l, p->up, lora_outputs(p->of, p->is_in_out), l->rank);
    l->count++;
    return status;
}

static sa_status take_pairs(struct report *report, struct lora *l, const struct tensor_file *base) {
    sa_status status = SA_OK;
    l->pairs = memory_allocate(&l->memory, l->file.count, sizeof *l->pairs);
    if (!l->pairs) return fail_memory(report, l->file.count * (int64_t)sizeof *l->pairs, "a list of adapters");
    for (int64_t i = 0; i < l->file.count && status == SA_OK; i++) {
        const char *name = l->file.tensors[i].name;
        if (has_ending(name, LORA_DOWN))
            status = take_pair(report, l, base, &l->file.tensors[i]);
        else if (!has_ending(name, LORA_UP))
            status = fail(report, SA_ERR_UNSUPPORTED, "%s: tensor \"%.200s\" is no part of an adapter of a matrix",
                          l->file.file.name, name);
    }
    if (status == SA_OK && !l->count) status = fail(report, SA_ERR_FORMAT, "%s: has no adapters", l->file.file.name);
    if (status == SA_OK && 2 * l->count != l->file.count)
        status = fail(report, SA_ERR_FORMAT, "%s: %lld tensors are not pairs of \"...%s\" and \"...%s\"",
                      l->file.file.name, (long long)l->file.count, LORA_DOWN, LORA_UP);
    return status;
}

sa_status lora_check_base(struct report *report, const struct tensor_file *base) {
    const char *name = base->file.name;
    if (!has_ending(name, ".gguf") && !has_ending(name, ".bin")) return SA_OK;
    return fail(report, SA_ERR_UNSUPPORTED, "adapters beside %.200s, whose matrices may have other rows than PEFT's",
                name);
}

sa_status lora_open(const struct allocator *memory, struct report *report, const char *directory,
                    const struct tensor_file *base, struct lora *l) {
    const struct json_source source = {report, LORA_CONFIG};
    json_t *object = NULL;
    char *path = NULL;
    *l = (struct lora){.memory = *memory};
    sa_status status = lora_check_base(report, base);
    if (status == SA_OK) status = json_file_beside(memory, report, directory, LORA_CONFIG, 0, &object);
    if (status == SA_OK) status = take_settings(&source, object, l);
    json_decref(object);
    if (status == SA_OK) status = path_join(memory, report, directory, LORA_TENSORS, &path);
    /* Read, not mapped: all of it is used at once. */
    if (status == SA_OK) status = safetensors_open(memory, report, path, 1, &l->file);
    if (status == SA_OK) status = take_pairs(report, l, base);
    path_release(memory, path);
    if (status != SA_OK) lora_close(l);
    return status;
}

void lora_close(struct lora *l) {
    memory_release(&l->memory, l->pairs, l->file.count, sizeof *l->pairs);
    tensors_close(&l->file);
    *l = (struct lora){0};
}

void lora_add(const struct lora_matrices *m, int64_t first, int64_t rows, float *w) {
    const int64_t columns = m->is_in_out ? m->out : m->in;
    for (int64_t r = 0; r < rows; r++)
        for (int64_t c = 0; c < columns; c++) {
            const int64_t o = m->is_in_out ? c : first + r, i = m->is_in_out ? first + r : c;
            double sum = 0;
            for (int64_t k = 0; k < m->rank; k++)
                sum += (double)m->up[o * m->rank + k] * (double)m->down[k * m->in + i];
            w[r * columns + c] += (float)(m->scale * sum);
        }
}
