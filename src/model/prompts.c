/* SPDX-License-Identifier: MIT */
#include "model/prompts.h"

#include "model/model.h"

#include <string.h>

static const char file_name[] = "config_sentence_transformers.json";

/* Bytes of all names and texts. */
static sa_status measure(const struct json_source *source, const json_t *list, int64_t *bytes) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)list, name, value) {
        if (!json_is_string(value))
            return fail(source->report, SA_ERR_FORMAT, "%s: prompts.%.80s is %s, must be a string", source->file, name,
                        json_type_text(value));
        *bytes += (int64_t)(strlen(name) + 1 + json_string_length(value) + 1);
    }
    return SA_OK;
}

static void put(struct prompts *p, int64_t *at, const char *text) {
    const size_t bytes = strlen(text) + 1;
    memcpy(p->store + *at, text, bytes);
    *at += (int64_t)bytes;
}

static sa_status copy(const struct allocator *memory, const struct json_source *source, const json_t *list,
                      struct prompts *p) {
    const char *name;
    json_t *value;
    int64_t bytes = 0, at = 0;
    sa_status status = measure(source, list, &bytes);
    if (status != SA_OK || !bytes) return status;
    p->store = memory_allocate(memory, bytes, 1);
    if (!p->store) return fail_memory(source->report, bytes, "a model's prompts");
    p->bytes = bytes;
    json_object_foreach((json_t *)list, name, value) {
        put(p, &at, name);
        put(p, &at, json_string_value(value));
        p->count++;
    }
    return SA_OK;
}

/* The name of prompt number `index`, with its text behind it. */
static const char *prompt_at(const struct prompts *p, int64_t index) {
    const char *name = p->store;
    for (int64_t i = 0; i < 2 * index; i++) name += strlen(name) + 1;
    return name;
}

static int64_t find(const struct prompts *p, const char *name) {
    for (int64_t i = 0; i < p->count; i++)
        if (!strcmp(prompt_at(p, i), name)) return i;
    return -1;
}

sa_status prompts_read(const struct allocator *memory, struct report *report, const json_t *object, struct prompts *p) {
    const struct json_source source = {report, file_name};
    const char *name;
    json_t *list;
    *p = (struct prompts){.standard = -1};
    if (json_member_absent(object, "prompts")) return SA_OK;
    sa_status status = json_member(&source, object, "", "prompts", JSON_OBJECT, &list);
    if (status == SA_OK) status = copy(memory, &source, list, p);
    if (status != SA_OK || json_member_absent(object, "default_prompt_name")) return status;
    status = json_member_text(&source, object, "", "default_prompt_name", &name);
    if (status == SA_OK && (p->standard = find(p, name)) < 0)
        return fail(report, SA_ERR_FORMAT, "%s: default_prompt_name is \"%.80s\", which prompts lacks", file_name,
                    name);
    return status;
}

void prompts_release(const struct allocator *memory, struct prompts *p) {
    memory_release(memory, p->store, p->bytes, 1);
    *p = (struct prompts){.standard = -1};
}

const char *sa_model_prompt(const sa_model *model, const char *name) {
    if (!model) return NULL;
    const struct prompts *p = &model->prompts;
    const int64_t index = name ? find(p, name) : p->standard;
    if (index < 0) return NULL;
    const char *found = prompt_at(p, index);
    return found + strlen(found) + 1;
}

const char *sa_model_prompt_name(const sa_model *model, int64_t index) {
    return model && index >= 0 && index < model->prompts.count ? prompt_at(&model->prompts, index) : NULL;
}
