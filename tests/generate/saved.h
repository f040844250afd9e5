/* Models whose sessions are saved.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_GENERATE_SAVED_H
#define TESTS_GENERATE_SAVED_H

#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* A model of tests/data/architectures. */
static inline sa_model *saved_model(sa_ctx *ctx, const char *name) {
    char path[100];
    sa_model *model;
    snprintf(path, sizeof path, "architectures/%s", name);
    cr_assert_eq(sa_model_open(ctx, data_path(path), &model), SA_OK, "%s", sa_ctx_last_error(ctx));
    return model;
}

#endif
