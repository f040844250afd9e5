/* SPDX-License-Identifier: MIT */
#include "file/gguf_rotation.h"

#include "base/arith.h"
#include "base/compiler.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_FACTORS = 65536 };

sa_status gguf_put(const struct translation *t, const char *key, json_t *value) {
    return json_object_set_new(t->config, key, value) == 0 ? SA_OK : fail_memory_for(t->gguf->report, "a setting");
}

const char *gguf_full_key(const struct translation *t, const char *key, char text[GGUF_KEY_BYTES]) {
    snprintf(text, GGUF_KEY_BYTES, "%s.%s", t->architecture, key);
    return text;
}

/* A vector as a JSON array; NULL if there is no memory. */
static json_t *list_of(const struct tensor *t) {
    json_t *list = json_array();
    for (int64_t i = 0; i < t->elements; i++) {
        float value;
        tensor_floats(t, i, 1, &value);
        if (!json_array_append_new(list, json_real((double)value))) continue;
        json_decref(list);
        return NULL;
    }
    return list;
}

static int all_finite(const struct tensor *t) {
    for (int64_t i = 0; i < t->elements; i++) {
        float value;
        tensor_floats(t, i, 1, &value);
        if (!isfinite(value)) return 0;
    }
    return 1;
}

static sa_status take_factors(const struct translation *t, const struct tensor *factors, json_t **list) {
    const struct gguf *g = t->gguf;
    if (factors->type != SA_F32 || factors->elements > MOST_FACTORS || !all_finite(factors))
        return fail(g->report, SA_ERR_FORMAT, "%s: tensor \"%s\" must be a vector of finite F32", g->file->name,
                    factors->name);
    *list = list_of(factors);
    return *list ? SA_OK : fail_memory(g->report, factors->bytes, "a setting");
}

/* A number of the scaling, where the file has it, under its name in config.json. */
static sa_status put_number(const struct translation *t, json_t *scaling, const char *theirs, const char *ours) {
    char key[GGUF_KEY_BYTES];
    double number;
    if (!gguf_find(t->gguf, gguf_full_key(t, theirs, key))) return SA_OK;
    sa_status status = gguf_take_number(t->gguf, key, &number);
    if (status == SA_OK && json_object_set_new(scaling, ours, json_real(number)))
        status = fail_memory_for(t->gguf->report, "a setting");
    return status;
}

static sa_status put_original_context(const struct translation *t, json_t *scaling) {
    char key[GGUF_KEY_BYTES];
    int64_t original;
    if (!gguf_find(t->gguf, gguf_full_key(t, "rope.scaling.original_context_length", key))) return SA_OK;
    sa_status status = gguf_take_integer(t->gguf, key, 1, INT32_MAX, &original);
    if (status == SA_OK && json_object_set_new(scaling, "original_max_position_embeddings", json_integer(original)))
        status = fail_memory_for(t->gguf->report, "a setting");
    return status;
}

/* Factors by which each frequency of the rotation is divided: "longrope" in config.json. One list holds at any
 * length. */
static sa_status put_factors(const struct translation *t, const struct tensor *short_ones,
                             const struct tensor *long_ones) {
    json_t *scaling = json_pack("{s:s, s:f}", "rope_type", "longrope", "attention_factor", 1.0), *list;
    if (!scaling) return fail_memory_for(t->gguf->report, "a setting");
    sa_status status = take_factors(t, short_ones, &list);
    if (status == SA_OK) status = json_object_set_new(scaling, "short_factor", list) ? SA_ERR_MEMORY : SA_OK;
    if (status == SA_OK) status = take_factors(t, long_ones, &list);
    if (status == SA_OK) status = json_object_set_new(scaling, "long_factor", list) ? SA_ERR_MEMORY : SA_OK;
    json_object_set(scaling, "original_max_position_embeddings", json_object_get(t->config, "max_position_embeddings"));
    if (status == SA_OK) status = put_original_context(t, scaling);
    if (status == SA_OK) status = put_number(t, scaling, "rope.scaling.attn_factor", "attention_factor");
    if (status == SA_OK) return gguf_put(t, "rope_scaling", scaling);
    json_decref(scaling);
    return status;
}

/* What scores are multiplied by beside what a kind of scaling does on its own; both names are in use. */
static sa_status take_attention_factor(const struct translation *t, double *factor) {
    static const char *const names[] = {"rope.scaling.attn_factor", "rope.scaling.yarn_attn_factor"};
    char key[GGUF_KEY_BYTES];
    *factor = 1;
    for (int64_t i = 0; i < COUNT_OF(names); i++) {
        double number;
        if (!gguf_find(t->gguf, gguf_full_key(t, names[i], key))) continue;
        sa_status status = gguf_take_number(t->gguf, key, &number);
        if (status != SA_OK) return status;
        *factor *= number;
    }
    return SA_OK;
}

/* In config.json the factor includes what YaRN does on its own: 0.1 ln(factor) + 1. */
static sa_status put_yarn_factor(const struct translation *t, json_t *scaling) {
    double own, factor = json_number_value(json_object_get(scaling, "factor"));
    sa_status status = take_attention_factor(t, &own);
    if (status != SA_OK || own == 1) return status;
    const double all = own * (factor > 1 ? 0.1 * log(factor) + 1 : 1);
    return json_object_set_new(scaling, "attention_factor", json_real(all))
               ? fail_memory_for(t->gguf->report, "a setting")
               : SA_OK;
}

