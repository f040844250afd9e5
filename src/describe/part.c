/* SPDX-License-Identifier: MIT */
#include "describe/part.h"

#include "describe/architecture.h"
#include "describe/setting.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN = 200 };

/* "text", "vision" */
static void show_names(const json_t *parts, char shown[SHOWN]) {
    *shown = '\0';
    for (void *i = json_object_iter((json_t *)parts); i; i = json_object_iter_next((json_t *)parts, i)) {
        const size_t used = strlen(shown);
        snprintf(shown + used, SHOWN - used, "%s\"%.40s\"", used ? ", " : "", json_object_iter_key(i));
    }
}

/* Whether words and output share a matrix stands within the part's settings, or beside them, or in both. Where these
 * differ, one is only a default: they do, unless the file has a matrix of the output's own, which is then taken. */
static int add_tied(const json_t *config, json_t *made) {
    static const char key[] = "tie_word_embeddings";
    json_t *whole = json_object_get(config, key);
    if (!json_is_boolean(whole) || json_is_true(json_object_get(made, key))) return 1;
    return json_object_set(made, key, whole) == 0;
}

/* The class that the whole was saved from says what stands behind the part. */
static int add_class(const json_t *config, json_t *made) {
    static const char key[] = "architectures";
    json_t *whole = json_object_get(config, key);
    return !json_is_array(whole) || !json_member_absent(made, key) || json_object_set(made, key, whole) == 0;
}

/* What config.json says over what it may leave out. model_type NULL: that of these settings. A member that is missing
 * and has no defaults stands for all of config.json. */
static sa_status read_settings(const struct json_source *source, const json_t *part, const char *key,
                               const char *model_type, const json_t *config, json_t **settings) {
    const json_t *given = json_object_get(config, key);
    const int is_given = !json_member_absent(config, key);
    if (is_given && !json_is_object(given))
        return fail(source->report, SA_ERR_FORMAT, "%s: %.60s is %s, must be an object", source->file, key,
                    json_type_text(given));
    const json_t *own_type = json_object_get(given, "model_type");
    if (!model_type && !(model_type = json_string_value(own_type)))
        return fail(source->report, SA_ERR_FORMAT, "%s: %.60s.model_type is %s, must be a string", source->file, key,
                    json_type_text(own_type));
    if (json_is_string(own_type) && strcmp(json_string_value(own_type), model_type) != 0)
        return fail(source->report, SA_ERR_UNSUPPORTED,
                    "%s: %.60s.model_type is \"%.60s\", only \"%.60s\" is supported", source->file, key,
                    json_string_value(own_type), model_type);
    const json_t *defaults = json_object_get(part, "defaults");
    json_t *made = json_deep_copy(is_given || defaults ? defaults : config), *over = json_deep_copy(given);
    int fits = made || (made = json_object());
    if (is_given)
        fits = fits && over && json_object_update(made, over) == 0 && add_tied(config, made) && add_class(config, made);
    fits = fits && json_object_set_new(made, "model_type", json_string(model_type)) == 0;
    json_decref(over);
    if (fits)
        *settings = made;
    else
        json_decref(made);
    return fits ? SA_OK : fail_memory_for(source->report, "a part's settings");
}

/* What the parts have together, beside the model's own description. Tensors of the other parts are no mistake. */
static sa_status add_common(struct report *report, const json_t *part, json_t *description) {
    json_t *all = json_array(), *others = json_object_get(part, "ignore"),
           *own = json_object_get(description, "ignore");
    int fits = all != NULL;
    if (json_is_array(own)) fits = fits && json_array_extend(all, own) == 0;
    if (json_is_array(others)) fits = fits && json_array_extend(all, others) == 0;
    fits = fits && json_object_set(description, "ignore", all) == 0;
    json_t *likeness = json_object_get(part, "likeness");
    if (likeness) fits = fits && json_object_set(description, "likeness", likeness) == 0;
    json_decref(all);
    return fits ? SA_OK : fail_memory_for(report, "a part's description");
}

static sa_status check_members(const struct json_source *page, const json_t *part, const char *path) {
    static const char *const known[] = {"model_type", "settings", "defaults", "likeness", "ignore", NULL};
    const struct settings settings = {.report = page->report, .description_name = page->file};
    struct section s = {.settings = &settings, .object = part};
    snprintf(s.path, sizeof s.path, "%s", path);
    return section_check(&s, known);
}

static sa_status take(const struct allocator *memory, const struct json_source *source, const char *name,
                      const json_t *part, const json_t *config, json_t **settings, json_t **description, json_t **own) {
    const struct json_source page = {source->report, "architecture.json"};
    const char *key, *model_type = NULL;
    char path[64];
    snprintf(path, sizeof path, "parts.%.40s.", name);
    *settings = *description = *own = NULL;
    sa_status status = check_members(&page, part, path);
    if (status == SA_OK) status = json_member_text(&page, part, path, "settings", &key);
    if (status == SA_OK && !json_member_absent(part, "model_type"))
        status = json_member_text(&page, part, path, "model_type", &model_type);
    if (status == SA_OK) status = read_settings(source, part, key, model_type, config, settings);
    if (status == SA_OK) model_type = json_string_value(json_object_get(*settings, "model_type"));
    if (status == SA_OK) status = architecture_find(memory, source, NULL, model_type, NULL, description, own);
    if (status == SA_OK && !json_member_absent(*description, "parts"))
        status = fail(source->report, SA_ERR_UNSUPPORTED, "%s: %smodel_type is \"%.60s\", which has parts itself",
                      page.file, path, model_type);
    if (status == SA_OK) status = add_common(source->report, part, *description);
    return status;
}

sa_status part_choose(const struct allocator *memory, const struct json_source *source, const char *part,
                      json_t **config, json_t **description, json_t **own) {
    const json_t *parts = json_object_get(*description, "parts"), *chosen;
    char names[SHOWN];
    const char *model_type;
    json_t *new_config, *new_description, *new_own;
    if (json_member_absent(*description, "parts")) {
        if (!part) return SA_OK;
        return fail(source->report, SA_ERR_VALUE, "part is \"%.60s\", but %s describes one model", part, source->file);
    }
    sa_status status = json_member_text(source, *config, "", "model_type", &model_type);
    if (status != SA_OK) return status;
    show_names(parts, names);
    if (!json_is_object(parts) || !*names)
        return fail(source->report, SA_ERR_FORMAT,
                    "architecture.json: parts must be an object with an object for each");
    if (!part && json_object_size(parts) == 1) part = json_object_iter_key(json_object_iter((json_t *)parts));
    if (!part)
        return fail(source->report, SA_ERR_UNSUPPORTED,
                    "%s: model_type is \"%.60s\", which has several models in a file: part has to be one of %s",
                    source->file, model_type, names);
    chosen = json_object_get(parts, part);
    if (!json_is_object(chosen))
        return fail(source->report, SA_ERR_VALUE, "part is \"%.60s\", but a model of type \"%.60s\" has %s", part,
                    model_type, names);
    status = take(memory, source, part, chosen, *config, &new_config, &new_description, &new_own);
    if (status != SA_OK) {
        json_decref(new_config), json_decref(new_description), json_decref(new_own);
        return status;
    }
    json_decref(*config), json_decref(*description), json_decref(*own);
    *config = new_config, *description = new_description, *own = new_own;
    return SA_OK;
}
