/* SPDX-License-Identifier: MIT */
#include "picture/arcs.h"

#include "exit.h"
#include "picture/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* From top to bottom: the word, its links, all words (around y = 0, from x = 0), a row of weights per head. */
enum { LINKS_END = -20, ROWS = 22, ROW = 25, ROW_NAMES = -64, THICKEST = 16 };

/* Lines below this weight only clutter the picture; the rows still show them. */
static const double WEAKEST = 0.03;

struct fan {
    struct picture picture;
    const struct reading *reading;
    int64_t layer, word;
    int64_t count;  /* of words that are drawn */
    int64_t *shown; /* [count] their positions */
    double *left;   /* [count + 1] where each word's column starts, and the end of the last */
    double top;     /* where the links start */
};

static double weight_at(const struct fan *f, int64_t head, int64_t column) {
    return (double)reading_map(f->reading, f->layer, head)[f->word * f->reading->count + f->shown[column]];
}

static struct label word_label(const struct fan *f, int64_t column) {
    int special = f->reading->special[f->shown[column]];
    return (struct label){
        .size = 15, .bold = f->shown[column] == f->word, .colour = special ? muted : ink, .anchor = 0.5};
}

static double middle(const struct fan *f, int64_t column) {
    return (f->left[column] + f->left[column + 1]) / 2;
}

static void place_words(struct fan *f, int no_special) {
    const struct reading *r = f->reading;
    for (int64_t t = 0; t < r->count; t++) {
        if (no_special && r->special[t]) continue;
        f->shown[f->count] = t;
        struct label label = word_label(f, f->count);
        double width = picture_text_width(&f->picture, r->word[t], &label);
        f->left[f->count + 1] = f->left[f->count] + fmax(width + 16, 46);
        f->count++;
    }
}

/* Where the word that looks stands: above itself, or in the middle where it is not drawn. */
static double top_middle(const struct fan *f) {
    for (int64_t i = 0; i < f->count; i++)
        if (f->shown[i] == f->word) return middle(f, i);
    return f->left[f->count] / 2;
}

/* Heads leave the word and arrive side by side. */
static double head_shift(const struct fan *f, int64_t head, double room) {
    return ((double)head + 0.5 - (double)f->reading->heads / 2) * room / (double)f->reading->heads;
}

static void draw_link(const struct fan *f, int64_t head, int64_t column) {
    double weight = weight_at(f, head, column), bend = (LINKS_END - f->top) * 0.55;
    if (weight < WEAKEST) return;
    struct colour c = colour_head(head, f->reading->heads);
    double from = top_middle(f) + head_shift(f, head, 36);
    double to = middle(f, column) + head_shift(f, head, f->left[column + 1] - f->left[column] - 14);
    double opacity = (0.22 + 0.7 * weight) * (f->reading->special[f->shown[column]] ? 0.4 : 1);
    cairo_t *cairo = f->picture.cairo;
    cairo_move_to(cairo, from, f->top);
    cairo_curve_to(cairo, from, f->top + bend, to, LINKS_END - bend, to, LINKS_END);
    cairo_set_line_width(cairo, fmax(THICKEST * weight, 0.8));
    cairo_set_source_rgba(cairo, c.red, c.green, c.blue, opacity);
    cairo_stroke(cairo);
}

/* Links to words lie above those to what the tokenizer added. */
static void draw_links(const struct fan *f) {
    for (int special = 1; special >= 0; special--)
        for (int64_t head = 0; head < f->reading->heads; head++)
            for (int64_t i = 0; i < f->count; i++)
                if (f->reading->special[f->shown[i]] == special) draw_link(f, head, i);
}

static void draw_words(const struct fan *f) {
    struct label above = {.size = 19, .bold = 1, .colour = ink, .anchor = 0.5};
    picture_text(&f->picture, top_middle(f), f->top - 16, f->reading->word[f->word], &above);
    for (int64_t i = 0; i < f->count; i++) {
        struct label label = word_label(f, i);
        picture_text(&f->picture, middle(f, i), 0, f->reading->word[f->shown[i]], &label);
    }
}

static void draw_row(const struct fan *f, int64_t head) {
    struct colour colour = colour_head(head, f->reading->heads);
    double y = ROWS + (double)head * ROW;
    char name[32];
    snprintf(name, sizeof name, "head %lld", (long long)head);
    struct label label = {.size = 13, .colour = colour_mix(colour, ink, 0.25), .anchor = 1};
    picture_text(&f->picture, -10, y + ROW / 2.0, name, &label);
    for (int64_t i = 0; i < f->count; i++) {
        double weight = weight_at(f, head, i);
        struct colour cell = colour_mix(faint, colour, fmin(1, weight * 1.1));
        picture_box(&f->picture, f->left[i] + 1, y + 1, f->left[i + 1] - f->left[i] - 2, ROW - 2, cell);
        char digits[16];
        snprintf(digits, sizeof digits, "%.2f", weight);
        struct label number = {.size = 11, .colour = colour_readable_on(cell), .anchor = 0.5};
        if (weight >= 0.095)
            picture_text(&f->picture, middle(f, i), y + ROW / 2.0, weight < 0.995 ? digits + 1 : digits, &number);
    }
}

static void draw_title(const struct fan *f, const char *text) {
    char title[256];
    snprintf(title, sizeof title, "Where \xE2\x80\x9C%s\xE2\x80\x9D looks: layer %lld, all %lld heads",
             f->reading->word[f->word], (long long)f->layer, (long long)f->reading->heads);
    picture_heading(&f->picture, ROW_NAMES, f->top - 50, fmax(f->left[f->count] - ROW_NAMES, 480), title, text);
}

void arcs_draw(const struct reading *reading, int64_t layer, int64_t word, int no_special, const char *text,
               const char *file) {
    struct fan f = {.reading = reading, .layer = layer, .word = word, .picture = picture_begin()};
    f.shown = allocate((size_t)reading->count, sizeof *f.shown);
    f.left = allocate((size_t)reading->count + 1, sizeof *f.left);
    place_words(&f, no_special);
    /* Wide pictures get higher, lest the lines lie flat. */
    f.top = LINKS_END - fmin(fmax(190, f.left[f.count] * 0.16), 400);
    draw_links(&f);
    draw_words(&f);
    for (int64_t head = 0; head < reading->heads; head++) draw_row(&f, head);
    draw_title(&f, text);
    picture_end(&f.picture, file);
    free(f.shown);
    free(f.left);
}
