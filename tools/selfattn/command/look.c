/* selfattn look: where a vision model's class token looks in a photograph.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "classifier/labels.h"
#include "command/command.h"
#include "exit.h"
#include "picture/overlay.h"
#include "picture/picture.h"
#include "table.h"

#include <glib.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct options {
    struct common common;
    int layer, head, top;
    char *output, *part;
};

/* The model's answer to one image. */
struct answer {
    int64_t layers, heads, tokens, classes;
    float *attention; /* [L,H,T,T] */
    float *logits;    /* [classes] */
};

static struct answer encode_image(const struct engine *e, const struct view *view) {
    struct answer a = {.layers = sa_model_get(e->model, SA_MODEL_LAYERS),
                       .heads = sa_model_get(e->model, SA_MODEL_QUERY_HEADS),
                       .tokens = sa_model_get(e->model, SA_MODEL_FEATURE_TOKENS),
                       .classes = sa_model_get(e->model, SA_MODEL_OUTPUTS)};
    a.attention = allocate((size_t)(a.layers * a.heads * a.tokens), (size_t)a.tokens * sizeof *a.attention);
    a.logits = allocate((size_t)a.classes, sizeof *a.logits);
    sa_encode_args args = {.struct_size = sizeof args,
                           .batch = 1,
                           .features = view->features,
                           .attention = a.attention,
                           .logits = a.classes ? a.logits : NULL};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    return a;
}

/* Patches are the last tokens; the class token is the first. */
static struct gaze find_gaze(const struct engine *e, const struct answer *a, const struct options *o) {
    struct gaze g = {.layer = o->layer == NOT_GIVEN ? a->layers - 1 : o->layer,
                     .chosen = o->head == NOT_GIVEN ? -1 : o->head,
                     .heads = a->heads,
                     .rows = sa_model_get(e->model, SA_MODEL_FEATURE_ROWS),
                     .columns = sa_model_get(e->model, SA_MODEL_FEATURE_COLUMNS)};
    if (g.layer < 0 || g.layer >= a->layers)
        usage_error("--layer is %d, the model has 0 to %lld", o->layer, (long long)a->layers - 1);
    if (g.chosen < -1 || g.chosen >= a->heads || o->head == -1)
        usage_error("--head is %d, the model has 0 to %lld", o->head, (long long)a->heads - 1);
    int64_t patches = g.rows * g.columns;
    g.head = allocate((size_t)(g.heads * patches), sizeof *g.head);
    g.mean = allocate((size_t)patches, sizeof *g.mean);
    for (int64_t h = 0; h < g.heads; h++)
        for (int64_t i = 0; i < patches; i++) {
            float weight = a->attention[(g.layer * a->heads + h) * a->tokens * a->tokens + a->tokens - patches + i];
            g.head[h * patches + i] = weight;
            if (g.chosen < 0) g.mean[i] += weight / (float)g.heads;
            if (g.chosen == h) g.mean[i] = weight;
        }
    return g;
}

static json_t *map_json(const struct gaze *g) {
    json_t *rows = json_array();
    for (int64_t r = 0; r < g->rows; r++) {
        json_t *row = json_array();
        for (int64_t c = 0; c < g->columns; c++)
            json_array_append_new(row, json_real((double)g->mean[r * g->columns + c]));
        json_array_append_new(rows, row);
    }
    return rows;
}

static void print_answer(const struct gaze *g, const struct labels *labels, const struct options *o) {
    json_t *classes = json_array();
    for (int64_t i = 0; i < labels->count; i++) {
        char text[LABEL_BYTES];
        if (!o->common.json) printf("%s  %s\n", label_text(labels, i, 1, text), labels->best[i].name);
        json_array_append_new(classes, label_json(labels, i));
    }
    json_t *object = json_pack("{sI so so}", "layer", (json_int_t)g->layer, "classes", classes, "weights", map_json(g));
    if (o->common.json) print_json(json_incref(object));
    json_decref(object);
}

/* The line below the title: the file and what the model takes it for. */
static void draw(const struct image *image, const struct view *view, const struct gaze *gaze,
                 const struct labels *labels, const char *file, const struct options *o) {
    const char *slash = strrchr(file, '/');
    char text[400], value[LABEL_BYTES];
    int n = snprintf(text, sizeof text, "%s", slash ? slash + 1 : file);
    if (labels->count)
        snprintf(text + n, sizeof text - (size_t)n, ", classified as: %s (%s)", labels->best[0].name,
                 g_strchug(label_text(labels, 0, 0, value)));
    overlay_draw(image, view, gaze, text, o->output);
    if (!o->common.json) printf("Picture:  %s\n", o->output);
}

static void look(const struct options *o, const char *directory, const char *file) {
    struct engine engine = engine_begin(&o->common);
    load_for_images(&engine, directory, o->part);
    check_takes_photographs(&engine, directory);
    struct image image = image_read(file);
    const struct preprocessing preprocessing = preprocessing_find(&engine, directory);
    struct view view = preprocess(&preprocessing, directory, &image);
    struct answer answer = encode_image(&engine, &view);
    struct gaze gaze = find_gaze(&engine, &answer, o);
    struct labels labels = labels_find(directory, answer.logits, answer.classes, o->top);
    print_answer(&gaze, &labels, o);
    if (o->output) draw(&image, &view, &gaze, &labels, file, o);
    labels_free(&labels);
    free(gaze.head);
    free(gaze.mean);
    free(answer.attention);
    free(answer.logits);
    free(view.features);
    image_free(&image);
    engine_close(&engine);
}

int command_look(int argc, const char **argv) {
    struct options o = {.layer = NOT_GIVEN, .head = NOT_GIVEN, .top = 5};
    const struct poptOption table[] = {
        {"output", 'o', POPT_ARG_STRING, &o.output, 0, "Draw into FILE (.png or .svg) what the model attends to",
         "FILE"},
        {"layer", 'l', POPT_ARG_INT, &o.layer, 0, "Layer, counted from 0 (default: the last)", "L"},
        {"head", 'h', POPT_ARG_INT, &o.head, 0, "Head, counted from 0 (default: the mean of all)", "H"},
        {"part", 0, POPT_ARG_STRING, &o.part, 0, "Of a file with several models, this one: vision", "NAME"},
        {"top", 'n', POPT_ARG_INT, &o.top, 0, "Show the N most probable classes (default: 5)", "N"},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL IMAGE", 2, 2);
    if (o.top < 0) usage_error("--top is %d, must be at least 0", o.top);
    if (o.output) picture_check_name(o.output);
    look(&o, a.word[0], a.word[1]);
    arguments_free(&a, &o.common);
    free(o.output);
    free(o.part);
    return 0;
}
