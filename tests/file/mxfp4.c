/* Blocks and their scales in tensors of their own: one tensor of the list, whose elements are those of the format, and
 * pairs that do not fit.
 * SPDX-License-Identifier: MIT */
#include "file/mxfp4.h"

#include "base/quantised.h"
#include "support/allocator.h"
#include "support/folder.h"
#include "support/random.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXPERTS = 2, ROWS = 3, GROUPS = 2, BLOCKS = EXPERTS * ROWS * GROUPS, ELEMENTS = BLOCKS * 32 };

static struct folder folder;
static float blocks[BLOCKS * 16], scales[BLOCKS]; /* bytes */
static const int64_t block_axes[4] = {EXPERTS, ROWS, GROUPS, 16};

static void make(void) {
    struct rng rng = {4};
    folder = folder_make();
    for (int i = 0; i < BLOCKS * 16; i++) blocks[i] = (float)rng_below(&rng, 256);
    for (int i = 0; i < BLOCKS; i++) scales[i] = (float)(120 + rng_below(&rng, 12));
}

static void clean(void) {
    folder_remove(&folder);
}

TestSuite(mxfp4, .init = make, .fini = clean);

static void write_file(const char *name, struct writer *w) {
    size_t size;
    unsigned char *bytes = writer_finish(w, &size);
    folder_write(&folder, name, bytes, size);
    free(bytes);
}

/* x_bias stands between the two in the order of names. */
static void open_pair(const char *dtype, int32_t axes, const int64_t *size, struct tensor_file *file) {
    static const float bias[1] = {5};
    struct report report = {""};
    struct writer w = {0};
    writer_add(&w, "x_blocks", "U8", 4, block_axes, blocks);
    writer_add(&w, "x_bias", "F32", 1, (const int64_t[]){1}, bias);
    writer_add(&w, "x_scales", dtype, axes, size, scales);
    write_file("x.safetensors", &w);
    cr_assert_eq(safetensors_open(&default_allocator, &report, folder_path(&folder, "x.safetensors"), 0, file), SA_OK,
                 "%s", report.text);
}

static float value(int64_t i) {
    static const float fours[16] = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    const int byte = (int)blocks[i / 2];
    return ldexpf(fours[i % 2 ? byte >> 4 : byte & 15], (int)scales[i / 32] - 127);
}

static void expect_joined(const struct tensor_file *file) {
    const struct tensor *t = tensors_find(file, "x");
    float got[ELEMENTS];
    cr_assert(t && t->type == SA_MXFP4 && t->axes == 3 && t->elements == ELEMENTS);
    cr_expect(t->size[0] == EXPERTS && t->size[1] == ROWS && t->size[2] == GROUPS * 32);
    cr_expect(!tensors_find(file, "x_blocks") && !tensors_find(file, "x_scales"));
    for (int64_t first = 0; first < ELEMENTS; first += 7) {
        tensor_floats(t, first, ELEMENTS - first, got);
        for (int64_t i = first; i < ELEMENTS; i++) cr_assert_eq(got[i - first], value(i), "%lld", (long long)i);
    }
}

Test(mxfp4, joins_blocks_and_scales) {
    struct tensor_file file;
    struct report report = {""};
    open_pair("U8", 3, block_axes, &file);
    cr_assert_eq(mxfp4_join(&report, &file), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 2);
    cr_expect(tensors_find(&file, "x_bias") != NULL);
    expect_joined(&file);
    tensors_close(&file);
}

Test(mxfp4, joins_pairs_in_two_files) {
    struct tensor_file file;
    struct report report = {""};
    struct writer one = {0}, two = {0};
    writer_add(&one, "x_scales", "U8", 3, block_axes, scales);
    writer_add(&two, "x_blocks", "U8", 4, block_axes, blocks);
    write_file("1.safetensors", &one);
    write_file("2.safetensors", &two);
    folder_write_text(&folder, "x.index.json",
                      "{\"weight_map\":{\"x_scales\":\"1.safetensors\",\"x_blocks\":\"2.safetensors\"}}");
    cr_assert_eq(safetensors_open_index(&default_allocator, &report, folder_path(&folder, "x.index.json"), 0, &file),
                 SA_OK);
    cr_assert_eq(mxfp4_join(&report, &file), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 1);
    expect_joined(&file);
    tensors_close(&file);
}

Test(mxfp4, refuses_scales_that_do_not_fit) {
    static const struct {
        const char *dtype;
        int32_t axes;
        int64_t size[3];
        const char *words;
    } wrong[] = {
        {"I8", 3, {EXPERTS, ROWS, GROUPS}, "tensor \"x_scales\" is I8[2, 3, 2], \"x_blocks\" is U8[2, 3, 2, 16]"},
        {"U8", 3, {EXPERTS, GROUPS, ROWS}, "tensor \"x_scales\" is U8[2, 2, 3], \"x_blocks\" is U8[2, 3, 2, 16]"},
        {"U8", 2, {EXPERTS, ROWS * GROUPS}, "tensor \"x_scales\" is U8[2, 6], \"x_blocks\" is U8[2, 3, 2, 16]"},
    };
    for (int i = 0; i < (int)(sizeof wrong / sizeof *wrong); i++) {
        struct tensor_file file;
        struct report report = {""};
        open_pair(wrong[i].dtype, wrong[i].axes, wrong[i].size, &file);
        cr_expect_eq(mxfp4_join(&report, &file), SA_ERR_FORMAT);
        cr_expect(strstr(report.text, wrong[i].words) != NULL, "\"%s\" lacks \"%s\"", report.text, wrong[i].words);
        tensors_close(&file);
    }
}

/* A tensor of another shape or without scales stays what it is. */
Test(mxfp4, leaves_others_alone) {
    struct tensor_file file;
    struct report report = {""};
    struct writer w = {0};
    writer_add(&w, "x_blocks", "U8", 3, (const int64_t[]){EXPERTS, ROWS * GROUPS, 16}, blocks);
    writer_add(&w, "x_scales", "U8", 2, (const int64_t[]){EXPERTS, ROWS * GROUPS}, scales);
    writer_add(&w, "y_blocks", "U8", 4, block_axes, blocks);
    write_file("x.safetensors", &w);
    cr_assert_eq(safetensors_open(&default_allocator, &report, folder_path(&folder, "x.safetensors"), 0, &file), SA_OK);
    cr_assert_eq(mxfp4_join(&report, &file), SA_OK);
    cr_expect_eq(file.count, 3);
    cr_expect(tensors_find(&file, "x_blocks") && tensors_find(&file, "x_scales") && tensors_find(&file, "y_blocks"));
    tensors_close(&file);
}
