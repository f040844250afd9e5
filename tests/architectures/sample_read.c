/* SPDX-License-Identifier: MIT */
#include "file/tensors.h"
#include "sample.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* Names that outputs have in reference.safetensors. */
static const struct {
    const char *name;
    int field;
} names[] = {
    {"hidden_after_layer_1", HIDDEN_1},
    {"last_hidden_state", HIDDEN},
    {"encoder_last_hidden_state", HIDDEN},
    {"pooler_output", POOLED},
    {"logits", LOGITS},
    {"attention_weights", WEIGHTS},
    {"encoder_weights", WEIGHTS},
    {"decoder_weights", TARGET_WEIGHTS},
    {"cross_weights", CROSS_WEIGHTS},
};

static int refuse(char why[REASON_BYTES], const char *what, const char *name) {
    snprintf(why, REASON_BYTES, "%s: %s", name, what);
    return 0;
}

static int64_t get(const struct sample *s, int32_t what) {
    return sa_model_get(s->model, what);
}

static void size_fields(struct sample *s) {
    const int both = has_both(s->model), by_token = (int)get(s, SA_MODEL_TOKEN_LOGITS);
    const int64_t L = get(s, SA_MODEL_LAYERS), H = get(s, SA_MODEL_QUERY_HEADS), E = get(s, SA_MODEL_WIDTH),
                  V = get(s, SA_MODEL_OUTPUTS), T = s->T, U = s->U;
    const int64_t layers = get(s, SA_MODEL_DECODER_LAYERS), heads = get(s, SA_MODEL_DECODER_QUERY_HEADS);
    const struct field fields[FIELDS] = {
        [HIDDEN_1] = {"hidden", 0, 0, 1, 1, T, E},
        [HIDDEN] = {"hidden", 0, 0, 1, 1, T, E},
        [POOLED] = {"pooled", 0, 0, 1, 1, 1, get(s, SA_MODEL_POOLED_WIDTH)},
        [LOGITS] = {"logits", 0, both && by_token, 1, 1,
                    !by_token ? 1
                    : both    ? U
                              : T,
                    V},
        [WEIGHTS] = {"weights", 1, 0, L, H, T, T},
        [TARGET_WEIGHTS] = {"weights of targets", 1, 1, layers, heads, U, U},
        [CROSS_WEIGHTS] = {"cross weights", 1, 1, layers, heads, U, T},
    };
    memcpy(s->fields, fields, sizeof fields);
}

/* An array [rows][columns] of integers; NULL if it is missing or ragged. */
static int32_t *take_ids(const json_t *json, int64_t *rows, int64_t *columns) {
    *rows = (int64_t)json_array_size(json);
    *columns = (int64_t)json_array_size(json_array_get(json, 0));
    int32_t *ids = *rows && *columns ? room(*rows * *columns, sizeof *ids) : NULL;
    for (int64_t i = 0; ids && i < *rows * *columns; i++)
        ids[i] = (int32_t)json_integer_value(
            json_array_get(json_array_get(json, (size_t)(i / *columns)), (size_t)(i % *columns)));
    return ids;
}

static int take_inputs(struct sample *s, const json_t *json, char why[REASON_BYTES]) {
    static const char *const known[] = {"input_ids", "lengths", "decoder_input_ids", "greedy"};
    int64_t B;
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)json, key, value) {
        int found = 0;
        for (int i = 0; i < 4; i++) found |= !strcmp(known[i], key);
        if (!found) return refuse(why, "this member of reference.json is not known", key);
    }
    s->ids = take_ids(json_object_get(json, "input_ids"), &s->B, &s->T);
    s->targets = take_ids(json_object_get(json, "decoder_input_ids"), &B, &s->U);
    if (s->targets) s->B = B;
    s->greedy = take_ids(json_object_get(json, "greedy"), &B, &s->greedy_length);
    return s->greedy && B != s->B ? refuse(why, "has another number of sequences", "greedy") : 1;
}

static void set_lengths(struct sample *s, const json_t *lengths) {
    s->lengths = room(s->B, sizeof *s->lengths);
    s->target_lengths = room(s->B, sizeof *s->target_lengths);
    for (int64_t b = 0; b < s->B; b++) {
        s->lengths[b] = lengths ? json_integer_value(json_array_get(lengths, (size_t)b)) : s->T;
        s->target_lengths[b] = s->U;
    }
}

static float *floats_of(const struct tensor *t) {
    float *values = room(t->elements, sizeof *values);
    tensor_floats(t, 0, t->elements, values);
    return values;
}

static void take_features(struct sample *s, const struct tensor_file *file) {
    const struct tensor *t = tensors_find(file, "pixel_values");
    if (!t) t = tensors_find(file, "input_features");
    if (!t) t = tensors_find(file, "input_values");
    if (!t) return;
    s->features = floats_of(t);
    s->B = t->size[0];
    s->feature_size = t->elements / t->size[0];
    s->T = get(s, SA_MODEL_FEATURE_TOKENS);
    if (s->T) return;
    s->feature_width = s->feature_size / get(s, SA_MODEL_FEATURE_CHANNELS);
    s->T = sa_model_feature_tokens(s->model, s->feature_width);
}

/* Every tensor has to be known and of the right size, so that nothing goes unchecked. */
static int take_outputs(struct sample *s, const struct tensor_file *file, char why[REASON_BYTES]) {
    const int count = sizeof names / sizeof names[0];
    for (int64_t i = 0; i < file->count; i++) {
        const struct tensor *t = &file->tensors[i];
        int n = 0;
        if (!strcmp(t->name, "pixel_values") || !strncmp(t->name, "input_", 6)) continue;
        while (n < count && strcmp(names[n].name, t->name) != 0) n++;
        if (n == count) return refuse(why, "this tensor of reference.safetensors is not known", t->name);
        if (t->elements != field_size(s, names[n].field)) return refuse(why, "has another size", t->name);
        s->values[names[n].field] = floats_of(t);
    }
    return 1;
}

int sample_read(struct sample *s, const sa_model *model, const char *folder, char why[REASON_BYTES]) {
    char path[4200];
    json_error_t error;
    struct report report = {""};
    struct tensor_file file = {0};
    *s = (struct sample){.model = model};
    snprintf(path, sizeof path, "%s/reference.json", folder);
    json_t *json = json_load_file(path, 0, &error);
    if (!json) return refuse(why, error.text, "reference.json");
    snprintf(path, sizeof path, "%s/reference.safetensors", folder);
    int fine = safetensors_open(&default_allocator, &report, path, 0, &file) == SA_OK ||
               refuse(why, report.text, "reference.safetensors");
    fine = fine && take_inputs(s, json, why);
    if (fine) {
        take_features(s, &file);
        set_lengths(s, json_object_get(json, "lengths"));
        size_fields(s);
        fine = take_outputs(s, &file, why);
    }
    tensors_close(&file);
    json_decref(json);
    return fine;
}
