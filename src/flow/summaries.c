/* SPDX-License-Identifier: MIT */
#include "flow/summaries.h"
#include "flow/visible.h"

void clear_key_summaries(const struct problem *p, const struct plan *plan, char *scratch) {
    const struct key_summaries k = key_summaries_at(plan, scratch);
    for (int64_t i = 0; wants_keys(p) && i < plan->summary_keys; i++) {
        atomic_init(&k.sums[i], 0);
        atomic_init(&k.maxima[i], 0);
    }
}

static float largest_of(const struct key_summaries *k, int64_t place) {
    union {
        uint32_t bits;
        float number;
    } most = {atomic_load_explicit(&k->maxima[place], memory_order_relaxed)};
    return most.number;
}

static void write_key(const struct problem *p, const struct key_summaries *k, int64_t b, int64_t h, int64_t j) {
    const struct view *sums = &p->summaries.key_sums, *maxima = &p->summaries.key_maxima;
    const int64_t place = summary_place(p, b, h, j);
    const float largest = largest_of(k, place);
    const double sum = (double)atomic_load_explicit(&k->sums[place], memory_order_relaxed) / SUMMARY_UNIT;
    if (sums->data) view_store(sums, view_row(sums, b, h, j), 0, isnan(largest) ? NAN : (float)sum);
    if (maxima->data) view_store(maxima, view_row(maxima, b, h, j), 0, largest);
}

void write_key_summaries(const struct problem *p, const struct plan *plan, char *scratch) {
    const struct key_summaries k = key_summaries_at(plan, scratch);
    if (!wants_keys(p)) return;
    for (int64_t b = 0; b < p->B; b++) {
        const int64_t keys = p->visible.key_starts ? keys_of(p, b) : p->S;
        for (int64_t h = 0; h < p->H; h++)
            for (int64_t j = 0; j < keys; j++) write_key(p, &k, b, h, j);
    }
}
