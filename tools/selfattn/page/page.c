/* SPDX-License-Identifier: MIT */
#include "page/page.h"

#include "exit.h"
#include "page/base64.h"
#include "page/view.h"
#include "table.h"
#include "whole_file.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A byte is 255 times the square root of a weight: a long row has many small ones. */
static json_t *weights_json(const struct reading *r) {
    const size_t count = (size_t)(r->layers * r->heads * r->count * r->count);
    unsigned char *byte = allocate(count, 1);
    for (size_t i = 0; i < count; i++) byte[i] = (unsigned char)lrintf(255 * sqrtf(fminf(fmaxf(r->weight[i], 0), 1)));
    char *text = base64(byte, count);
    json_t *json = json_string(text);
    free(text);
    free(byte);
    return json;
}

static json_t *reading_json(const struct reading *r, const char *text) {
    json_t *words = json_array(), *special = json_array();
    for (int64_t t = 0; t < r->count; t++) {
        json_array_append_new(words, json_text(r->word[t]));
        json_array_append_new(special, json_integer(r->special[t]));
    }
    return json_pack("{so so so so}", "text", json_text(text), "words", words, "special", special, "weights",
                     weights_json(r));
}

/* The last part of a path. */
static json_t *name_json(const char *path) {
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/') end--;
    size_t begin = end;
    while (begin && path[begin - 1] != '/') begin--;
    char *name = allocate(end - begin + 1, 1);
    memcpy(name, path + begin, end - begin);
    json_t *json = json_text(name);
    free(name);
    return json;
}

/* In a page "<" could end the script that the data stand in; in JSON it stands in strings alone. */
static int put(const char *text, size_t size, void *stream) {
    for (size_t i = 0, part; i < size; i += part) {
        const char *less = memchr(text + i, '<', size - i);
        part = less ? (size_t)(less - text) - i : size - i;
        fwrite(text + i, 1, part, stream);
        if (!less) continue;
        fputs("\\u003c", stream);
        part++;
    }
    return ferror((FILE *)stream) ? -1 : 0;
}

/* Writes the view with these data in it, and releases them. */
static long long write_page(const char *path, json_t *data) {
    struct whole_file file = whole_file_begin(path);
    fwrite(page_view_head, 1, page_view_head_size, file.stream);
    fputs("<script type=\"application/json\" id=\"data\">", file.stream);
    int fine = !json_dump_callback(data, put, file.stream, JSON_COMPACT);
    fputs("</script>", file.stream);
    fwrite(page_view_tail, 1, page_view_tail_size, file.stream);
    json_decref(data);
    return whole_file_end(&file, fine);
}

long long page_of_readings(const char *file, const char *model, const struct reading *readings,
                           const char *const *texts, int64_t count, const struct page_view *first) {
    json_t *array = json_array();
    for (int64_t i = 0; i < count; i++) json_array_append_new(array, reading_json(&readings[i], texts[i]));
    return write_page(file, json_pack("{so sI sI sI sI sI so}", "model", name_json(model), "layers",
                                      (json_int_t)readings->layers, "heads", (json_int_t)readings->heads, "layer",
                                      (json_int_t)first->layer, "head", (json_int_t)first->head, "word",
                                      (json_int_t)first->word, "readings", array));
}
