/* Looks settings up and converts them.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "base/half.h"
#include "file/gguf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int32_t bytes, is_signed;
} types[GGUF_TYPES] = {
    {"an 8-bit integer", 1, 0}, {"an 8-bit integer", 1, 1}, {"a 16-bit integer", 2, 0}, {"a 16-bit integer", 2, 1},
    {"a 32-bit integer", 4, 0}, {"a 32-bit integer", 4, 1}, {"a 32-bit float", 0, 0},   {"a flag", 0, 0},
    {"a text", 0, 0},           {"an array", 0, 0},         {"a 64-bit integer", 8, 0}, {"a 64-bit integer", 8, 1},
    {"a 64-bit float", 0, 0},
};

static uint64_t load(const unsigned char *p, int32_t bytes) {
    uint64_t n = 0;
    while (bytes--) n = n << 8 | p[bytes];
    return n;
}

/* A number that does not fit becomes INT64_MAX, which is in no range. */
int64_t gguf_integer_of(const struct gguf_value *v, int64_t i) {
    const int32_t bytes = types[v->type].bytes;
    uint64_t n = load(v->data + i * bytes, bytes);
    if (!types[v->type].is_signed) return n > INT64_MAX ? INT64_MAX : (int64_t)n;
    const uint64_t sign = (uint64_t)1 << (8 * bytes - 1);
    return (int64_t)((n ^ sign) - sign);
}

double gguf_number_of(const struct gguf_value *v, int64_t i) {
    if (v->type == GGUF_F32) return (double)float_of_bits((uint32_t)load(v->data + 4 * i, 4));
    uint64_t bits = load(v->data + 8 * i, 8);
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

struct gguf_text gguf_next_text(const unsigned char **at) {
    struct gguf_text text = {(const char *)*at + 8, (int64_t)load(*at, 8)};
    *at += 8 + text.length;
    return text;
}

int gguf_is(struct gguf_text text, const char *other) {
    return text.length == (int64_t)strlen(other) && !memcmp(text.bytes, other, (size_t)text.length);
}

static int by_key(const void *key, const void *value) {
    const struct gguf_text text = {key, (int64_t)strlen(key)};
    return gguf_compare(text, ((const struct gguf_value *)value)->key);
}

const struct gguf_value *gguf_find(const struct gguf *g, const char *key) {
    return bsearch(key, g->values, (size_t)g->value_count, sizeof *g->values, by_key);
}

static sa_status fail_kind(const struct gguf *g, const char *key, const struct gguf_value *v, const char *wanted) {
    if (!v) return fail(g->report, SA_ERR_FORMAT, "%s: the setting \"%.80s\" is missing", g->file->name, key);
    return fail(g->report, SA_ERR_FORMAT, "%s: the setting \"%.80s\" is %s%s, must be %s", g->file->name, key,
                v->count >= 0 ? "an array, of which an item is " : "", types[v->type].name, wanted);
}

sa_status gguf_take_integer(const struct gguf *g, const char *key, int64_t least, int64_t most, int64_t *integer) {
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->count >= 0 || !types[v->type].bytes) return fail_kind(g, key, v, "an integer");
    *integer = gguf_integer_of(v, 0);
    if (*integer >= least && *integer <= most) return SA_OK;
    return fail(g->report, SA_ERR_FORMAT, "%s: the setting \"%.80s\" is %lld, must be %lld to %lld", g->file->name, key,
                (long long)*integer, (long long)least, (long long)most);
}

sa_status gguf_take_number(const struct gguf *g, const char *key, double *number) {
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->count >= 0 || (v->type != GGUF_F32 && v->type != GGUF_F64)) return fail_kind(g, key, v, "a float");
    *number = gguf_number_of(v, 0);
    return isfinite(*number)
               ? SA_OK
               : fail(g->report, SA_ERR_FORMAT, "%s: the setting \"%.80s\" is %g", g->file->name, key, *number);
}

sa_status gguf_take_flag(const struct gguf *g, const char *key, int *flag) {
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->count >= 0 || v->type != GGUF_BOOL || *v->data > 1) return fail_kind(g, key, v, "a flag, 0 or 1");
    *flag = *v->data;
    return SA_OK;
}

sa_status gguf_take_text(const struct gguf *g, const char *key, struct gguf_text *text) {
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->count >= 0 || v->type != GGUF_TEXT) return fail_kind(g, key, v, "a text");
    const unsigned char *at = v->data;
    *text = gguf_next_text(&at);
    return SA_OK;
}

sa_status gguf_take_array(const struct gguf *g, const char *key, int32_t type, const struct gguf_value **array) {
    const struct gguf_value *v = gguf_find(g, key);
    if (!v || v->count < 0) return fail_kind(g, key, v, "an array");
    if (v->type != type)
        return fail(g->report, SA_ERR_FORMAT, "%s: an item of the setting \"%.80s\" is %s, must be %s", g->file->name,
                    key, types[v->type].name, types[type].name);
    *array = v;
    return SA_OK;
}
