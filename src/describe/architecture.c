/* SPDX-License-Identifier: MIT */
#include "describe/architecture.h"

#include "file/mapped_file.h"
#include "file/path.h"

#include <string.h>
#include <unistd.h>

static sa_status read_built_in(struct report *report, const char *model_type, json_t **description) {
    const struct json_source source = {report, "a built-in architecture"};
    return json_built_in(&source, built_in_architectures, model_type, description);
}

/* *description stays NULL where the directory has none. */
static sa_status read_own(const struct allocator *memory, struct report *report, const char *directory,
                          json_t **description) {
    char *path = NULL;
    struct mapped_file file = {0};
    sa_status status = path_join(memory, report, directory, "architecture.json", &path);
    *description = NULL;
    if (status == SA_OK && access(path, F_OK) == 0) {
        status = file_read(memory, report, path, JSON_MOST_BYTES, &file);
        const struct json_source source = {report, file.name};
        if (status == SA_OK) status = json_parse(&source, file.bytes, file.size, description);
        file_close(&file);
    }
    path_release(memory, path);
    return status;
}

/* *description becomes `base` with *description over it; takes `base`. */
static sa_status put_over(struct report *report, json_t *base, json_t **description) {
    int fits = base && json_merge(base, *description);
    json_decref(*description);
    *description = base;
    if (!fits) return fail_memory_for(report, "an architecture's description");
    json_object_del(base, "like");
    return SA_OK;
}

/* A decoder may be "like" the encoder of the same description. */
static sa_status fill_in_decoder(struct report *report, json_t *description) {
    json_t *decoder = json_object_get(description, "decoder"), *like = json_object_get(decoder, "like");
    const json_t *encoder = json_object_get(description, "encoder");
    if (json_member_absent(decoder, "like")) {
        json_object_del(decoder, "like");
        return SA_OK;
    }
    if (!json_is_string(like) || strcmp(json_string_value(like), "encoder") != 0 || !json_is_object(encoder))
        return fail(report, SA_ERR_FORMAT, "architecture.json: decoder.like can only be \"encoder\", if there is one");
    json_incref(decoder);
    sa_status status = put_over(report, json_deep_copy(encoder), &decoder);
    if (status == SA_OK && json_object_set(description, "decoder", decoder))
        status = fail_memory_for(report, "an architecture's description");
    json_decref(decoder);
    return status;
}

sa_status architecture_find(const struct allocator *memory, const struct json_source *config, const char *directory,
                            const char *model_type, const json_t *given, json_t **description, json_t **own) {
    struct report *report = config->report;
    const struct json_source source = {report, "architecture.json"};
    *description = *own = NULL;
    sa_status status = directory ? read_own(memory, report, directory, description) : SA_OK;
    if (status == SA_OK && !*description && given && !(*description = json_deep_copy(given)))
        status = fail_memory_for(report, "an architecture's description");
    if (status == SA_OK && !*description) status = read_built_in(report, model_type, description);
    if (status == SA_OK && !*description)
        status =
            fail(report, SA_ERR_UNSUPPORTED,
                 "%s: model_type is \"%.60s\", which this version does not have, and there is no architecture.json",
                 config->file, model_type);
    if (status == SA_OK && !(*own = json_deep_copy(*description)))
        status = fail_memory_for(report, "an architecture's description");
    if (status == SA_OK) status = json_follow_like(&source, built_in_architectures, description);
    if (status == SA_OK) status = fill_in_decoder(report, *description);
    if (status == SA_OK) return SA_OK;
    json_decref(*description);
    json_decref(*own);
    *description = *own = NULL;
    return status;
}
