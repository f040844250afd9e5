/* Contexts and features of sound, as all tests here open them.
 * SPDX-License-Identifier: MIT */
#ifndef TEST_SOUND_MELS_H
#define TEST_SOUND_MELS_H

#include "selfattn_models.h"
#include "support/paths.h"

#include <criterion/criterion.h>

static inline sa_ctx *threads(int32_t count) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = count};
    return ctx_open(&options);
}

static inline sa_mel *mel_of(sa_ctx *ctx, const sa_mel_config *c) {
    sa_mel *m;
    cr_assert_eq(sa_mel_create(ctx, c, &m), SA_OK, "%s", sa_ctx_last_error(ctx));
    return m;
}

#endif
