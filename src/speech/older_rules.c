/* What the files of older models leave out stands in the names of tokens: "<|notimestamps|>", "<|en|>",
 * "<|translate|>".
 * SPDX-License-Identifier: MIT */
#include "speech/rule_files.h"
#include "text/tokenizer.h"

static sa_status find_tokenizer(struct rule_files *f) {
    if (f->tokenizer) return SA_OK;
    const sa_status status = tokenizer_open(f->ctx, f->directory, &f->tokenizer);
    if (status == SA_ERR_MEMORY) return status;
    if (status != SA_OK) *f->report->text = 0;
    return SA_OK;
}

sa_status rule_named_token(struct rule_files *f, const char *name, int32_t *token) {
    *token = -1;
    sa_status status = find_tokenizer(f);
    if (status == SA_OK && f->tokenizer && (sa_tokenizer_find(f->tokenizer, name, token) != SA_OK || *token >= f->V))
        *token = -1;
    return status;
}

/* forced_decoder_ids is a list of a place behind the start token, and the token there, null where it is detected.
 * -1: no token stands at this place. */
static sa_status forced_at(const struct rule_files *f, int64_t place, int32_t *token) {
    const char *file;
    const json_t *list = rule_find(f, "forced_decoder_ids", &file);
    *token = -1;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *pair = json_array_get(list, i), *value = json_array_get(pair, 1);
        if (json_array_size(pair) != 2 || !json_is_integer(json_array_get(pair, 0)))
            return fail(f->report, SA_ERR_FORMAT, "%s: forced_decoder_ids[%zu] must be a place and a token", file, i);
        if (json_integer_value(json_array_get(pair, 0)) != place || json_is_null(value)) continue;
        return rule_take_token(f, file, "forced_decoder_ids", value, token);
    }
    return SA_OK;
}

/* The names of languages stand between the start token and the tasks. Counts them, and writes them if there is room. */
static int64_t name_languages(const struct rule_files *f, const struct sa_speech *s, int32_t end,
                              struct language *list) {
    int64_t count = 0;
    for (int32_t id = s->start + 1; id < end && count < MOST_LANGUAGES; id++) {
        struct language one = {.token = id};
        const char *name = sa_tokenizer_token(f->tokenizer, id);
        if (!name || !rule_take_code(name, one.code)) continue;
        if (list) list[count] = one;
        count++;
    }
    return count;
}

static sa_status take_languages(struct rule_files *f, struct sa_speech *s) {
    const int32_t *tasks = s->tasks;
    const int32_t end = tasks[0] < tasks[1] && tasks[0] >= 0 ? tasks[0] : tasks[1] >= 0 ? tasks[1] : tasks[0];
    const int64_t count = name_languages(f, s, end, NULL);
    int32_t usual;
    sa_status status = forced_at(f, 1, &usual);
    if (status != SA_OK || !count) return status;
    s->language = memory_allocate(&s->memory, count, sizeof *s->language);
    if (!s->language) return fail_memory(f->report, count * (int64_t)sizeof *s->language, "languages");
    s->languages = count;
    name_languages(f, s, end, s->language);
    for (int64_t i = 0; i < count; i++)
        if (s->language[i].token == usual) s->usual_language = (int32_t)i;
    if (usual < 0 || s->usual_language >= 0) return SA_OK;
    return fail(f->report, SA_ERR_FORMAT, "forced_decoder_ids has the token %d, which names none of %lld languages",
                (int)usual, (long long)count);
}

sa_status rule_take_older(struct rule_files *f, struct sa_speech *s) {
    static const char *const names[] = {[SA_TASK_TRANSCRIBE] = "<|transcribe|>", [SA_TASK_TRANSLATE] = "<|translate|>"};
    int32_t task;
    sa_status status = forced_at(f, 2, &task);
    if (status != SA_OK || task < 0) return status;
    for (int i = 0; i < 2 && status == SA_OK; i++)
        if (s->tasks[i] < 0) status = rule_named_token(f, names[i], &s->tasks[i]);
    if (status != SA_OK) return status;
    if (task != s->tasks[SA_TASK_TRANSCRIBE] && task != s->tasks[SA_TASK_TRANSLATE])
        return fail(
            f->report, SA_ERR_FORMAT,
            "forced_decoder_ids has the token %d as the task, and the tokenizer, which would name languages and "
            "tasks, calls it %s",
            (int)task, f->tokenizer ? "otherwise" : "nothing: there is none");
    return s->tasks[SA_TASK_TRANSCRIBE] < 0
               ? fail(f->report, SA_ERR_FORMAT, "the tokenizer has no \"%s\"", names[SA_TASK_TRANSCRIBE])
               : take_languages(f, s);
}
