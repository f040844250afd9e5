/* The rules of writing from generation_config.json and config.json.
 * SPDX-License-Identifier: MIT */
#include "file/json_file.h"
#include "speech/rule_files.h"

#include <stdlib.h>
#include <string.h>

const json_t *rule_find(const struct rule_files *f, const char *key, const char **file) {
    const int in_config = json_member_absent(f->generation, key);
    *file = in_config ? "config.json" : "generation_config.json";
    const json_t *value = json_object_get(in_config ? f->config : f->generation, key);
    return value && !json_is_null(value) ? value : NULL;
}

sa_status rule_take_token(const struct rule_files *f, const char *file, const char *key, const json_t *value,
                          int32_t *token) {
    const json_int_t number = json_integer_value(value);
    if (!json_is_integer(value))
        return fail(f->report, SA_ERR_FORMAT, "%s: %.60s has %s, must be a token number", file, key,
                    json_type_text(value));
    if (number < 0 || number >= f->V)
        return fail(f->report, SA_ERR_FORMAT, "%s: %.60s is %lld, must be 0 to %lld", file, key, (long long)number,
                    (long long)f->V - 1);
    *token = (int32_t)number;
    return SA_OK;
}

static sa_status take_list(const struct rule_files *f, const struct allocator *memory, const char *key,
                           struct token_list *list) {
    const char *file;
    const json_t *value = rule_find(f, key, &file);
    if (!value) return SA_OK;
    if (!json_is_array(value) || json_array_size(value) > MOST_SUPPRESSED)
        return fail(f->report, SA_ERR_FORMAT, "%s: %s is %s of %zu values, must be an array of up to %d token numbers",
                    file, key, json_type_text(value), json_array_size(value), MOST_SUPPRESSED);
    const int64_t count = (int64_t)json_array_size(value);
    list->id = memory_allocate(memory, count, sizeof *list->id);
    if (!list->id) return fail_memory(f->report, count * (int64_t)sizeof *list->id, key);
    list->count = count;
    sa_status status = SA_OK;
    for (int64_t i = 0; i < count && status == SA_OK; i++)
        status = rule_take_token(f, file, key, json_array_get(value, (size_t)i), &list->id[i]);
    return status;
}

int rule_take_code(const char *name, char code[LANGUAGE_CODE]) {
    const size_t length = strlen(name);
    if (length < 5 || length - 4 >= LANGUAGE_CODE || strncmp(name, "<|", 2) || strcmp(name + length - 2, "|>"))
        return 0;
    memcpy(code, name + 2, length - 4);
    code[length - 4] = 0;
    return 1;
}

static int by_token(const void *a, const void *b) {
    const int32_t x = ((const struct language *)a)->token, y = ((const struct language *)b)->token;
    return (x > y) - (x < y);
}

static sa_status take_languages(const struct rule_files *f, struct sa_speech *s) {
    const char *file, *name;
    json_t *token;
    json_t *value = (json_t *)rule_find(f, "lang_to_id", &file);
    if (!value) return SA_OK;
    const size_t count = json_object_size(value);
    if (!json_is_object(value) || count > MOST_LANGUAGES)
        return fail(f->report, SA_ERR_FORMAT, "%s: lang_to_id is %s of %zu values, must be an object of up to %d", file,
                    json_type_text(value), count, MOST_LANGUAGES);
    s->language = memory_allocate(&s->memory, (int64_t)count, sizeof *s->language);
    if (!s->language) return fail_memory(f->report, count * sizeof *s->language, "languages");
    s->languages = (int64_t)count;
    struct language *next = s->language;
    sa_status status = SA_OK;
    json_object_foreach(value, name, token) {
        if (status == SA_OK) status = rule_take_token(f, file, "lang_to_id", token, &next->token);
        if (status == SA_OK && !rule_take_code(name, next->code))
            status = fail(f->report, SA_ERR_FORMAT,
                          "%s: lang_to_id has \"%.60s\", must be a code of up to %d bytes in <| |>", file, name,
                          LANGUAGE_CODE - 1);
        next++;
    }
    qsort(s->language, count, sizeof *s->language, by_token);
    return status;
}

