/* SPDX-License-Identifier: MIT */
#include "text/links.h"

#include "exit.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strongest first; equal weights in the order of the text, so that the table is the same everywhere. */
static int compare(const void *left, const void *right) {
    const struct link *a = left, *b = right;
    if (a->weight != b->weight) return a->weight < b->weight ? 1 : -1;
    if (a->layer != b->layer) return a->layer < b->layer ? -1 : 1;
    if (a->head != b->head) return a->head < b->head ? -1 : 1;
    if (a->from != b->from) return a->from < b->from ? -1 : 1;
    return (a->to > b->to) - (a->to < b->to);
}

int link_wanted(const struct reading *r, const struct link_filter *f, int64_t from, int64_t to) {
    if (f->from != ANY && f->from != from) return 0;
    return !f->no_special || (!r->special[from] && !r->special[to]);
}

static void collect(const struct reading *r, const struct link_filter *f, int64_t layer, int64_t head,
                    struct links *links) {
    const float *map = reading_map(r, layer, head);
    for (int64_t from = 0; from < r->count; from++)
        for (int64_t to = 0; to < r->count; to++)
            if (link_wanted(r, f, from, to))
                links->link[links->count++] = (struct link){layer, head, from, to, map[from * r->count + to]};
}

void links_keep(struct links *links, int64_t most) {
    qsort(links->link, (size_t)links->count, sizeof *links->link, compare);
    if (links->count > most) links->count = most;
}

struct links links_strongest(const struct reading *reading, const struct link_filter *filter, int64_t most) {
    int64_t all = reading->layers * reading->heads * reading->count * reading->count;
    struct links links = {.link = allocate((size_t)all, sizeof *links.link)};
    for (int64_t layer = 0; layer < reading->layers; layer++)
        for (int64_t head = 0; head < reading->heads; head++)
            if ((filter->layer == ANY || filter->layer == layer) && (filter->head == ANY || filter->head == head))
                collect(reading, filter, layer, head, &links);
    links_keep(&links, most);
    return links;
}

/* The word, with the number of its occurrence where there is more than one, as --nth counts them. */
static void name_word(char *name, size_t size, const struct reading *r, int64_t position) {
    int64_t before = 0, all = 0;
    for (int64_t t = 0; t < r->count; t++) {
        int same = !strcmp(r->word[t], r->word[position]);
        all += same;
        before += same && t <= position;
    }
    snprintf(name, size, all > 1 ? "%s (%lld)" : "%s", r->word[position], (long long)before);
}

void links_print(const struct links *links, const struct reading *reading) {
    char from[256], to[256];
    int from_width = 4, to_width = 4;
    for (int64_t i = 0; i < links->count; i++) {
        name_word(from, sizeof from, reading, links->link[i].from);
        name_word(to, sizeof to, reading, links->link[i].to);
        from_width = wider(from_width, from);
        to_width = wider(to_width, to);
    }
    printf("  layer  head  ");
    print_padded("from", from_width + 2);
    print_padded("to", to_width + 2);
    puts("weight");
    for (int64_t i = 0; i < links->count; i++) {
        const struct link *l = &links->link[i];
        name_word(from, sizeof from, reading, l->from);
        name_word(to, sizeof to, reading, l->to);
        printf("  %5lld  %4lld  ", (long long)l->layer, (long long)l->head);
        print_padded(from, from_width + 2);
        print_padded(to, to_width + 2);
        printf("%6.3f  ", (double)l->weight);
        print_bar(l->weight, 24);
        putchar('\n');
    }
}

json_t *links_json(const struct links *links, const struct reading *reading) {
    json_t *array = json_array();
    for (int64_t i = 0; i < links->count; i++) {
        const struct link *l = &links->link[i];
        json_array_append_new(array,
                              json_pack("{sI sI so sI so sI sf}", "layer", (json_int_t)l->layer, "head",
                                        (json_int_t)l->head, "from", json_text(reading->word[l->from]), "from_position",
                                        (json_int_t)l->from, "to", json_text(reading->word[l->to]), "to_position",
                                        (json_int_t)l->to, "weight", (double)l->weight));
    }
    return array;
}
