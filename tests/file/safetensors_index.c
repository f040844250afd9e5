/* Weights in several files: one list of all, and indexes that lie.
 * SPDX-License-Identifier: MIT */
#include "file/tensors.h"

#include "support/allocator.h"
#include "support/folder.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;

static void write_file(const char *name, const char *const tensors[], int count, float first) {
    const int64_t shape[1] = {2};
    struct writer w = {0};
    size_t size;
    for (int i = 0; i < count; i++) {
        const float values[2] = {first + (float)(2 * i), first + (float)(2 * i) + 1};
        writer_add(&w, tensors[i], "F32", 1, shape, values);
    }
    unsigned char *bytes = writer_finish(&w, &size);
    folder_write(&folder, name, bytes, size);
    free(bytes);
}

static void make(void) {
    const char *const one[] = {"a", "c"}, *const two[] = {"b"};
    folder = folder_make();
    write_file("1.safetensors", one, 2, 0);
    write_file("2.safetensors", two, 1, 10);
}

static void clean(void) {
    folder_remove(&folder);
}

TestSuite(safetensors_index, .init = make, .fini = clean);

#define ALL                                                                                                            \
    "{\"metadata\":{\"total_size\":24},\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"2.safetensors\","               \
    "\"c\":\"1.safetensors\"}}"

static sa_status open_index(const char *text, struct tensor_file *file, struct report *report) {
    folder_write_text(&folder, "x.index.json", text);
    return safetensors_open_index(&default_allocator, report, folder_path(&folder, "x.index.json"), 0, file);
}

static void expect_refused(const char *text, sa_status status, const char *words) {
    struct tensor_file file;
    struct report report = {""};
    cr_expect_eq(open_index(text, &file, &report), status, "%.200s: \"%s\"", text, report.text);
    cr_expect(strstr(report.text, words) != NULL, "%.200s: \"%s\" lacks \"%s\"", text, report.text, words);
    cr_expect(!file.tensors && !file.shards && !file.file.bytes);
}

Test(safetensors_index, joins_its_files) {
    struct tensor_file file;
    struct report report = {""};
    float got[2];
    cr_assert_eq(open_index(ALL, &file, &report), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 3);
    for (int i = 0; i < 3; i++) {
        const float first[] = {0, 10, 2};
        const struct tensor *t = tensors_find(&file, i == 0 ? "a" : i == 1 ? "b" : "c");
        cr_assert_not_null(t);
        tensor_floats(t, 0, 2, got);
        cr_expect(got[0] == first[i] && got[1] == first[i] + 1);
    }
    cr_expect_null(tensors_find(&file, "d"));
    tensors_close(&file);
}

Test(safetensors_index, takes_an_index_of_nothing) {
    struct tensor_file file;
    struct report report = {""};
    cr_assert_eq(open_index("{\"weight_map\":{}}", &file, &report), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 0);
    tensors_close(&file);
}

Test(safetensors_index, refuses_indexes_that_lie) {
    const char *const again[] = {"a"};
    expect_refused("{\"weight_map\":{\"a\":\"2.safetensors\"}}", SA_ERR_FORMAT,
                   "x.index.json: tensor \"a\" is not in 2.safetensors");
    expect_refused("{\"weight_map\":{\"d\":\"1.safetensors\"}}", SA_ERR_FORMAT, "\"d\" is not in 1.safetensors");
    expect_refused("{\"weight_map\":{\"a\":\"3.safetensors\"}}", SA_ERR_FILE, "3.safetensors: cannot be opened");
    folder_write_text(&folder, "3.safetensors", "broken");
    expect_refused("{\"weight_map\":{\"a\":\"1.safetensors\",\"d\":\"3.safetensors\"}}", SA_ERR_FORMAT,
                   "3.safetensors: 6 bytes are too few");
    write_file("3.safetensors", again, 1, 0);
    expect_refused("{\"weight_map\":{\"a\":\"1.safetensors\",\"b\":\"3.safetensors\"}}", SA_ERR_FORMAT,
                   "two of its files have a tensor \"a\"");
}

Test(safetensors_index, does_not_leave_its_directory) {
    static const char *const names[] = {"../1.safetensors", "/etc/passwd", "", ".", "..", ".hidden", "x/1.safetensors"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char text[100];
        snprintf(text, sizeof text, "{\"weight_map\":{\"a\":\"%s\"}}", names[i]);
        expect_refused(text, SA_ERR_FORMAT, "which is no plain file name");
    }
}

Test(safetensors_index, refuses_what_is_no_index) {
    expect_refused("{}", SA_ERR_FORMAT, "weight_map is missing");
    expect_refused("{\"weight_map\":[]}", SA_ERR_FORMAT, "weight_map is an array");
    expect_refused("{\"weight_map\":{\"a\":1}}", SA_ERR_FORMAT, "weight_map.a is an integer, must be a string");
    const size_t size = strlen(ALL);
    for (size_t n = 0; n < size; n++) {
        char text[200];
        snprintf(text, sizeof text, "%.*s", (int)n, ALL);
        expect_refused(text, SA_ERR_FORMAT, "x.index.json: line");
    }
}

Test(safetensors_index, gives_back_what_it_took_when_an_allocation_fails) {
    folder_write_text(&folder, "x.index.json", ALL);
    for (int64_t n = 0, failed = 1; failed; n++) {
        struct test_allocator allocator = test_allocator_make();
        sa_ctx_options options = {0};
        struct tensor_file file;
        struct report report = {""};
        test_allocator_use(&allocator, &options);
        const struct allocator memory = {options.allocate, options.release, options.allocator_user};
        allocator.fail_at = n;
        sa_status status = safetensors_open_index(&memory, &report, folder_path(&folder, "x.index.json"), 0, &file);
        failed = allocator.failures > 0;
        cr_expect_eq(status, failed ? SA_ERR_MEMORY : SA_OK, "allocation %d: %s", (int)n, report.text);
        tensors_close(&file);
        cr_expect_eq(allocator.live, 0, "allocation %d", (int)n);
        cr_expect_eq(allocator.faults, 0);
    }
}
