/* SPDX-License-Identifier: MIT */
#include "text/long_text.h"

#include "exit.h"

#include <stdlib.h>

static int64_t special_words(const struct reading *r) {
    int64_t count = 0;
    for (int64_t t = 0; t < r->count; t++) count += r->special[t];
    return count;
}

struct long_text long_text_make(const struct engine *engine, const struct reading *r, int64_t most) {
    const int64_t special = special_words(r), strongest = most + special;
    if (strongest > SA_STRONGEST_MOST)
        usage_error("--top is %lld, must be at most %lld for a text of %lld tokens", (long long)most,
                    (long long)(SA_STRONGEST_MOST - special), (long long)r->count);
    const size_t numbers = (size_t)(r->layers * r->heads * r->count * strongest);
    struct long_text x = {.reading = r, .most = most, .strongest = strongest};
    x.weights = allocate(numbers, sizeof *x.weights);
    x.keys = allocate(numbers, sizeof *x.keys);
    const sa_encode_args args = {.struct_size = sizeof args,
                                 .batch = 1,
                                 .tokens = r->count,
                                 .ids = r->tokens.id,
                                 .strongest = strongest,
                                 .strongest_weights = x.weights,
                                 .strongest_keys = x.keys};
    check(sa_model_encode(engine->ctx, engine->model, &args), engine->ctx);
    return x;
}

void long_text_free(struct long_text *text) {
    free(text->weights);
    free(text->keys);
}

/* Adds the links of a head that the filter takes, and keeps the strongest. */
static void add_links(const struct long_text *x, const struct link_filter *filter, int64_t layer, int64_t head,
                      struct links *links) {
    const struct reading *r = x->reading;
    const int64_t first = (layer * r->heads + head) * r->count * x->strongest;
    for (int64_t i = 0; i < r->count * x->strongest; i++) {
        const int64_t from = i / x->strongest, to = x->keys[first + i];
        if (x->weights[first + i] > 0 && link_wanted(r, filter, from, to))
            links->link[links->count++] = (struct link){layer, head, from, to, x->weights[first + i]};
    }
    links_keep(links, x->most);
}

struct links long_text_links(const struct long_text *text, const struct link_filter *filter) {
    const struct reading *r = text->reading;
    struct links links = {.link = allocate((size_t)(r->count * text->strongest + text->most), sizeof *links.link)};
    for (int64_t layer = 0; layer < r->layers; layer++)
        for (int64_t head = 0; head < r->heads; head++)
            if ((filter->layer == ANY || filter->layer == layer) && (filter->head == ANY || filter->head == head))
                add_links(text, filter, layer, head, &links);
    return links;
}
