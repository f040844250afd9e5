/* The reader of safetensors files: what it reads, and that nothing malformed gets past it.
 * SPDX-License-Identifier: MIT */
#include "file/tensors.h"

#include "support/folder.h"
#include "support/writer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct folder folder;

static void make_folder(void) {
    folder = folder_make();
}

static void remove_folder(void) {
    folder_remove(&folder);
}

TestSuite(safetensors, .init = make_folder, .fini = remove_folder);

static sa_status open_bytes(const void *bytes, size_t size, struct tensor_file *file, struct report *report) {
    folder_write(&folder, "x.safetensors", bytes, size);
    return safetensors_open(&default_allocator, report, folder_path(&folder, "x.safetensors"), 0, file);
}

/* Opens header + zeros; the status and words of the refusal have to be these. */
static void expect_refused(const char *header, size_t data_bytes, sa_status status, const char *words) {
    struct tensor_file file;
    struct report report = {""};
    size_t size;
    unsigned char *bytes = file_with_header(header, data_bytes, &size);
    cr_expect_eq(open_bytes(bytes, size, &file, &report), status, "%.200s: \"%s\"", header, report.text);
    cr_expect(strstr(report.text, words) != NULL, "%.200s: \"%s\" lacks \"%s\"", header, report.text, words);
    cr_expect(strstr(report.text, "x.safetensors") != NULL, "\"%s\" does not name the file", report.text);
    cr_expect_null(file.tensors);
    cr_expect_null(file.file.bytes);
    free(bytes);
}

static void expect_opens(const char *header, size_t data_bytes) {
    struct tensor_file file;
    struct report report = {""};
    size_t size;
    unsigned char *bytes = file_with_header(header, data_bytes, &size);
    cr_expect_eq(open_bytes(bytes, size, &file, &report), SA_OK, "%.200s: \"%s\"", header, report.text);
    tensors_close(&file);
    free(bytes);
}

Test(safetensors, reads_what_was_written) {
    const float values[6] = {0, -1.5f, 3.25f, 0.0078125f, 12, -0.75f};
    const int64_t shape[3] = {1, 2, 3};
    const char *const dtypes[] = {"F32", "F16", "BF16"};
    struct writer w = {0};
    struct tensor_file file;
    struct report report = {""};
    size_t size;
    for (int i = 0; i < 3; i++) writer_add(&w, dtypes[i], dtypes[i], 3, shape, values);
    writer_add(&w, "scalar", "F32", 0, NULL, values + 1);
    unsigned char *bytes = writer_finish(&w, &size);
    cr_assert_eq(open_bytes(bytes, size, &file, &report), SA_OK, "%s", report.text);
    cr_expect_eq(file.count, 4);
    for (int i = 0; i < 3; i++) {
        const struct tensor *t = tensors_find(&file, dtypes[i]);
        float got[6];
        cr_assert_not_null(t);
        cr_expect_str_eq(t->dtype, dtypes[i]);
        cr_expect_eq(t->axes, 3);
        cr_expect_eq(t->size[2], 3);
        tensor_floats(t, 0, 6, got);
        cr_expect_arr_eq(got, values, sizeof values);
        tensor_floats(t, 4, 2, got);
        cr_expect_arr_eq(got, values + 4, 2 * sizeof(float));
    }
    cr_expect_eq(tensors_find(&file, "scalar")->elements, 1);
    cr_expect_null(tensors_find(&file, "F64"));
    tensors_close(&file);
    free(bytes);
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"

Test(safetensors, takes_what_the_format_allows) {
    expect_opens("{}", 0);
    expect_opens("{" A "}   ", 8);
    expect_opens("{\"__metadata__\":{\"format\":\"pt\"}," A "}", 8);
    expect_opens("{\"b\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}," A "}", 11);
    expect_opens("{\"empty\":{\"dtype\":\"F32\",\"shape\":[0,7],\"data_offsets\":[8,8]}," A "}", 8);
    expect_opens("{\"empty\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}," A "}", 8);
    expect_opens("{\"a\":{\"dtype\":\"F4\",\"shape\":[6],\"data_offsets\":[0,3]}}", 3);
    expect_opens("{\"a\":{\"dtype\":\"BOOL\",\"shape\":[],\"data_offsets\":[0,1]}}", 1);
}

Test(safetensors, refuses_headers_that_are_not_json) {
    expect_refused("", 0, SA_ERR_FORMAT, "line 1");
    expect_refused("[]", 0, SA_ERR_FORMAT, "is an array, must be an object");
    expect_refused("{" A, 8, SA_ERR_FORMAT, "line 1");
    expect_refused("{" A "} x", 8, SA_ERR_FORMAT, "line 1");
    expect_refused("{" A "," A "}", 8, SA_ERR_FORMAT, "duplicate");
    expect_refused("{\"\xff\":1}", 0, SA_ERR_FORMAT, "line 1");
}

Test(safetensors, refuses_entries_of_the_wrong_form) {
    expect_refused("{\"a\":1}", 0, SA_ERR_FORMAT, "tensor \"a\": is an integer, must be an object");
    expect_refused("{\"a\":{}}", 0, SA_ERR_FORMAT, "tensor \"a\": dtype is missing");
    expect_refused("{\"a\":{\"dtype\":1}}", 0, SA_ERR_FORMAT, "dtype is an integer");
    expect_refused("{\"a\":{\"dtype\":\"Q4\"}}", 0, SA_ERR_FORMAT, "dtype is \"Q4\", which is unknown");
    expect_refused("{\"a\":{\"dtype\":\"F32\"}}", 0, SA_ERR_FORMAT, "shape is missing");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":{}}}", 0, SA_ERR_FORMAT, "shape is an object");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1]}}", 0, SA_ERR_FORMAT, "shape[0] is -1");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,2.0]}}", 0, SA_ERR_FORMAT, "shape[1] is a real number");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[null]}}", 0, SA_ERR_FORMAT, "shape[0] is null");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1]}}", 0, SA_ERR_UNSUPPORTED, "9 axes");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 0, SA_ERR_FORMAT, "data_offsets is missing");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 0, SA_ERR_FORMAT, "has 1 items");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,9]}}", 9, SA_ERR_FORMAT,
                   "has 3 items");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[-4,4]}}", 8, SA_ERR_FORMAT,
                   "data_offsets[0] is -4");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,\"8\"]}}", 8, SA_ERR_FORMAT,
                   "data_offsets[1] is a string");
}

