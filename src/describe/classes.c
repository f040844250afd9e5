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

/* Where an answer begins and ends: two logits of every token, in files of all families of encoders. A family whose
 * files have them under another name has a class of its own. */
static const char answers[] =
    "{\"classifier\": \"qa_outputs\", \"classifier_of\": \"tokens\", \"classifier_norm\": null, "
    "\"classifier_dense\": null, \"classifier_dense_bias\": null, "
    "\"classifier_dense_of_tokens\": null, \"classifier_activation\": null}";

static sa_status apply_answers(struct report *report, const json_t *config, json_t *description, json_t *own) {
    json_t *patterns = json_pack("[s]", "*ForQuestionAnswering"), *class = json_loads(answers, 0, NULL);
    const int is_encoder = json_is_object(json_object_get(description, "encoder")) &&
                           !json_is_object(json_object_get(description, "decoder"));
    sa_status status = patterns && class ? SA_OK : fail_memory_for(report, "an architecture's description");
    if (status == SA_OK && is_encoder && any_fits(patterns, json_object_get(config, "architectures")))
        status = apply(report, class, description, own);
    json_decref(patterns);
    json_decref(class);
    return status;
}

sa_status classes_apply(struct report *report, const json_t *config, json_t *description, json_t *own) {
    json_t *classes = json_incref(json_object_get(description, "classes"));
    sa_status status = SA_OK;
    int applied = 0;
    if (classes && !json_is_null(classes) && !json_is_array(classes))
        status =
            fail(report, SA_ERR_FORMAT, "architecture.json: classes is %s, must be a list", json_type_text(classes));
    for (size_t i = 0; i < json_array_size(classes) && status == SA_OK; i++) {
        const json_t *class = json_array_get(classes, i), *named = json_object_get(class, "architectures");
        if (!are_texts(named))
            status =
                fail(report, SA_ERR_FORMAT, "architecture.json: classes[%zu].architectures must be a list of texts", i);
        else if (any_fits(named, json_object_get(config, "architectures"))) {
            status = apply(report, class, description, own);
            applied = 1;
        }
    }
    if (status == SA_OK && !applied) status = apply_answers(report, config, description, own);
    json_object_del(description, "classes");
    json_decref(classes);
    return status;
}
