/* A row's projections on the fused path have the same bits whatever rows are beside it, as long as there are more than
 * a few.
 * SPDX-License-Identifier: MIT */
#include "layer/sample.h"
#include "support/paths.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { FEWEST = 17, MOST = 100, IN = 900, OUT = 70 };

/* Sequences of one token, so that no row sees another one in the attention between the projections. */
static const struct layer_shape shape = {.B = MOST,
                                         .T = 1,
                                         .S = 1,
                                         .H = 2,
                                         .K = 1,
                                         .D = 24,
                                         .Dv = 24,
                                         .E = IN,
                                         .W = IN,
                                         .F = OUT,
                                         .projected = 1,
                                         .biased = 15};

static void expect_same_rows(sa_ctx *ctx, sa_layer *layer, struct layer_sample *s, const float *want, int64_t first,
                             int64_t count, const char *way) {
    float *all = s->y, *x = s->args.x.data;
    s->args.x.size[0] = s->args.y.size[0] = count;
    s->args.x.data = x + first * IN;
    layer_sample_clear(s);
    cr_assert_eq(sa_forward(ctx, layer, &s->args), SA_OK, "%s: %s", way, sa_ctx_last_error(ctx));
    cr_expect(!memcmp(all, want + first * OUT, (size_t)(count * OUT) * sizeof *want),
              "%s: other bits for rows %d .. %d alone", way, (int)first, (int)(first + count));
    s->args.x.data = x;
}

Test(projections, of_a_row_do_not_depend_on_its_neighbours) {
    static float want[MOST * OUT];
    for (int w = 0; w < all_ways_count; w++) {
        struct layer_sample s;
        sa_ctx *ctx = ways[w].path == SA_PATH_FUSED ? way_open(&ways[w], 2) : NULL;
        if (!ctx) continue;
        layer_sample_make(&s, &shape, 4);
        s.args.lse.data = s.args.weights.data = NULL;
        sa_layer *layer = layer_sample_open(&s, ctx);
        cr_assert_eq(sa_forward(ctx, layer, &s.args), SA_OK, "%s: %s", ways[w].name, sa_ctx_last_error(ctx));
        memcpy(want, s.y, sizeof want);
        for (int64_t count = FEWEST; count < MOST; count += 3)
            expect_same_rows(ctx, layer, &s, want, MOST - count, count, ways[w].name);
        sa_layer_destroy(&layer);
        layer_sample_free(&s);
        sa_ctx_destroy(&ctx);
    }
}