Test(safetensors, refuses_places_that_contradict_each_other) {
    expect_refused("{" A "}", 7, SA_ERR_FORMAT, "data_offsets are 0 and 8; the file has 7 bytes of data");
    expect_refused("{" A "}", 9, SA_ERR_FORMAT, "end at byte 8 of the data, but there are 9");
    expect_refused("{}", 1, SA_ERR_FORMAT, "end at byte 0 of the data, but there are 1");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,0]}}", 8, SA_ERR_FORMAT,
                   "data_offsets are 8 and 0; the file has 8 bytes of data");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, SA_ERR_FORMAT,
                   "hold 4 bytes, which is not what [2] of F32 needs");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,8]}}", 8, SA_ERR_FORMAT,
                   "hold 4 bytes, which is not what [2] of F32 needs");
    expect_refused("{\"a\":{\"dtype\":\"F4\",\"shape\":[3],\"data_offsets\":[0,1]}}", 1, SA_ERR_FORMAT, "[3] of F4");
    expect_refused("{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, SA_ERR_FORMAT,
                   "tensors \"a\" and \"b\" overlap at byte 4");
    expect_refused("{" A ",\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8, SA_ERR_FORMAT,
                   "overlap");
    expect_refused("{" A ",\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[9,10]}}", 10, SA_ERR_FORMAT,
                   "bytes 8 to 9 of the data, before tensor \"b\", are unused");
    expect_refused("{\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, SA_ERR_FORMAT, "0 to 1");
}

Test(safetensors, refuses_sizes_that_overflow) {
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]}}", 0,
                   SA_ERR_FORMAT, "more than 2^63 elements");
    expect_refused("{\"a\":{\"dtype\":\"F64\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]}}", 0,
                   SA_ERR_FORMAT, "hold 0 bytes");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775807]}}", 8,
                   SA_ERR_FORMAT, "data_offsets are 0 and 9223372036854775807");
    expect_refused("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,9223372036854775808]}}", 8,
                   SA_ERR_FORMAT, "data_offsets[1] is a real number, must be an integer");
}

