/* Norms of heads in tensors of their own: one tensor of all, in the order of their numbers, and what is none.
 * SPDX-License-Identifier: MIT */
#include "file/head_norms.h"

#include "support/allocator.h"
#include "support/folder.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEADS = 12, D = 3 };

static struct folder folder;

static void make(void) {
    folder = folder_make();
}

static void clean(void) {
    folder_remove(&folder);
}

TestSuite(head_norms, .init = make, .fini = clean);

/* Number i of the vector of head h is h + i / 8. */
static void add(struct writer *w, const char *stem, int head, const char *dtype, int64_t size) {
    char name[80];
    float values[D + 1];
    for (int i = 0; i <= D; i++) values[i] = (float)head + (float)i / 8;
    snprintf(name, sizeof name, "%s.norms.%d.weight", stem, head);
    writer_add(w, name, dtype, 1, &size, values);
}

static struct tensor_file open_file(struct writer *w, const struct allocator *memory) {
    struct tensor_file file;
    struct report report = {""};
    size_t size;
    unsigned char *bytes = writer_finish(w, &size);
    folder_write(&folder, "x.safetensors", bytes, size);
    free(bytes);
    cr_assert_eq(safetensors_open(memory, &report, folder_path(&folder, "x.safetensors"), 0, &file), SA_OK);
    return file;
}

static void expect_heads(const struct tensor_file *file, const char *name, int heads) {
    const struct tensor *t = tensors_find(file, name);
    cr_assert(t && t->axes == 2 && t->size[0] == heads && t->size[1] == D && t->elements == heads * D, "%s", name);
    for (int i = 0; i < heads * D; i++) {
        const int head = i / D, d = i % D;
        float value;
        tensor_floats(t, i, 1, &value);
        cr_expect_eq(value, (float)head + (float)d / 8, "%s[%d]", name, i);
    }
}

Test(head_norms, are_joined_in_order) {
    struct writer w = {0};
    struct report report = {""};
    for (int h = 0; h < HEADS; h++) add(&w, "k", h, "BF16", D), add(&w, "q", HEADS - 1 - h, "F32", D);
    add(&w, "alone", 0, "F16", D);
    struct tensor_file file = open_file(&w, &default_allocator);
    cr_assert_eq(head_norms_join(&report, &file), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 3);
    expect_heads(&file, "k.weight", HEADS);
    expect_heads(&file, "q.weight", HEADS);
    expect_heads(&file, "alone.weight", 1);
    tensors_close(&file);
}

/* Another size, another type, a missing number: what follows stays a tensor without a role. */
Test(head_norms, of_other_kinds_stay) {
    struct writer w = {0};
    struct report report = {""};
    add(&w, "a", 0, "F32", D), add(&w, "a", 1, "F32", D + 1);
    add(&w, "b", 0, "F32", D), add(&w, "b", 1, "F16", D);
    add(&w, "c", 0, "F32", D), add(&w, "c", 2, "F32", D);
    add(&w, "d", 1, "F32", D);
    struct tensor_file file = open_file(&w, &default_allocator);
    cr_assert_eq(head_norms_join(&report, &file), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 7);
    expect_heads(&file, "a.weight", 1), expect_heads(&file, "b.weight", 1), expect_heads(&file, "c.weight", 1);
    cr_expect(tensors_find(&file, "a.norms.1.weight") && tensors_find(&file, "b.norms.1.weight"));
    cr_expect(tensors_find(&file, "c.norms.2.weight") && tensors_find(&file, "d.norms.1.weight"));
    tensors_close(&file);
}
