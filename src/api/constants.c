/* Every public constant, struct and field by name, so that bindings need not parse the headers. The table is made from
 * them: cmake/ListConstants.cmake.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#ifdef SELFATTN_MODELS
#include "selfattn_models.h"
#endif

#include <string.h>

static const struct {
    const char *name;
    int32_t value; /* all fit, or this does not compile */
} constants[] = {
#define CONSTANT(name) {#name, name},
#define SIZE(type)     {"sizeof(" #type ")", sizeof(type)},
#define FIELD(type, field)                                                                                             \
    {#type "." #field, offsetof(type, field)}, {"sizeof(" #type "." #field ")", sizeof(((type *)0)->field)},
#include <constants.inc>
};

sa_status sa_constant(const char *name, int64_t *value) {
    if (!name || !value) return fail_null(thread_report(), name ? "value" : "name");
    for (int64_t i = 0; i < COUNT_OF(constants); i++)
        if (!strcmp(name, constants[i].name)) {
            *value = constants[i].value;
            return SA_OK;
        }
    return fail(thread_report(), SA_ERR_VALUE, "there is no constant \"%.100s\"", name);
}

const char *sa_constant_name(int32_t index) {
    return index >= 0 && index < COUNT_OF(constants) ? constants[index].name : NULL;
}