/* Whether the bounds of YaRN's ramp are rounded. A family may say what its files leave out. */
static sa_status put_truncation(const struct translation *t, json_t *scaling) {
    char key[GGUF_KEY_BYTES];
    const json_t *own = json_object_get(t->family, "yarn_truncate");
    int truncate = json_is_true(own);
    if (gguf_find(t->gguf, gguf_full_key(t, "rope.scaling.yarn_truncate", key))) {
        sa_status status = gguf_take_flag(t->gguf, key, &truncate);
        if (status != SA_OK) return status;
    } else if (!own) {
        return SA_OK;
    }
    return json_object_set_new(scaling, "truncate", json_boolean(truncate))
               ? fail_memory_for(t->gguf->report, "a setting")
               : SA_OK;
}

static sa_status put_yarn(const struct translation *t, json_t *scaling) {
    sa_status status = put_yarn_factor(t, scaling);
    if (status == SA_OK) status = put_number(t, scaling, "rope.scaling.yarn_beta_fast", "beta_fast");
    if (status == SA_OK) status = put_number(t, scaling, "rope.scaling.yarn_beta_slow", "beta_slow");
    return status == SA_OK ? put_truncation(t, scaling) : status;
}

static sa_status put_scaling(const struct translation *t, const char *type) {
    char key[GGUF_KEY_BYTES];
    double factor = 0;
    sa_status status = gguf_take_number(t->gguf, gguf_full_key(t, "rope.scaling.factor", key), &factor);
    if (status != SA_OK) return status;
    json_t *scaling = json_pack("{s:s, s:f}", "rope_type", type, "factor", factor);
    status = scaling ? put_original_context(t, scaling) : fail_memory_for(t->gguf->report, "a setting");
    if (status == SA_OK && !strcmp(type, "yarn")) status = put_yarn(t, scaling);
    if (status == SA_OK) return gguf_put(t, "rope_scaling", scaling);
    json_decref(scaling);
    return status;
}

/* Refuses a factor of scores where nothing in config.json would hold it. */
static sa_status check_no_factor(const struct translation *t) {
    double factor;
    sa_status status = take_attention_factor(t, &factor);
    if (status != SA_OK || factor == 1) return status;
    return fail(
        t->gguf->report, SA_ERR_UNSUPPORTED,
        "%s: scores have a factor %g (\"%s.rope.scaling.attn_factor\"), which is supported with yarn and longrope",
        t->gguf->file->name, factor, t->architecture);
}

static sa_status put_scaling_of_type(const struct translation *t) {
    const struct gguf *g = t->gguf;
    char key[GGUF_KEY_BYTES];
    struct gguf_text type;
    const int has_factors = tensors_find(t->file, GGUF_ROPE_FACTORS_LONG) != NULL;
    if (!gguf_find(g, gguf_full_key(t, "rope.scaling.type", key))) return has_factors ? SA_OK : check_no_factor(t);
    sa_status status = gguf_take_text(g, key, &type);
    if (status != SA_OK || gguf_is(type, "longrope")) return status;
    if (gguf_is(type, "none")) return check_no_factor(t);
    if (gguf_is(type, "linear")) {
        status = check_no_factor(t);
        return status == SA_OK ? put_scaling(t, "linear") : status;
    }
    if (gguf_is(type, "yarn")) return put_scaling(t, "yarn");
    return fail(g->report, SA_ERR_UNSUPPORTED,
                "%s: the setting \"%s\" is \"%.*s\"; linear, yarn and longrope are supported", g->file->name, key,
                (int)min_i64(type.length, 80), type.bytes);
}

/* A base that is not given is 10000. */
static sa_status put_base(const struct translation *t) {
    const char *name = json_string_value(json_object_get(json_object_get(t->family, "numbers"), "rope.freq_base"));
    return !name || json_object_get(t->config, name) ? SA_OK : gguf_put(t, name, json_real(10000));
}

sa_status gguf_put_rotation(const struct translation *t) {
    const struct tensor *any = tensors_find(t->file, GGUF_ROPE_FACTORS),
                        *at_short = tensors_find(t->file, GGUF_ROPE_FACTORS_SHORT),
                        *at_long = tensors_find(t->file, GGUF_ROPE_FACTORS_LONG);
    sa_status status = put_base(t);
    if (status == SA_OK) status = put_scaling_of_type(t);
    if (any) at_short = at_long = any;
    if (status != SA_OK || (!at_short && !at_long)) return status;
    if (!at_short || !at_long)
        return fail(t->gguf->report, SA_ERR_FORMAT, "%s: of tensors \"%s\" and \"%s\" only one is there",
                    t->gguf->file->name, GGUF_ROPE_FACTORS_SHORT, GGUF_ROPE_FACTORS_LONG);
    if (json_object_get(t->config, "rope_scaling"))
        return fail(t->gguf->report, SA_ERR_UNSUPPORTED, "%s: has both a tensor \"%s\" and a scaled rotation",
                    t->gguf->file->name, at_short->name);
    return put_factors(t, at_short, at_long);
}
