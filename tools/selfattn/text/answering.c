/* SPDX-License-Identifier: MIT */
#include "text/answering.h"

#include "exit.h"
#include "text/text_pairs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A word, and how many tokens it becomes behind the one before it, and at the beginning of a text. */
struct word {
    int64_t begin, end, tokens, tokens_first;
};

struct words {
    int64_t count;
    struct word *word;
};

/* Some words of the text, which the model reads with the question. */
struct window {
    int64_t first, last;
    int64_t begin, count;   /* tokens of the words in the input */
    int64_t *word_of;       /* [count] */
    double *starts, *stops; /* [count] probabilities that the answer begins or ends with a token */
};

static int is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes of a character that is a word by itself: those of scripts without spaces. 0: it is none. */
static int64_t lone_character(const char *text) {
    const unsigned char *c = (const unsigned char *)text;
    if (c[0] >= 0xf0) return 4;
    return c[0] >= 0xe0 && (c[0] > 0xe2 || c[1] >= 0xba) ? 3 : 0;
}

static int64_t word_end(const char *text, int64_t at) {
    const int64_t lone = lone_character(text + at);
    if (lone) return at + lone;
    while (text[at] && !is_space(text[at]) && !lone_character(text + at)) at++;
    return at;
}

static int64_t count_tokens(const struct engine *e, const char *text, int64_t bytes) {
    int64_t count;
    check(sa_tokenizer_encode_with(e->ctx, e->tokenizer, text, bytes, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL,
                                   NULL, 0, &count),
          e->ctx);
    return count;
}

/* Some tokenizers put a space in front of every text, so that words one by one have a second one. Then they are counted
 * without the white space before them, if that makes the tokens of the whole. */
static void settle_counts(const struct engine *e, const char *text, struct words *w) {
    int64_t sum = w->word[0].tokens_first, plain = 0;
    for (int64_t i = 1; i < w->count; i++) sum += w->word[i].tokens;
    for (int64_t i = 0; i < w->count; i++) plain += w->word[i].tokens_first;
    if (sum == plain) return;
    const int64_t begin = w->word[0].begin, whole = count_tokens(e, text + begin, w->word[w->count - 1].end - begin);
    for (int64_t i = 0; i < w->count && sum != whole && plain == whole; i++)
        w->word[i].tokens = w->word[i].tokens_first;
}

static struct words cut_words(const struct engine *e, const char *text) {
    struct words w = {0};
    int64_t room = 0;
    for (int64_t at = 0, end = 0;; at = end) {
        const int64_t behind = at;
        while (is_space(text[at])) at++;
        if (!text[at]) break;
        end = word_end(text, at);
        if (w.count == room) w.word = reallocate(w.word, (size_t)(room = 2 * room + 64), sizeof *w.word);
        w.word[w.count++] = (struct word){.begin = at,
                                          .end = end,
                                          .tokens = count_tokens(e, text + behind, end - behind),
                                          .tokens_first = count_tokens(e, text + at, end - at)};
    }
    if (w.count) settle_counts(e, text, &w);
    return w;
}

/* As many words from `first` on as have room; at least one. */
static int64_t last_word(const struct words *w, int64_t first, int64_t room) {
    int64_t last = first + 1;
    for (int64_t sum = w->word[first].tokens_first; last < w->count; last++) {
        sum += w->word[last].tokens;
        if (sum > room) break;
    }
    return last;
}

/* Where the next window begins: a third of the room is read twice. */
static int64_t next_word(const struct words *w, const struct window *window, int64_t room) {
    int64_t first = window->last;
    for (int64_t sum = 0; first > window->first + 1 && sum < room / 3; first--) sum += w->word[first - 1].tokens;
    return first;
}

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

/* Says that the next `count` tokens from `t` on belong to a word, as far as there are any; returns where they end. */
static int64_t give_tokens(struct window *window, int64_t word, int64_t t, int64_t count) {
    for (; count > 0; count--, t++)
        if (t < window->count) window->word_of[t] = word;
    return t;
}

/* Which word each token belongs to: words become the same tokens one by one, each with the white space before it, as
 * together. Where they do not (some tokenizers put a space in front of every text), those of the text up to each word's
 * end are counted. Tokens that were cut belong to none. */
static void align(const struct engine *e, const struct words *w, const char *text, struct window *window) {
    const int64_t begin = w->word[window->first].begin;
    int64_t t = 0;
    for (int64_t i = window->first; i < window->last; i++)
        t = give_tokens(window, i, t, i == window->first ? w->word[i].tokens_first : w->word[i].tokens);
    if (t == window->count) return;
    t = 0;
    for (int64_t i = window->first; i < window->last; i++)
        t = give_tokens(window, i, t, count_tokens(e, text + begin, w->word[i].end - begin) - t);
    give_tokens(window, window->last - 1, t, window->count - t);
}

static void read_window(const struct asking *a, const char *question, const char *text, const struct words *w,
                        struct window *window) {
    const struct engine *e = a->engine;
    const int64_t begin = w->word[window->first].begin, bytes = w->word[window->last - 1].end - begin;
    char *part = strndup(text + begin, (size_t)bytes);
    if (!part) failure("no memory for a text");
    struct token_pair alone = token_pair_of(e, question, "", SA_ENCODE_NO_SPECIAL, 0),
                      whole = token_pair_of(e, question, part, SA_ENCODE_NO_SPECIAL, a->tokens);
    float *logits = allocate((size_t)(2 * whole.count), sizeof *logits);
    token_pair_run(e, &whole, logits);
    window->count = whole.count - alone.count;
    window->begin = 0;
    while (window->begin < alone.count && alone.ids[window->begin] == whole.ids[window->begin]) window->begin++;
    window->word_of = allocate((size_t)window->count + 1, sizeof *window->word_of);
    window->starts = allocate((size_t)window->count + 1, sizeof *window->starts);
    window->stops = allocate((size_t)window->count + 1, sizeof *window->stops);
    align(e, w, text, window);
    const int with_first = window->begin > 0 && engine_is_special(e, whole.ids[0]);
    share(logits, 0, with_first, window, window->starts);
    share(logits, 1, with_first, window, window->stops);
    free(logits);
    token_pair_free(&whole);
    token_pair_free(&alone);
    free(part);
}

static void release_window(struct window *window) {
    free(window->word_of);
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
            const int64_t begin = w->word[window->word_of[i]].begin, end = w->word[window->word_of[j]].end;
            if (probability > best.probability && !overlaps(found, begin, end))
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
    qsort(all->best, (size_t)all->count, sizeof *all->best, compare);
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
    struct words w = cut_words(a->engine, text);
    struct answers all = {0};
    struct token_pair alone = token_pair_of(a->engine, question, "", SA_ENCODE_NO_SPECIAL, 0);
    const int64_t room = a->tokens - alone.count;
    if (room < 1)
        failure("the question has so many tokens that none of %lld are left for the text: %.60s", (long long)a->tokens,
                question);
    token_pair_free(&alone);
    struct window window = {0};
    while (window.last < w.count) {
        window.last = last_word(&w, window.first, room);
        read_window(a, question, text, &w, &window);
        add_window(a, &w, &window, &all);
        release_window(&window);
        if (window.last < w.count) window.first = next_word(&w, &window, room);
    }
    free(w.word);
    return choose(&all, a->most);
}
