/* SPDX-License-Identifier: MIT */
#include "page/page.h"

#include "exit.h"
#include "page/base64.h"
#include "page/frame.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>

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

long long page_of_readings(const char *file, const char *model, const struct reading *readings,
                           const char *const *texts, int64_t count, const struct page_view *first) {
    json_t *array = json_array();
    for (int64_t i = 0; i < count; i++) json_array_append_new(array, reading_json(&readings[i], texts[i]));
    return page_write(file,
                      json_pack("{so sI sI sI sI sI so}", "model", page_name(model), "layers",
                                (json_int_t)readings->layers, "heads", (json_int_t)readings->heads, "layer",
                                (json_int_t)first->layer, "head", (json_int_t)first->head, "word",
                                (json_int_t)first->word, "readings", array),
                      NULL, 0);
}
