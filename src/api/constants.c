/* Every public constant, struct and field by name, so that bindings need not parse the headers. The table is made from
 * them: cmake/ListConstants.cmake.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#ifdef SELFATTN_MODELS
#include "selfattn_models.h"
#endif

#include <string.h>

#define NONE INT32_MIN /* a constant has no size, a type no place */

static const struct {
    const char *name;
    int32_t value, size; /* all fit, or this does not compile */
} constants[] = {
#define CONSTANT(name)     {#name, name, NONE},
#define SIZE(type)         {#type, NONE, sizeof(type)},
#define FIELD(type, field) {#type "." #field, offsetof(type, field), sizeof(((type *)0)->field)},
#include <constants.inc>
};

/* A table of its own, which is left out where nobody lists the names. */
static const char *const names[] = {
#undef CONSTANT
#undef SIZE
#undef FIELD
#define CONSTANT(name)     #name,
#define SIZE(type)         "sizeof(" #type ")",
#define FIELD(type, field) #type "." #field, "sizeof(" #type "." #field ")",
#include <constants.inc>
};

sa_status sa_constant(const char *name, int64_t *value) {
    static const char opening[] = "sizeof(";
    if (!name || !value) return fail_null(thread_report(), name ? "value" : "name");
    const size_t before = sizeof opening - 1, all = strlen(name);
    const int is_size = all > before && !strncmp(name, opening, before) && name[all - 1] == ')';
    const char *of = is_size ? name + before : name;
    const size_t bytes = is_size ? all - before - 1 : all;
    for (int64_t i = 0; i < COUNT_OF(constants); i++) {
        const int32_t found = is_size ? constants[i].size : constants[i].value;
        if (found == NONE || strncmp(constants[i].name, of, bytes) != 0 || constants[i].name[bytes]) continue;
        *value = found;
        return SA_OK;
    }
    return fail(thread_report(), SA_ERR_VALUE, "there is no constant \"%.100s\"", name);
}

const char *sa_constant_name(int32_t index) {
    return index >= 0 && index < COUNT_OF(names) ? names[index] : NULL;
}
