/* SPDX-License-Identifier: MIT */
#include "picture/heatmap.h"

#include "exit.h"
#include "picture/picture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const double EIGHTH_TURN = 0.78539816339744831;

/* The map is drawn with its upper left corner at (0, 0); everything else goes around it. */
struct map {
    struct picture picture;
    const struct heatmap *wish;
    const struct reading *reading;
    const float *weight; /* [T,T] */
    int64_t count;       /* of words that are drawn */
    int64_t *shown;      /* [count] their positions */
    int64_t first;       /* the first of them that has a row */
    double cell;         /* side of a cell */
    double widest;       /* width of the widest word */
    double strongest;    /* the weight at the dark end of the scale */
};

static double weight_at(const struct map *m, int64_t row, int64_t column) {
    return (double)m->weight[m->shown[row] * m->reading->count + m->shown[column]];
}

/* The end of the scale is a round number, so that its marks are. */
static double find_strongest(const struct map *m) {
    double most = 0;
    for (int64_t i = m->first; i < m->count; i++)
        for (int64_t j = 0; j < m->count; j++) most = fmax(most, weight_at(m, i, j));
    return fmax(ceil(most * 10 - 1e-6), 1) / 10;
}

static double choose_cell(int64_t count) {
    return count <= 24 ? 36 : fmax(10, 864 / (double)count);
}

static int64_t column_count(const struct map *m) {
    return m->wish->apart ? m->first : m->count;
}

static double row_top(const struct map *m, int64_t i) {
    return (double)(i - m->first) * m->cell;
}

static void draw_cells(const struct map *m) {
    double gap = m->cell > 16 ? 1 : 0;
    for (int64_t i = m->first; i < m->count; i++)
        for (int64_t j = 0; j < (m->wish->first && !m->wish->apart ? i + 1 : column_count(m)); j++) {
            double weight = weight_at(m, i, j), x = (double)j * m->cell, y = row_top(m, i);
            struct colour colour = colour_scale(weight / m->strongest);
            picture_box(&m->picture, x + gap / 2, y + gap / 2, m->cell - gap, m->cell - gap, colour);
            char digits[16];
            snprintf(digits, sizeof digits, "%.2f", weight);
            struct label number = {.size = 11, .colour = colour_readable_on(colour), .anchor = 0.5};
            if (m->cell > 30 && weight >= 0.005)
                picture_text(&m->picture, x + m->cell / 2, y + m->cell / 2, weight < 0.995 ? digits + 1 : digits,
                             &number);
        }
}

static struct label word_label(const struct map *m, int64_t i) {
    int special = m->reading->special[m->shown[i]];
    return (struct label){.size = fmin(15, m->cell * 0.8),
                          .bold = m->shown[i] == m->wish->word,
                          .colour = special ? muted : ink,
                          .anchor = 1};
}

static double find_widest(const struct map *m) {
    double widest = 0;
    for (int64_t i = 0; i < m->count; i++) {
        struct label label = word_label(m, i);
        widest = fmax(widest, picture_text_width(&m->picture, m->reading->word[m->shown[i]], &label));
    }
    return widest;
}

static void draw_words(const struct map *m) {
    for (int64_t i = 0; i < m->count; i++) {
        const char *word = m->reading->word[m->shown[i]];
        double middle = ((double)i + 0.5) * m->cell;
        struct label row = word_label(m, i), column = row;
        column.bold = 0;
        column.size = fmin(15, m->cell * 0.62); /* slanted lines stand closer */
        column.anchor = 0;
        column.angle = -EIGHTH_TURN;
        if (i >= m->first) picture_text(&m->picture, -10, row_top(m, i) + m->cell / 2, word, &row);
        if (i < column_count(m)) picture_text(&m->picture, middle, -12, word, &column);
    }
}

static void draw_scale(const struct map *m) {
    double side = (double)column_count(m) * m->cell, bottom = row_top(m, m->count);
    double height = fmin(bottom, 320), x = side + 36, y = (bottom - height) / 2;
    enum { BANDS = 160 };
    cairo_t *cairo = m->picture.cairo;
    for (int i = 0; i < BANDS; i++) {
        struct colour colour = colour_scale(1 - (i + 0.5) / BANDS);
        cairo_set_source_rgb(cairo, colour.red, colour.green, colour.blue);
        /* Bands overlap the next one, so that no seam shows between them. */
        cairo_rectangle(cairo, x, y + height * i / BANDS, 14, height * (i < BANDS - 1 ? 2 : 1) / BANDS);
        cairo_fill(cairo);
    }
    double step = m->strongest > 0.55 ? 0.2 : m->strongest > 0.15 ? 0.1 : 0.05;
    for (int i = 0; i * step < m->strongest + 1e-6; i++) {
        char mark[16];
        snprintf(mark, sizeof mark, step < 0.1 ? "%.2f" : "%.1f", i * step);
        struct label label = {.size = 12, .colour = muted};
        picture_text(&m->picture, x + 22, y + height * (1 - i * step / m->strongest), mark, &label);
    }
}

static void draw_texts(const struct map *m) {
    double side = (double)column_count(m) * m->cell, x = -m->widest - 10, width = fmax(side + 60 - x, 400);
    picture_heading(&m->picture, x, -24 - sin(EIGHTH_TURN) * (m->widest + 15), width, m->wish->title, m->wish->text);
    struct label small = {.size = 12, .colour = muted, .wrap = width};
    picture_text(&m->picture, x, row_top(m, m->count) + 28, m->wish->note, &small);
}

void heatmap_draw(const struct heatmap *h, const char *file) {
    struct map m = {.wish = h, .reading = h->reading, .weight = reading_map(h->reading, h->layer, h->head)};
    m.shown = allocate((size_t)h->reading->count, sizeof *m.shown);
    for (int64_t t = 0; t < h->reading->count; t++)
        if (!h->no_special || !h->reading->special[t]) {
            if (t < h->first) m.first++;
            m.shown[m.count++] = t;
        }
    m.cell = choose_cell(h->apart && m.first > m.count - m.first ? m.first : m.count - (h->apart ? m.first : 0));
    m.strongest = find_strongest(&m);
    m.picture = picture_begin();
    m.widest = find_widest(&m);
    draw_cells(&m);
    draw_words(&m);
    draw_scale(&m);
    draw_texts(&m);
    picture_end(&m.picture, file);
    free(m.shown);
}
