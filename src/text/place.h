/* Texts on their way to tokens, and where each byte of theirs comes from.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_PLACE_H
#define SA_TEXT_PLACE_H

#include <stddef.h>
#include <stdint.h>

/* Bytes first .. last - 1 of the text that the caller gave. */
struct place {
    int64_t first, last;
};

struct text {
    const char *bytes;
    int64_t count;
    const struct place *places; /* [count] what each byte stands for; NULL: nobody asks */
};

static inline struct text text_part(struct text t, int64_t first, int64_t last) {
    return (struct text){t.bytes + first, last - first, t.places ? t.places + first : NULL};
}

/* What bytes first .. last - 1 of the text stand for; between two bytes it is nothing, at that place. */
static inline struct place text_place(struct text t, int64_t first, int64_t last) {
    if (!t.places || !t.count) return (struct place){0, 0};
    if (first < last) return (struct place){t.places[first].first, t.places[last - 1].last};
    const int64_t at = first < t.count ? t.places[first].first : t.places[first - 1].last;
    return (struct place){at, at};
}

#endif
