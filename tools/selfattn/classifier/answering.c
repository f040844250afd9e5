/* SPDX-License-Identifier: MIT */
#include "classifier/answering.h"

#include "classifier/text_pairs.h"
#include "classifier/words.h"
#include "exit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Some words of the text, which the model reads with the question. */
struct window {
    int64_t first, last;
    int64_t begin, count;   /* tokens of the words in the input */
    struct span *spans;     /* [count] */
    double *starts, *stops; /* [count] probabilities that the answer begins or ends with a token */
};

/* Softmax over the tokens of the words, and over the first one of all, which may stand for no answer. */
static void share(const float *logits, int which, int with_first, const struct window *window, double *shares) {
    double most = with_first ? (double)logits[which] : -INFINITY, sum = 0;
    for (int64_t t = 0; t < window->count; t++) {
        shares[t] = (double)logits[2 * (window->begin + t) + which];
        most = fmax(most, shares[t]);
    }
    for (int64_t t = 0; t < window->count; t++) sum += shares[t] = exp(shares[t] - most);
    if (with_first) sum += exp((double)logits[which] - most);
    for (int64_t t = 0; t < window->count; t++) shares[t] /= sum;
}

/* The question and the words of the window, of which the last ones are left out if they have no room. */
static struct token_pair pair_that_fits(const struct asking *a, const char *question, const char *text,
                                        const struct words *w, struct window *window) {
    for (;; window->last--) {
        char *part = words_text(w, text, window->first, window->last);
        struct token_pair pair = token_pair_of(a->engine, question, part, SA_ENCODE_NO_SPECIAL, 0);
        if (pair.count > a->tokens && window->last == window->first + 1)
            failure("%lld tokens have no room for the question and \"%s\"", (long long)a->tokens, part);
        free(part);
        if (pair.count <= a->tokens) return pair;
        token_pair_free(&pair);
    }
}

/* `alone`: the question beside no text. */
static void read_window(const struct asking *a, const char *question, const struct token_pair *alone, const char *text,
                        const struct words *w, struct window *window) {
    const struct engine *e = a->engine;
    struct token_pair whole = pair_that_fits(a, question, text, w, window);
    float *logits = allocate((size_t)(2 * whole.count), sizeof *logits);
    token_pair_run(e, &whole, logits);
    window->count = whole.count - alone->count;
    window->begin = 0;
    while (window->begin < alone->count && alone->ids[window->begin] == whole.ids[window->begin]) window->begin++;
    window->spans = allocate((size_t)window->count + 1, sizeof *window->spans);
    window->starts = allocate((size_t)window->count + 1, sizeof *window->starts);
    window->stops = allocate((size_t)window->count + 1, sizeof *window->stops);
    words_align(e, w, text, window->first, window->last, window->count, window->spans);
    const int with_first = window->begin > 0 && engine_is_special(e, whole.ids[0]);
    share(logits, 0, with_first, window, window->starts);
    share(logits, 1, with_first, window, window->stops);
    free(logits);
    token_pair_free(&whole);
}

static void release_window(struct window *window) {
    free(window->spans);
    free(window->starts);
    free(window->stops);
}

static int overlaps(const struct answers *found, int64_t begin, int64_t end) {
    for (int64_t i = 0; i < found->count; i++)
        if (begin < found->best[i].end && end > found->best[i].begin) return 1;
    return 0;
}

/* The best answer of a window that overlaps none of those; its probability is 0 if there is none. */
static struct answer best_of(const struct asking *a, const struct words *w, const struct window *window,
                             const struct answers *found) {
    struct answer best = {0};
    for (int64_t i = 0; i < window->count; i++)
        for (int64_t j = i; j < window->count && j < i + a->longest; j++) {
            const double probability = window->starts[i] * window->stops[j];
            const int64_t begin = w->word[window->spans[i].first].begin, end = w->word[window->spans[j].last].end;
            if (probability > best.probability && begin < end && !overlaps(found, begin, end))
                best = (struct answer){begin, end, probability};
        }
    return best;
}

static int compare(const void *left, const void *right) {
    const struct answer *a = left, *b = right;
    if (a->probability > b->probability || b->probability > a->probability)
        return a->probability < b->probability ? 1 : -1;
    return (a->begin > b->begin) - (a->begin < b->begin);
}

/* Of all windows' answers those that overlap no better one. */
static struct answers choose(struct answers *all, int64_t most) {
    struct answers found = {.best = allocate((size_t)most, sizeof *found.best)};
    if (all->count) qsort(all->best, (size_t)all->count, sizeof *all->best, compare);
    for (int64_t i = 0; i < all->count && found.count < most; i++)
        if (!overlaps(&found, all->best[i].begin, all->best[i].end)) found.best[found.count++] = all->best[i];
    free(all->best);
    return found;
}

/* Adds the best answers of a window to all. */
static void add_window(const struct asking *a, const struct words *w, const struct window *window,
                       struct answers *all) {
    struct answers own = {.best = allocate((size_t)a->most, sizeof *own.best)};
    while (own.count < a->most) {
        const struct answer best = best_of(a, w, window, &own);
        if (!(best.probability > 0)) break;
        own.best[own.count++] = best;
    }
    all->best = reallocate(all->best, (size_t)(all->count + own.count) + 1, sizeof *all->best);
    for (int64_t i = 0; i < own.count; i++) all->best[all->count++] = own.best[i];
    free(own.best);
}

struct answers answers_find(const struct asking *a, const char *question, const char *text) {
    struct words w = words_cut(a->engine, text);
    struct answers all = {0};
    struct token_pair alone = token_pair_of(a->engine, question, "", SA_ENCODE_NO_SPECIAL, 0);
    const int64_t room = a->tokens - alone.count;
    if (room < 1)
        failure("the question has so many tokens that none of %lld are left for the text: %.60s", (long long)a->tokens,
                question);
    struct window window = {0};
    while (window.last < w.count) {
        window.last = words_that_fit(&w, window.first, room);
        read_window(a, question, &alone, text, &w, &window);
        add_window(a, &w, &window, &all);
        release_window(&window);
        if (window.last < w.count) window.first = words_next(&w, window.first, window.last, room);
    }
    token_pair_free(&alone);
    words_free(&w);
    return choose(&all, a->most);
}

int answers_are_shown(const struct engine *e, const char *model) {
    json_t *config = engine_json_beside(model, "config.json", 1);
    const char *class = json_string_value(json_array_get(json_object_get(config, "architectures"), 0));
    const int is_named = class && strstr(class, "ForQuestionAnswering");
    json_decref(config);
    return is_named && sa_model_get(e->model, SA_MODEL_TOKEN_LOGITS) && sa_model_get(e->model, SA_MODEL_OUTPUTS) == 2;
}
