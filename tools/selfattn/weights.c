/* SPDX-License-Identifier: MIT */
#include "weights.h"

#include "exit.h"

#include <strings.h>

static const struct {
    const char *name;
    int32_t dtype;
} types[] = {{"F32", SA_F32},       {"F16", SA_F16},     {"BF16", SA_BF16}, {"Q8_0", SA_Q8_0},
             {"Q6_K", SA_Q6_K},     {"Q5_K", SA_Q5_K},   {"Q5_1", SA_Q5_1}, {"Q5_0", SA_Q5_0},
             {"Q4_K", SA_Q4_K},     {"Q4_1", SA_Q4_1},   {"Q4_0", SA_Q4_0}, {"IQ4_NL", SA_IQ4_NL},
             {"IQ4_XS", SA_IQ4_XS}, {"MXFP4", SA_MXFP4}, {"Q3_K", SA_Q3_K}, {"Q2_K", SA_Q2_K}};
enum { TYPES = sizeof types / sizeof types[0] };

int32_t weights_of(const char *option, const char *name) {
    for (int i = 0; i < TYPES; i++)
        if (!strcasecmp(name, types[i].name)) return types[i].dtype;
    usage_error("%s is \"%s\", must be %s", option, name, WEIGHT_TYPES);
}

const char *weights_name(int i, int32_t *dtype) {
    if (i >= TYPES) return NULL;
    *dtype = types[i].dtype;
    return types[i].name;
}
