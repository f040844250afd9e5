/* selfattn attend: where the words of a sentence look.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "exit.h"
#include "page/page.h"
#include "picture/arcs.h"
#include "picture/heatmap.h"
#include "picture/picture.h"
#include "table.h"
#include "text/links.h"
#include "text/long_text.h"

#include <stdio.h>
#include <stdlib.h>

struct options {
    struct common common;
    int layer, head, nth, top, join, no_special;
    char *word, *heatmap, *arcs, *html;
};

/* What can be told from the command line alone. */
static void check_options(const struct options *o) {
    if (o->top < 1) usage_error("--top is %d, must be at least 1", o->top);
    if (o->nth != NOT_GIVEN && !o->word) usage_error("--nth needs --word");
    if (o->nth != NOT_GIVEN && o->nth < 1) usage_error("--nth is %d, must be at least 1", o->nth);
    if (o->heatmap && (o->layer == NOT_GIVEN || o->head == NOT_GIVEN))
        usage_error("--heatmap needs --layer and --head");
    if (o->arcs && (o->layer == NOT_GIVEN || !o->word)) usage_error("--arcs needs --layer and --word");
    if (o->heatmap) picture_check_name(o->heatmap);
    if (o->arcs) picture_check_name(o->arcs);
}

/* ANY where the option is not given. */
static int64_t choice(const char *option, int value, int64_t count) {
    if (value == NOT_GIVEN) return ANY;
    if (value < 0 || value >= count)
        usage_error("%s is %d, the model has 0 to %lld", option, value, (long long)count - 1);
    return value;
}

/* Pictures and pages need the weights of all pairs of words, and so do joined words. */
static void check_long_text(const struct options *o, const struct reading *r) {
    const double bytes = (double)(r->layers * r->heads * r->count * r->count) * sizeof(float);
    const char *const option = o->heatmap ? "--heatmap"
                               : o->arcs  ? "--arcs"
                               : o->html  ? "--html"
                               : o->join  ? "--join"
                                          : NULL;
    if (option)
        failure("%s needs the weights of all pairs of %lld tokens, %.1f GB; the tables of a long text need none",
                option, (long long)r->count, bytes / 1e9);
}

/* What is looked at: layer and head are ANY, and word is -1, where the command line does not say. */
struct view {
    const char *text;
    struct reading reading;
    int64_t layer, head, word;
    struct links head_links; /* of the chosen heads, from all words */
    struct links word_links; /* of the chosen word, over all heads of the layer */
};

static struct view make_view(const struct engine *engine, const struct options *o, const char *text) {
    struct view v = {.text = text, .word = -1};
    v.layer = choice("--layer", o->layer, sa_model_get(engine->model, SA_MODEL_LAYERS));
    v.head = choice("--head", o->head, sa_model_get(engine->model, SA_MODEL_QUERY_HEADS));
    v.reading = reading_make_any(engine, text);
    if (!v.reading.weight) check_long_text(o, &v.reading);
    if (o->join) reading_join(&v.reading);
    if (o->word) v.word = reading_find(&v.reading, engine, o->word, o->nth == NOT_GIVEN ? 1 : o->nth);
    struct link_filter of_head = {v.layer, v.head, ANY, o->no_special}, of_word = {v.layer, ANY, v.word, o->no_special};
    if (!v.reading.weight) {
        struct long_text long_text = long_text_make(engine, &v.reading, o->top);
        if (!o->word || v.head != ANY) v.head_links = long_text_links(&long_text, &of_head);
        if (o->word) v.word_links = long_text_links(&long_text, &of_word);
        long_text_free(&long_text);
        return v;
    }
    if (!o->word || v.head != ANY) v.head_links = links_strongest(&v.reading, &of_head, o->top);
    if (o->word) v.word_links = links_strongest(&v.reading, &of_word, o->top);
    return v;
}

static void free_view(struct view *v) {
    free(v->head_links.link);
    free(v->word_links.link);
    reading_free(&v->reading);
}

static const char *all_or_number(char *text, size_t size, const char *what, int64_t number) {
    if (number == ANY)
        snprintf(text, size, "all %ss", what);
    else
        snprintf(text, size, "%s %lld", what, (long long)number);
    return text;
}

static void print_tables(const struct view *v) {
    char layer[32], head[32];
    all_or_number(layer, sizeof layer, "layer", v->layer);
    printf("%s\n", v->text);
    if (v->head_links.link) {
        printf("\nStrongest links in %s, %s\n\n", layer, all_or_number(head, sizeof head, "head", v->head));
        links_print(&v->head_links, &v->reading);
    }
    if (v->word_links.link) {
        printf("\nStrongest links of \"%s\" in %s, all heads\n\n", v->reading.word[v->word], layer);
        links_print(&v->word_links, &v->reading);
    }
}

