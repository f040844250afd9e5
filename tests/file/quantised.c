/* Blocks that another implementation has quantised or filled with random bits, and what it widens them to: skipped
 * where they are absent.
 * SPDX-License-Identifier: MIT */
#include "base/quantised.h"
#include "file/tensors.h"
#include "support/blocks.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

static int64_t differences(const struct tensor_file *file, const char *name, const char *kind, int32_t dtype) {
    char key[80];
    snprintf(key, sizeof key, "%s.%sblocks", name, kind);
    const struct tensor *blocks = tensors_find(file, key);
    snprintf(key, sizeof key, "%s.%svalues", name, kind);
    const struct tensor *values = tensors_find(file, key);
    cr_assert(blocks && values, "%s is missing", key);
    cr_assert_eq(blocks->bytes, weight_bytes(dtype, values->elements));
    int64_t wrong = 0;
    for (int64_t i = 0; i < values->elements; i++) {
        float wanted, got;
        tensor_floats(values, i, 1, &wanted);
        blocks_widen(&got, blocks->data, dtype, i, 1);
        wrong += got != wanted;
    }
    return wrong;
}

Test(quantised, blocks_of_another_implementation) {
    const char *folder = getenv("SELFATTN_QUANTISED");
    char path[4200];
    struct report report = {""};
    struct tensor_file file;
    snprintf(path, sizeof path, "%s/blocks.safetensors",
             folder ? folder : SELFATTN_SOURCE_DIR "/../shared/models/quantised");
    if (safetensors_open(&default_allocator, &report, path, 0, &file) != SA_OK)
        cr_skip_test("%s; set SELFATTN_QUANTISED", report.text);
    for (int t = 0; t < BLOCK_TYPES; t++) {
        const char *name = block_type(block_types[t])->name;
        if (block_types[t] == SA_MXFP4) continue; /* the file does not have it */
        cr_expect_eq(differences(&file, name, "", block_types[t]), 0, "%s", name);
        cr_expect_eq(differences(&file, name, "random.", block_types[t]), 0, "%s, random", name);
    }
    tensors_close(&file);
}
