/* SPDX-License-Identifier: MIT */
#include "support/gguf_writer.h"

#include <stdlib.h>
#include <string.h>

static void put_text(struct bytes *b, const char *text) {
    put_number(b, strlen(text), 8);
    put_bytes(b, text, strlen(text));
}

static void put_key(struct gguf_writer *w, const char *key, uint32_t type) {
    put_text(&w->settings, key);
    put_number(&w->settings, type, 4);
    w->setting_count++;
}

void gguf_put_integer(struct gguf_writer *w, const char *key, uint32_t type, uint64_t number) {
    static const size_t sizes[13] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    put_key(w, key, type);
    put_number(&w->settings, number, sizes[type]);
}

void gguf_put_float(struct gguf_writer *w, const char *key, float number) {
    put_key(w, key, 6);
    put_float(&w->settings, number);
}

void gguf_put_text(struct gguf_writer *w, const char *key, const char *text) {
    put_key(w, key, 8);
    put_text(&w->settings, text);
}

void gguf_put_array(struct gguf_writer *w, const char *key, uint32_t type, uint64_t count) {
    put_key(w, key, 9);
    put_number(&w->settings, type, 4);
    put_number(&w->settings, count, 8);
}

void gguf_put_item(struct gguf_writer *w, const char *text) {
    put_text(&w->settings, text);
}

/* Floats as the file has them; blocks are bytes already. */
static void put_numbers(struct bytes *b, uint32_t type, const void *data, size_t bytes) {
    const int is_half = type == 1 || type == 30;
    const uint32_t *floats = data;
    const uint16_t *halves = data;
    for (size_t i = 0; type == 0 && i < bytes / 4; i++) put_number(b, floats[i], 4);
    for (size_t i = 0; is_half && i < bytes / 2; i++) put_number(b, halves[i], 2);
    if (type != 0 && !is_half) put_bytes(b, data, bytes);
}

void gguf_put_tensor(struct gguf_writer *w, const char *name, uint32_t axes, const uint64_t *size, uint32_t type,
                     const void *data, size_t bytes) {
    put_padding(&w->data, 32);
    put_text(&w->tensors, name);
    put_number(&w->tensors, axes, 4);
    for (uint32_t i = 0; i < axes; i++) put_number(&w->tensors, size[i], 8);
    put_number(&w->tensors, type, 4);
    put_number(&w->tensors, w->data.size, 8);
    put_numbers(&w->data, type, data, bytes);
    w->tensor_count++;
}

struct bytes gguf_finish(struct gguf_writer *w, uint32_t version) {
    struct bytes b = {0};
    put_bytes(&b, "GGUF", 4);
    put_number(&b, version, 4);
    put_number(&b, w->tensor_count, 8);
    put_number(&b, w->setting_count, 8);
    put_bytes(&b, w->settings.at, w->settings.size);
    put_bytes(&b, w->tensors.at, w->tensors.size);
    put_padding(&b, 32);
    put_bytes(&b, w->data.at, w->data.size);
    free(w->settings.at);
    free(w->tensors.at);
    free(w->data.at);
    *w = (struct gguf_writer){0};
    return b;
}
