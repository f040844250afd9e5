/* The draws of dropout: published words of Philox, and what the probability does.
 * SPDX-License-Identifier: MIT */
#include "base/dropout.h"

#include <criterion/criterion.h>
#include <math.h>

/* The known answers of the authors' library Random123 (kat_vectors, philox4x32 10). */
Test(dropout, words_are_those_of_philox) {
    static const struct {
        uint32_t seed[2], counter[4], words[4];
    } known[] = {
        {{0, 0}, {0, 0, 0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0xa4093822, 0x299f31d0},
         {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        uint32_t words[4];
        philox(known[i].seed, known[i].counter, words);
        for (int w = 0; w < 4; w++)
            cr_expect_eq(words[w], known[i].words[w], "%zu: word %d is %08x, not %08x", i, w, (unsigned)words[w],
                         (unsigned)known[i].words[w]);
    }
}

Test(dropout, nothing_is_dropped_with_probability_0) {
    const struct dropout none = dropout_of(0, 7), tiny = dropout_of(0x1p-30f, 7);
    cr_expect_not(drops(&none));
    cr_expect_not(drops(&tiny), "a probability below 2^-24 is rounded to 0");
}

/* A share within four standard deviations of the probability is dropped; the mean stays. */
Test(dropout, the_share_is_the_probability) {
    static const double probabilities[] = {0.1, 0.5, 0.9, 0.999};
    enum { ROWS = 200, PLACES = 500, DRAWS = ROWS * PLACES };
    for (int i = 0; i < 4; i++) {
        const double p = probabilities[i];
        const struct dropout d = dropout_of(p, 1234567890123u);
        int64_t dropped = 0;
        for (int64_t r = 0; r < ROWS; r++)
            for (int64_t j = 0; j < PLACES; j++) {
                const float factor = dropout_factor(&d, 0, r % 3, r, j);
                dropped += factor == 0;
                cr_assert(factor == 0 || factor == (float)(1 / (1 - p)));
            }
        cr_expect(fabs((double)dropped - p * DRAWS) < 4 * sqrt(DRAWS * p * (1 - p)), "%g: %lld of %d are dropped", p,
                  (long long)dropped, DRAWS);
    }
}

/* Each part of a place decides: neighbours in any direction, and seeds, have other draws. */
Test(dropout, every_number_of_a_place_counts) {
    enum { PLACES = 400 };
    const struct dropout d = dropout_of(0.5, 3), other = dropout_of(0.5, 3 + (UINT64_C(1) << 32));
    int64_t same[6] = {0};
    for (int64_t j = 0; j < PLACES; j++) {
        const int first = dropout_factor(&d, 1, 2, 3, j) == 0;
        same[0] += first == (dropout_factor(&d, 2, 2, 3, j) == 0);
        same[1] += first == (dropout_factor(&d, 1, 3, 3, j) == 0);
        same[2] += first == (dropout_factor(&d, 1, 2, 4, j) == 0);
        same[3] += first == (dropout_factor(&d, 1, 2, 3, j + 1) == 0);
        same[4] += first == (dropout_factor(&d, 1, 2, 3, j + 4) == 0);
        same[5] += first == (dropout_factor(&other, 1, 2, 3, j) == 0);
    }
    for (int i = 0; i < 6; i++)
        cr_expect(same[i] > PLACES / 3 && same[i] < PLACES * 2 / 3, "%d: %lld of %d are the same", i,
                  (long long)same[i], PLACES);
}

/* Rows of any length from any place, and NaN, which goes where it is dropped. */
Test(dropout, rows_have_the_factors_of_their_places) {
    enum { MOST = 11 };
    const struct dropout d = dropout_of(0.4, 99);
    for (int64_t place = 0; place < 9; place++)
        for (int64_t n = 0; n <= MOST; n++) {
            float x[MOST];
            for (int64_t i = 0; i < n; i++) x[i] = i % 2 ? NAN : 3;
            drop_row(&d, 4, 5, 6, place, x, n);
            for (int64_t i = 0; i < n; i++) {
                const float factor = dropout_factor(&d, 4, 5, 6, place + i);
                cr_expect(factor == 0 ? x[i] == 0 : i % 2 ? isnan(x[i]) : x[i] == 3 * factor);
            }
        }
}