static json_t *map_json(const struct view *v) {
    const struct reading *r = &v->reading;
    const float *map = reading_map(r, v->layer, v->head);
    json_t *rows = json_array();
    for (int64_t from = 0; from < r->count; from++) {
        json_t *row = json_array();
        for (int64_t to = 0; to < r->count; to++)
            json_array_append_new(row, json_real((double)map[from * r->count + to]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void print_object(const struct view *v) {
    json_t *words = json_array(), *object = json_pack("{ss so}", "text", v->text, "words", words);
    for (int64_t t = 0; t < v->reading.count; t++) json_array_append_new(words, json_string(v->reading.word[t]));
    if (v->head_links.link) json_object_set_new(object, "head_links", links_json(&v->head_links, &v->reading));
    if (v->word_links.link) json_object_set_new(object, "word_links", links_json(&v->word_links, &v->reading));
    if (v->layer != ANY && v->head != ANY && v->reading.weight) json_object_set_new(object, "weights", map_json(v));
    print_json(object);
}

static void draw_heatmap(const struct view *v, const struct options *o) {
    char title[64];
    snprintf(title, sizeof title, "Layer %lld, head %lld", (long long)v->layer, (long long)v->head);
    const struct heatmap heatmap = {
        .reading = &v->reading,
        .layer = v->layer,
        .head = v->head,
        .word = v->word,
        .no_special = o->no_special,
        .title = title,
        .text = v->text,
        .note = o->no_special
                    ? "A row shows how much its word attends to each word above. The rest of its sum, up to 1, belongs "
                      "to tokens that are not drawn."
                    : "A row shows how much its word attends to each word above; the weights of a row sum to 1."};
    heatmap_draw(&heatmap, o->heatmap);
}

static void draw(const struct view *v, const struct options *o) {
    if (o->heatmap) draw_heatmap(v, o);
    if (o->arcs) arcs_draw(&v->reading, v->layer, v->word, o->no_special, v->text, o->arcs);
    if (o->common.json) return;
    if (o->heatmap || o->arcs || o->html) putchar('\n');
    if (o->heatmap) printf("Heat map:    %s\n", o->heatmap);
    if (o->arcs) printf("Arc picture: %s\n", o->arcs);
    if (o->html) printf("Page:        %s\n", o->html);
}

/* The page begins with what was asked for, or with the strongest link. */
static struct page_view first_look(const struct view *v) {
    const struct links *links = v->word_links.count ? &v->word_links : &v->head_links;
    struct page_view first = {v->layer, v->head, v->word};
    if (first.layer == ANY) first.layer = links->count ? links->link->layer : 0;
    if (first.head == ANY) first.head = links->count ? links->link->head : 0;
    return first;
}

/* The first reading is the view's. */
static void write_page(const struct engine *engine, const struct view *v, const struct options *o, const char *model,
                       const char *const *texts, int count) {
    const struct page_view first = first_look(v);
    struct reading *readings = allocate((size_t)count, sizeof *readings);
    for (int i = 0; i < count; i++) {
        readings[i] = i ? reading_make(engine, texts[i]) : v->reading;
        if (i && o->join) reading_join(&readings[i]);
    }
    page_of_readings(o->html, model, readings, texts, count, &first);
    for (int i = 1; i < count; i++) reading_free(&readings[i]);
    free(readings);
}

static void show(const struct options *o, const char *directory, const char *const *texts, int count) {
    check_options(o);
    if (count > 1 && !o->html) usage_error("\"%s\" is one argument too many: only --html shows more", texts[1]);
    struct engine engine = engine_open(directory, NULL, &o->common);
    engine_load(&engine, directory);
    struct view view = make_view(&engine, o, texts[0]);
    if (o->common.json)
        print_object(&view);
    else
        print_tables(&view);
    if (o->html) write_page(&engine, &view, o, directory, texts, count);
    draw(&view, o);
    free_view(&view);
    engine_close(&engine);
}

int command_attend(int argc, const char **argv) {
    struct options o = {.layer = NOT_GIVEN, .head = NOT_GIVEN, .nth = NOT_GIVEN, .top = 10};
    const struct poptOption table[] = {
        {"layer", 'l', POPT_ARG_INT, &o.layer, 0, "Layer, counted from 0 (default: all)", "L"},
        {"head", 'h', POPT_ARG_INT, &o.head, 0, "Head, counted from 0 (default: all)", "H"},
        {"word", 'w', POPT_ARG_STRING, &o.word, 0, "Show what this word of the sentence attends to", "WORD"},
        {"nth", 0, POPT_ARG_INT, &o.nth, 0, "Take the Nth occurrence of the word (default: 1)", "N"},
        {"top", 'n', POPT_ARG_INT, &o.top, 0, "Show the N strongest links (default: 10)", "N"},
        {"join", 0, POPT_ARG_NONE, &o.join, 0, "Join the pieces of words (\"token\", \"##ize\")", NULL},
        {"no-special", 0, POPT_ARG_NONE, &o.no_special, 0, "Leave out tokens that the tokenizer adds ([CLS], [SEP])",
         NULL},
        {"heatmap", 0, POPT_ARG_STRING, &o.heatmap, 0, "Draw the weights of the head into FILE (.png or .svg)", "FILE"},
        {"arcs", 0, POPT_ARG_STRING, &o.arcs, 0, "Draw all heads of the layer for the word into FILE (.png or .svg)",
         "FILE"},
        {"html", 0, POPT_ARG_STRING, &o.html, 0,
         "Write a page of all heads, to look into with a browser, into FILE; it may have more sentences", "FILE"},
        ADAPTER_OPTION(o.common),
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL SENTENCE [SENTENCE...]", 2, INT_MAX);
    show(&o, a.word[0], a.word + 1, a.count - 1);
    arguments_free(&a, &o.common);
    free(o.word);
    free(o.heatmap);
    free(o.arcs);
    free(o.html);
    return 0;
}