static sa_status take_tasks(const struct rule_files *f, struct sa_speech *s) {
    static const char *const names[] = {[SA_TASK_TRANSCRIBE] = "transcribe", [SA_TASK_TRANSLATE] = "translate"};
    const char *file;
    const json_t *tasks = rule_find(f, "task_to_id", &file);
    sa_status status = SA_OK;
    for (int i = 0; i < 2; i++) {
        const json_t *task = json_object_get(tasks, names[i]);
        s->tasks[i] = -1;
        if (task && status == SA_OK) status = rule_take_token(f, file, "task_to_id", task, &s->tasks[i]);
    }
    if (status == SA_OK && s->languages && s->tasks[SA_TASK_TRANSCRIBE] < 0)
        return fail(f->report, SA_ERR_FORMAT, "%s: task_to_id names no token for \"transcribe\"", file);
    return status;
}

/* Tokens of time follow no_timestamps_token_id, and others stand before it. */
static sa_status take_marks(struct rule_files *f, struct sa_speech *s) {
    static const char name[] = "<|notimestamps|>";
    const char *file;
    const json_t *value = rule_find(f, "no_timestamps_token_id", &file);
    sa_status status = value ? rule_take_token(f, file, "no_timestamps_token_id", value, &s->no_times)
                             : rule_named_token(f, name, &s->no_times);
    if (status != SA_OK) return status;
    if (s->no_times < 0)
        return fail(f->report, SA_ERR_FORMAT,
                    "generation_config.json: no_timestamps_token_id is missing, and no tokenizer has %s", name);
    if (s->no_times < 2 || s->no_times + 1 >= f->V || s->no_times <= s->end)
        return fail(f->report, SA_ERR_FORMAT,
                    "%s: no_timestamps_token_id is %d, must be above the end token %d and below %lld", file,
                    (int)s->no_times, (int)s->end, (long long)f->V - 1);
    s->first_time = s->no_times + 1;
    s->no_speech = s->no_times - 1;
    s->earlier = s->no_times - 2;
    value = rule_find(f, "prev_sot_token_id", &file);
    return value ? rule_take_token(f, file, "prev_sot_token_id", value, &s->earlier) : SA_OK;
}

static sa_status take_latest_first_time(const struct rule_files *f, struct sa_speech *s) {
    const char *file;
    const json_t *value = rule_find(f, "max_initial_timestamp_index", &file);
    s->latest_first_time = value ? json_integer_value(value) : -1;
    if (!value || (json_is_integer(value) && s->latest_first_time >= 0)) return SA_OK;
    return fail(f->report, SA_ERR_FORMAT, "%s: max_initial_timestamp_index is %s, must be at least 0", file,
                json_is_integer(value) ? "negative" : json_type_text(value));
}

static sa_status take_rules(struct rule_files *f, struct sa_speech *s) {
    s->start = (int32_t)s->model->config.start_token;
    s->end = (int32_t)s->model->config.end_tokens[0];
    s->usual_language = -1;
    sa_status status = take_marks(f, s);
    if (status == SA_OK) status = take_languages(f, s);
    if (status == SA_OK) status = take_tasks(f, s);
    if (status == SA_OK && !s->languages) status = rule_take_older(f, s);
    if (status == SA_OK) status = take_latest_first_time(f, s);
    if (status == SA_OK) status = take_list(f, &s->memory, "suppress_tokens", &s->suppressed);
    if (status == SA_OK) status = take_list(f, &s->memory, "begin_suppress_tokens", &s->suppressed_first);
    return status;
}

sa_status speech_read(sa_ctx *ctx, const char *directory, struct sa_speech *s) {
    struct rule_files f = {.ctx = ctx, .report = &ctx->report, .directory = directory, .V = s->V};
    sa_status status = json_file_beside(&s->memory, f.report, directory, "generation_config.json", 1, &f.generation);
    if (status == SA_OK) status = json_file_beside(&s->memory, f.report, directory, "config.json", 1, &f.config);
    if (status == SA_OK) status = take_rules(&f, s);
    json_decref(f.generation);
    json_decref(f.config);
    sa_tokenizer_destroy(&f.tokenizer);
    return status;
}
