/* SPDX-License-Identifier: MIT */
#include "picture/likeness.h"

#include "exit.h"
#include "text/embeddings.h"
#include "text/ranking.h"

#include <stdlib.h>

static void embed_texts(struct likeness *l, const struct common *common, const char *model) {
    struct engine e = engine_begin(common);
    engine_load_part(&e, model, "text", 0);
    engine_load_tokenizer(&e, model, NULL);
    struct embeddings x = embeddings_make(&e, NULL, l->text.text, l->text.count);
    if (x.cut) failure("%lld of the texts are longer than the model reads", (long long)x.cut);
    l->width = x.width, l->row = x.row;
    engine_close(&e);
}

struct likeness likeness_open(const struct common *common, const char *model, struct sentences texts) {
    struct likeness l = {.images = engine_begin(common), .directory = engine_directory(model), .text = texts};
    load_for_images(&l.images, model, "vision");
    l.preprocessing = preprocessing_find(&l.images, l.directory);
    if (!sa_model_get(l.images.model, SA_MODEL_POOLED))
        failure("%s: a %s has no state of a whole image to compare texts with", model, sa_model_type(l.images.model));
    l.kind = sa_model_likeness(l.images.model, &l.scale, &l.bias);
    if (l.kind == SA_LIKENESS_NONE)
        failure("%s: the file has no logit_scale, so it does not say how to compare texts and images", model);
    embed_texts(&l, common, model);
    const int64_t width = sa_model_get(l.images.model, SA_MODEL_EMBEDDING_WIDTH);
    if (width != l.width)
        failure("%s: embeddings of texts have %lld numbers, those of images %lld", model, (long long)l.width,
                (long long)width);
    return l;
}

void likeness_close(struct likeness *likeness) {
    engine_close(&likeness->images);
    free(likeness->directory);
    free(likeness->row);
}

static float *embed_image(const struct likeness *l, const char *file) {
    const struct engine *e = &l->images;
    struct image image = image_read(file);
    struct view view = preprocess(&l->preprocessing, l->directory, &image);
    float *row = allocate((size_t)l->width, sizeof *row);
    const sa_encode_args args = {.struct_size = sizeof args, .batch = 1, .features = view.features, .embedding = row};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    free(view.features);
    image_free(&image);
    return row;
}

struct labels likeness_find(const struct likeness *l, const char *image, int64_t most) {
    const int64_t count = l->text.count;
    float *row = embed_image(l, image), *logits = allocate((size_t)count, sizeof *logits);
    for (int64_t i = 0; i < count; i++)
        logits[i] = (float)(l->scale * embeddings_cosine(row, l->row + i * l->width, l->width) + l->bias);
    const int of_each = l->kind == SA_LIKENESS_SIGMOID;
    struct ranked *ranked = of_each ? ranking_of_each(logits, count) : ranking(logits, count);
    struct labels found = labels_of(ranked, (const char *const *)l->text.text, count < most ? count : most);
    free(ranked);
    free(logits);
    free(row);
    return found;
}
