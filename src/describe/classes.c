/* SPDX-License-Identifier: MIT */
#include "describe/classes.h"

#include "describe/pattern.h"
#include "file/json.h"

#include <string.h>

static int are_texts(const json_t *list) {
    int fits = json_array_size(list) > 0;
    for (size_t i = 0; i < json_array_size(list); i++) fits &= json_is_string(json_array_get(list, i));
    return fits;
}

/* Whether a pattern fits one of the names. */
static int any_fits(const json_t *patterns, const json_t *names) {
    for (size_t i = 0; i < json_array_size(patterns); i++)
        for (size_t j = 0; j < json_array_size(names); j++) {
            const char *pattern = json_string_value(json_array_get(patterns, i)),
                       *name = json_string_value(json_array_get(names, j));
            if (name && pattern_matches(pattern, strlen(pattern), '#', name, strlen(name))) return 1;
        }
    return 0;
}

/* Lays one class over the description, and over what is its own. */
static sa_status apply(struct report *report, const json_t *class, json_t *description, json_t *own) {
    json_t *changes = json_copy((json_t *)class);
    if (changes) json_object_del(changes, "architectures");
    const int fits = changes && json_merge(description, changes) && json_merge(own, changes);
    json_decref(changes);
    return fits ? SA_OK : fail_memory_for(report, "an architecture's description");
}

sa_status classes_apply(struct report *report, const json_t *config, json_t *description, json_t *own) {
    json_t *classes = json_incref(json_object_get(description, "classes"));
    sa_status status = SA_OK;
    if (classes && !json_is_null(classes) && !json_is_array(classes))
        status =
            fail(report, SA_ERR_FORMAT, "architecture.json: classes is %s, must be a list", json_type_text(classes));
    for (size_t i = 0; i < json_array_size(classes) && status == SA_OK; i++) {
        const json_t *class = json_array_get(classes, i), *named = json_object_get(class, "architectures");
        if (!are_texts(named))
            status =
                fail(report, SA_ERR_FORMAT, "architecture.json: classes[%zu].architectures must be a list of texts", i);
        else if (any_fits(named, json_object_get(config, "architectures")))
            status = apply(report, class, description, own);
    }
    json_object_del(description, "classes");
    json_decref(classes);
    return status;
}
