/* Convolutions over sound.
 * SPDX-License-Identifier: MIT */
#include "base/arith.h"
#include "describe/config_stack.h"

#include <string.h>

int64_t convolution_rows(const struct convolution_config *c, int64_t i, int64_t rows) {
    const int64_t padded = rows + (c->is_padded ? 2 * (c->kernels[i] / 2) : 0);
    return padded < c->kernels[i] ? 0 : (padded - c->kernels[i]) / c->strides[i] + 1;
}

int64_t convolution_tokens(const struct convolution_config *c, int64_t length) {
    for (int64_t i = 0; i < c->count && length > 0; i++) length = convolution_rows(c, i, length);
    return length;
}

/* As many strides as kernels; one is that of all. */
static sa_status read_lists(const struct section *s, struct convolution_config *c) {
    const struct settings *all = s->settings;
    int64_t strides;
    sa_status status = setting_integers(s, "kernels", 1, INT16_MAX, MOST_CONVOLUTIONS, c->kernels, &c->count);
    if (status == SA_OK) status = setting_integers(s, "strides", 1, INT16_MAX, MOST_CONVOLUTIONS, c->strides, &strides);
    if (status != SA_OK) return status;
    if (!c->count || !strides)
        return fail(all->report, SA_ERR_FORMAT, "%s: %s%s is missing", all->description_name, s->path,
                    c->count ? "strides" : "kernels");
    for (int64_t i = 1; i < c->count && strides == 1; i++) c->strides[i] = c->strides[0];
    if (strides == 1 || strides == c->count) return SA_OK;
    return fail(all->report, SA_ERR_FORMAT, "%s: there are %lld convolutions, but %lld strides", all->config_name,
                (long long)c->count, (long long)strides);
}

sa_status config_read_convolutions(const struct section *s, int has_bias, struct convolution_config *c) {
    static const char *const known[] = {"first_bias",       "kernels", "strides", "padded", "activation",
                                        "first_activation", "halved",  "norm",    NULL};
    static const char *const norms[] = {"none", "channels", "all", "layers", NULL};
    sa_status status = section_check(s, known);
    if (status == SA_OK) status = read_lists(s, c);
    if (status == SA_OK) status = setting_flag(s, "first_bias", has_bias, &c->first_has_bias);
    if (status == SA_OK) status = setting_flag(s, "padded", 0, &c->is_padded);
    if (status == SA_OK) status = setting_flag(s, "halved", 0, &c->is_halved);
    if (status == SA_OK) status = setting_choice(s, "norm", CONVOLUTION_NORM_NONE, norms, &c->norm);
    if (status != SA_OK || !c->is_halved) {
        if (status == SA_OK) status = config_activation(s, "activation", NO_FALLBACK, &c->activation);
        return status == SA_OK ? config_activation(s, "first_activation", c->activation, &c->first_activation) : status;
    }
    status = section_unused(s, "activation", s, "halved");
    return status == SA_OK ? section_unused(s, "first_activation", s, "halved") : status;
}
