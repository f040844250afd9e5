/* What is refused about masks.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>
#include <string.h>

Test(masking, flags_and_enums) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.causal is 2", v.masking.causal = 2);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.causal is -1", v.masking.causal = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.window is 3", v.masking.window = 3);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.align is 4", v.masking.align = 4);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.align is -1", v.masking.align = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.reserved is 1", v.masking.reserved = 1);
    FORWARD_REFUSED(SA_ERR_VALUE, "masking.causal is 2", v.masking.causal = 2);
}

Test(masking, key_lengths) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.key_lengths[1] is 6, must be 0 to S = 5", v.lengths[1] = 6,
                      v.masking.key_lengths = v.lengths);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.key_lengths[0] is -1", v.lengths[0] = -1,
                      v.masking.key_lengths = v.lengths);
    FORWARD_REFUSED(SA_ERR_VALUE, "masking.key_lengths[1] is 6, must be 0 to S = 5", v.lengths[1] = 6,
                    v.masking.key_lengths = v.lengths);
}

Test(masking, offsets) {
    const int64_t most = (int64_t)1 << 60;
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.offset is given, but align is 0 and not SA_ALIGN_OFFSET (3)",
                      v.masking.offset = 1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.offsets is given, but align is 2 and not SA_ALIGN_OFFSET (3)",
                      v.masking.offsets = v.offsets, v.masking.align = SA_ALIGN_BOTTOM_RIGHT);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.offset is 1 beside masking.offsets, must be 0",
                      v.masking.align = SA_ALIGN_OFFSET, v.masking.offset = 1, v.masking.offsets = v.offsets);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.offset is 1152921504606846977, must be -2^60 to 2^60",
                      v.masking.align = SA_ALIGN_OFFSET, v.masking.offset = most + 1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.offsets[1] is -9223372036854775808, must be -2^60 to 2^60",
                      v.masking.align = SA_ALIGN_OFFSET, v.masking.offsets = v.offsets, v.offsets[1] = INT64_MIN);
}

Test(masking, windows) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "window_left -2 and window_right 0", v.masking.window = 1,
                      v.masking.window_left = -2);
    ATTENTION_REFUSED(SA_ERR_VALUE, "window_left 0 and window_right -9223372036854775808", v.masking.window = 1,
                      v.masking.window_right = INT64_MIN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.window is 0 with window_left 1", v.masking.window_left = 1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.window is 0 with window_left 0 and window_right -1",
                      v.masking.window_right = -1);
}

Test(masking, masks) {
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask.dtype is 9", v.masking.mask.dtype = 9);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[0] is 3, must be 1 or B = 2", v.masking.mask.size[0] = 3);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[1] is 2, must be 1 or H = 4", v.masking.mask.size[1] = 2);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[2] is 0, must be 1 or T = 3", v.masking.mask.size[2] = 0);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[3] is 6, must be at most S = 5", v.masking.mask.size[3] = 6);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask.size[3] is -1", v.masking.mask.size[3] = -1);
    FORWARD_REFUSED(SA_ERR_SHAPE, "masking.mask.size[1] is 2, must be 1 or H = 4", v.masking.mask.size[1] = 2);
}

/* An axis of keys with one element may mean all keys or the first alone. */
Test(masking, mask_keys) {
    ATTENTION_REFUSED(SA_ERR_SHAPE,
                      "masking.mask.size[3] is 1, but there are S = 5 keys: set masking.mask_keys to "
                      "SA_MASK_KEYS_REPEATED (1) if the mask holds for all of them, to SA_MASK_KEYS_HIDDEN (2) if the "
                      "others are hidden",
                      v.masking.mask.size[3] = 1);
    FORWARD_REFUSED(SA_ERR_SHAPE, "masking.mask.size[3] is 1, but there are S = 5 keys", v.masking.mask.size[3] = 1);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[3] is 4, must be 1 or S = 5 to be repeated",
                      v.masking.mask.size[3] = 4, v.masking.mask_keys = SA_MASK_KEYS_REPEATED);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[3] is 0, must be 1 or S = 5 to be repeated",
                      v.masking.mask.size[3] = 0, v.masking.mask_keys = SA_MASK_KEYS_REPEATED);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "masking.mask.size[3] is 6, must be at most S = 5", v.masking.mask.size[3] = 6,
                      v.masking.mask_keys = SA_MASK_KEYS_HIDDEN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask_keys is 3, which is no SA_MASK_KEYS_ constant",
                      v.masking.mask_keys = 3);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask_keys is -1", v.masking.mask_keys = -1);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.mask_keys is 2 without a mask", v.masking.mask.data = NULL,
                      v.masking.mask_keys = SA_MASK_KEYS_HIDDEN);
    ATTENTION_REFUSED(SA_ERR_VALUE, "masking.reserved2 is 1", v.masking.reserved2 = 1);
}

/* What a window leaves does not depend on how far an offset within its range moves queries. */
Test(masking, windows_without_end_hide_nothing) {
    const int64_t most = (int64_t)1 << 60, wide[] = {most + S, 2 * most, INT64_MAX, -1};
    for (int i = 0; i < 4; i++)
        for (int64_t offset = -most; offset <= most; offset += most) {
            float want[B * H * T * DV];
            struct valid v;
            valid_make(&v);
            v.masking.mask.data = NULL;
            cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
            memcpy(want, v.output, sizeof want);
            v.masking.align = SA_ALIGN_OFFSET, v.masking.offset = offset, v.masking.window = 1;
            v.masking.window_left = v.masking.window_right = wide[i];
            cr_assert_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
            cr_expect(!memcmp(want, v.output, sizeof want), "window %lld, offset %lld", (long long)wide[i],
                      (long long)offset);
            valid_free(&v);
        }
}

/* The ends of every range, of which nothing is refused. */
Test(masking, extremes_are_taken) {
    const int64_t extremes[] = {-((int64_t)1 << 60), -1, 0, 1, (int64_t)1 << 60};
    for (int i = 0; i < 5; i++)
        for (int side = 0; side < 4; side++) {
            struct valid v;
            valid_make(&v);
            v.masking.causal = side & 1;
            v.masking.align = SA_ALIGN_OFFSET;
            v.masking.offset = extremes[i];
            v.masking.window = 1;
            v.masking.window_left = side & 2 ? INT64_MAX : -1;
            v.masking.window_right = side & 2 ? -1 : INT64_MAX;
            v.masking.mask.size[3] = 0;
            cr_expect_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
            for (int o = 0; o < B * H * T * DV; o++) cr_expect_eq(v.output[o], 0, "a mask of no keys hides all");
            valid_free(&v);
        }
}
