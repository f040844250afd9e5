/* SPDX-License-Identifier: MIT */
#include "text/rewriting_options.h"

#include "engine.h"
#include "exit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BEAMS = 64 };

const struct rewriting_options rewriting_options_none = {
    .beams = NOT_GIVEN, .max_tokens = NOT_GIVEN, .length_penalty = NO_PENALTY, .early_stopping = NOT_GIVEN};

static json_t *read_file(const char *model) {
    json_t *file = engine_is_gguf(model) ? NULL : engine_json_beside(model, "generation_config.json", 1);
    return file || engine_is_gguf(model) ? file : engine_json_beside(model, "config.json", 1);
}

static int count_of(const json_t *file, const char *model, const char *key, int most) {
    const json_t *value = json_object_get(file, key);
    if (!value || json_is_null(value)) return 0;
    if (json_is_integer(value) && json_integer_value(value) >= 1 && json_integer_value(value) <= most)
        return (int)json_integer_value(value);
    char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    failure("%s: its \"%s\" is %.40s, must be an integer from 1 to %d", model, key, text ? text : "malformed", most);
}

static json_t *read_config(const char *model) {
    return engine_is_gguf(model) ? NULL : engine_json_beside(model, "config.json", 1);
}

/* The settings of a task in config.json; NULL: there are none. */
static json_t *settings_of(const json_t *config, const char *task) {
    return task ? json_object_get(json_object_get(config, "task_specific_params"), task) : NULL;
}

int task_is_known(const char *model, const char *task) {
    json_t *config = read_config(model);
    const int is_known = json_is_object(settings_of(config, task));
    json_decref(config);
    return is_known;
}

char *task_prefix(const char *model, const char *task) {
    json_t *config = read_config(model);
    const json_t *prefix = json_object_get(settings_of(config, task), "prefix");
    if (!prefix) prefix = json_object_get(config, "prefix");
    if (prefix && !json_is_null(prefix) && !json_is_string(prefix)) failure("%s: its \"prefix\" is no text", model);
    char *text = json_is_string(prefix) ? strdup(json_string_value(prefix)) : NULL;
    json_decref(config);
    return text;
}

/* The file, with a task's settings in place of others. */
static json_t *read_for(const char *model, const char *task) {
    json_t *file = read_file(model), *config = task ? read_config(model) : NULL;
    json_t *settings = settings_of(config, task);
    if (!file && settings) file = json_object();
    if (settings) json_object_update(file, settings);
    json_decref(config);
    return file;
}

/* true, false or "never"; SA_EARLY_STOPPING_FALSE where it is missing. */
static int32_t stopping_of(const json_t *file, const char *model) {
    const json_t *value = json_object_get(file, "early_stopping");
    if (json_is_true(value)) return SA_EARLY_STOPPING_TRUE;
    if (!value || json_is_null(value) || json_is_false(value)) return SA_EARLY_STOPPING_FALSE;
    const char *word = json_string_value(value);
    if (!word || strcmp(word, "never") != 0)
        failure("%s: its \"early_stopping\" is none of true, false and \"never\"", model);
    return SA_EARLY_STOPPING_NEVER;
}

void early_stopping_take(char *word, int32_t *early_stopping) {
    if (!word) return;
    if (!strcmp(word, "never"))
        *early_stopping = SA_EARLY_STOPPING_NEVER;
    else if (!strcmp(word, "true"))
        *early_stopping = SA_EARLY_STOPPING_TRUE;
    else if (!strcmp(word, "false"))
        *early_stopping = SA_EARLY_STOPPING_FALSE;
    else
        usage_error("--early-stopping is \"%s\", must be never, true or false", word);
    free(word);
}

struct beam_defaults beam_defaults_read(const char *model, const char *task) {
    json_t *file = read_for(model, task);
    const json_t *penalty = json_object_get(file, "length_penalty");
    const struct beam_defaults d = {.beams = count_of(file, model, "num_beams", MOST_BEAMS),
                                    .max_new_tokens = count_of(file, model, "max_new_tokens", INT32_MAX),
                                    .max_length = count_of(file, model, "max_length", INT32_MAX),
                                    .length_penalty = json_number_value(penalty),
                                    .has_penalty = json_is_number(penalty),
                                    .early_stopping = stopping_of(file, model)};
    if (penalty && !json_is_null(penalty) && !d.has_penalty) failure("%s: its \"length_penalty\" is no number", model);
    json_decref(file);
    return d;
}

int64_t most_new_tokens(int max_tokens, int max_length, int64_t prompt) {
    if (!max_length) return max_tokens;
    return max_length > prompt ? max_length - prompt : 1;
}

static void add_tasks(const char *model, json_t *shown) {
    json_t *config = read_config(model), *settings, *names = json_array();
    const char *name;
    json_object_foreach(json_object_get(config, "task_specific_params"), name, settings)
        json_array_append_new(names, json_string(name));
    if (json_array_size(names)) json_object_set(shown, "tasks", names);
    json_decref(names);
    json_decref(config);
}

json_t *beam_defaults_shown(const char *model) {
    static const char *const keys[] = {"num_beams",  "length_penalty", "early_stopping",       "max_length",
                                       "min_length", "min_new_tokens", "no_repeat_ngram_size", "forced_decoder_ids"};
    json_t *file = read_file(model), *shown = json_object();
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        json_t *value = json_object_get(file, keys[i]);
        if (value && !json_is_null(value)) json_object_set(shown, keys[i], value);
    }
    json_decref(file);
    add_tasks(model, shown);
    return shown;
}

void rewriting_options_check(struct rewriting_options *o) {
    if (o->beams != NOT_GIVEN && (o->beams < 1 || o->beams > MOST_BEAMS))
        usage_error("--beams is %d, must be 1 to %d", o->beams, MOST_BEAMS);
    if (o->max_tokens != NOT_GIVEN && o->max_tokens < 1)
        usage_error("--max-tokens is %d, must be at least 1", o->max_tokens);
    if (!isfinite(o->length_penalty)) usage_error("--length-penalty is %g, must be finite", o->length_penalty);
    early_stopping_take(o->stopping, &o->early_stopping);
}

void rewriting_options_fill(struct rewriting_options *o, const char *model, int usual) {
    const struct beam_defaults own = o->model_defaults ? beam_defaults_read(model, o->task) : (struct beam_defaults){0};
    if (o->beams == NOT_GIVEN) o->beams = own.beams ? own.beams : 4;
    if (o->length_penalty == NO_PENALTY) o->length_penalty = own.has_penalty ? own.length_penalty : 1;
    if (o->early_stopping == NOT_GIVEN) o->early_stopping = own.early_stopping;
    if (o->max_tokens != NOT_GIVEN) return;
    o->max_tokens = own.max_new_tokens ? own.max_new_tokens : usual;
    if (!own.max_new_tokens) o->max_length = own.max_length;
}