/* Lying lengths: every value of every byte of the header's length. */
Test(safetensors, refuses_lengths_of_headers_that_lie) {
    size_t size;
    unsigned char *bytes = file_with_header("{" A "}", 8, &size);
    for (int at = 0; at < 8; at++)
        for (int value = 0; value < 256; value++) {
            struct tensor_file file;
            struct report report = {""};
            unsigned char right = bytes[at];
            if (value == right) continue;
            bytes[at] = (unsigned char)value;
            cr_expect_eq(open_bytes(bytes, size, &file, &report), SA_ERR_FORMAT, "byte %d is %d", at, value);
            bytes[at] = right;
        }
    free(bytes);
}

Test(safetensors, refuses_a_header_of_more_than_100_MB) {
    struct tensor_file file;
    struct report report = {""};
    const uint64_t length = 100 * 1000 * 1000 + 1;
    unsigned char head[9] = {0};
    for (int i = 0; i < 8; i++) head[i] = (unsigned char)(length >> 8 * i);
    head[8] = '{';
    FILE *out = fopen(folder_path(&folder, "x.safetensors"), "wb");
    cr_assert(out && fwrite(head, 1, 9, out) == 9 && !fseek(out, (long)length + 7, SEEK_SET) && fputc(0, out) != EOF);
    fclose(out);
    cr_expect_eq(safetensors_open(&default_allocator, &report, folder_path(&folder, "x.safetensors"), 0, &file),
                 SA_ERR_FORMAT);
    cr_expect(strstr(report.text, "100000001 bytes of JSON, at most 100000000") != NULL, "%s", report.text);
}

/* A header whose values would take a hundred times its size in memory. */
Test(safetensors, refuses_a_header_of_millions_of_values) {
    enum { COMMAS = 4 * 1000 * 1000 };
    char *header = malloc(2 * COMMAS + 20), *at = header + sprintf(header, "{\"a\":[0");
    for (int i = 0; i < COMMAS; i++) *at++ = ',', *at++ = '0';
    strcpy(at, "]}");
    expect_refused(header, 0, SA_ERR_FORMAT, "at most 4000000 are accepted");
    free(header);
}

Test(safetensors, refuses_a_header_of_deep_nesting) {
    char *header = malloc(200001);
    memset(header, '[', 200000);
    memcpy(header, "{\"a\":", 5);
    header[200000] = 0;
    expect_refused(header, 0, SA_ERR_FORMAT, "JSON nested 199996 deep, at most 64 is accepted");
    free(header);
}

/* No byte of the header can be changed into something that is believed and wrong, or that crashes. */
Test(safetensors, survives_every_changed_byte_of_a_header) {
    size_t size;
    unsigned char *bytes = file_with_header("{\"__metadata__\":{}," A ",\"b\":{\"dtype\":\"U8\",\"shape\":[1,2],"
                                            "\"data_offsets\":[8,10]}}",
                                            10, &size);
    const char with[] = "\0\"{}[],:09-ax\xff";
    for (size_t at = 8; at < size - 10; at++)
        for (size_t i = 0; i < sizeof with - 1; i++) {
            struct tensor_file file;
            struct report report = {""};
            unsigned char right = bytes[at];
            bytes[at] = (unsigned char)with[i];
            sa_status status = open_bytes(bytes, size, &file, &report);
            cr_expect(status == SA_OK || status == SA_ERR_FORMAT, "byte %zu: %s", at, report.text);
            int64_t used = 0;
            for (int64_t t = 0; t < file.count; t++) used += file.tensors[t].bytes;
            if (status == SA_OK) cr_expect_eq(used, 10, "byte %zu", at);
            tensors_close(&file);
            bytes[at] = right;
        }
    free(bytes);
}

Test(safetensors, says_when_a_file_cannot_be_opened) {
    struct tensor_file file;
    struct report report = {""};
    cr_expect_eq(safetensors_open(&default_allocator, &report, folder_path(&folder, "none"), 0, &file), SA_ERR_FILE);
    cr_expect(strstr(report.text, "cannot be opened: No such file") != NULL, "%s", report.text);
    cr_expect_eq(safetensors_open(&default_allocator, &report, folder.path, 0, &file), SA_ERR_FILE);
    cr_expect(strstr(report.text, "is not a regular file") != NULL, "%s", report.text);
}
