/* SPDX-License-Identifier: MIT */
#include "classifier/tagging.h"

#include "classifier/labels.h"
#include "classifier/words.h"
#include "exit.h"

#include <stdlib.h>
#include <string.h>

/* Of a model that does not say how much it reads. */
enum { USUAL_TOKENS = 512 };

/* What a word is taken for. */
struct taken {
    int64_t class; /* -1: it has no token */
    double probability;
};

struct tagger tagger_open(const struct engine *engine, const char *model) {
    struct tagger t = {.engine = engine, .classes = sa_model_get(engine->model, SA_MODEL_OUTPUTS)};
    json_t *config = engine_json_beside(model, "config.json", 1);
    t.name = allocate((size_t)t.classes, sizeof *t.name);
    for (int64_t i = 0; i < t.classes; i++) {
        char own_name[LABEL_BYTES];
        if (!(t.name[i] = strdup(label_name(config, i, own_name)))) failure("no memory for a text");
    }
    json_decref(config);
    return t;
}

void tagger_close(struct tagger *tagger) {
    for (int64_t i = 0; i < tagger->classes; i++) free(tagger->name[i]);
    free(tagger->name);
}

static struct taken most_probable(const float *logits, int64_t classes) {
    struct ranked *ranked = ranking(logits, classes);
    const struct taken taken = {ranked[0].index, ranked[0].probability};
    free(ranked);
    return taken;
}

/* Writes what the words first .. last - 1 are taken for, of those from `counted` on. */
static void take_words(const struct tagger *g, const struct words *w, const char *text, const struct tokens *t,
                       int64_t first, int64_t last, int64_t counted, struct taken *taken) {
    const struct engine *e = g->engine;
    const int64_t count = t->count - e->special.count;
    float *logits = allocate((size_t)(t->count * g->classes), sizeof *logits);
    struct span *spans = allocate((size_t)count + 1, sizeof *spans);
    int64_t begin = 0;
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = t->count, .ids = t->id, .logits = logits};
    check(sa_model_encode(e->ctx, e->model, &args), e->ctx);
    while (begin < e->special.count && e->special.id[begin] == t->id[begin]) begin++;
    words_align(e, w, text, first, last, count, spans);
    for (int64_t i = count - 1; i >= 0; i--) /* a word's first token is the last to be taken */
        for (int64_t k = spans[i].first; k <= spans[i].last; k++)
            if (k >= counted) taken[k] = most_probable(logits + (begin + i) * g->classes, g->classes);
    free(spans);
    free(logits);
}

/* The tokens of the words from `first` on that the model can read; *last: the word behind them. */
static struct tokens tokens_from(const struct engine *e, const struct words *w, const char *text, int64_t first,
                                 int64_t room, int64_t *last) {
    for (*last = words_that_fit(w, first, room);; --*last) {
        struct tokens t = {0};
        char *part = words_text(w, text, first, *last);
        engine_add_tokens(e, part, SA_ENCODE_NO_SPECIAL, &t);
        if (*last == first + 1) engine_check_fit(e, &t, part);
        free(part);
        if (t.count - e->special.count <= room || *last == first + 1) return t;
        free(t.id);
    }
}

static const char *kind_of(const char *label) {
    const int is_marked = (label[0] == 'B' || label[0] == 'I') && label[1] == '-';
    return label + 2 * is_marked;
}

static struct entities join(const struct tagger *g, const struct words *w, const struct taken *taken) {
    struct entities found = {.entity = allocate((size_t)w->count + 1, sizeof *found.entity)};
    int64_t words = 0; /* of the entity that is being joined; 0: none is */
    for (int64_t i = 0; i < w->count; i++) {
        if (taken[i].class < 0) continue;
        const char *label = g->name[taken[i].class], *kind = kind_of(label);
        struct entity *open = found.count ? &found.entity[found.count - 1] : NULL;
        if (!strcmp(label, "O")) {
            words = 0;
            continue;
        }
        if (!words || (kind != label && *label == 'B') || strcmp(open->label, kind) != 0) {
            open = &found.entity[found.count++];
            *open = (struct entity){.begin = w->word[i].begin, .label = kind};
            words = 0;
        }
        open->end = w->word[i].end;
        open->probability += (taken[i].probability - open->probability) / (double)++words;
    }
    return found;
}

struct entities entities_find(const struct tagger *tagger, const char *text) {
    const struct engine *e = tagger->engine;
    const int64_t positions = sa_model_get(e->model, SA_MODEL_MAX_POSITIONS),
                  room = (positions > 0 ? positions : USUAL_TOKENS) - e->special.count;
    struct words w = words_cut(e, text);
    struct taken *taken = allocate((size_t)w.count + 1, sizeof *taken);
    for (int64_t i = 0; i < w.count; i++) taken[i].class = -1;
    for (int64_t first = 0, last = 0, next; last < w.count; first = next) {
        const int64_t counted = first + (last - first) / 2; /* of the words that were read before, the second half */
        struct tokens t = tokens_from(e, &w, text, first, room, &last);
        take_words(tagger, &w, text, &t, first, last, counted, taken);
        free(t.id);
        next = words_next(&w, first, last, room);
    }
    const struct entities found = join(tagger, &w, taken);
    free(taken);
    words_free(&w);
    return found;
}
