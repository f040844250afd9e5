/* Three texts of different lengths in one call, without padding: tokens stand one behind the other, and `starts` says
 * where each text begins. A text sees only itself, and gets what it gets alone.
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>
#include <string.h>

enum { TEXTS = 3, ROWS = 12, HEADS = 2, D = 4, WIDTH = HEADS * D };

static const int64_t starts[TEXTS + 1] = {0, 5, 7, ROWS}; /* lengths 5, 2 and 5 */
static float q[ROWS * WIDTH], k[ROWS * WIDTH], v[ROWS * WIDTH], packed[ROWS * WIDTH], alone[ROWS * WIDTH];

/* Causal attention of rows first .. last - 1 of the packed tokens. */
static int attend(sa_ctx *ctx, const sa_packing *packing, int64_t first, int64_t last, float *output) {
    const sa_masking causal = {.struct_size = sizeof causal, .causal = 1};
    sa_attention_args args = {.struct_size = sizeof args, .masking = &causal, .packing = packing};
    sa_tensor_set(&args.query, q + first * WIDTH, SA_F32, SA_BSHD, 1, HEADS, last - first, D);
    sa_tensor_set(&args.key, k + first * WIDTH, SA_F32, SA_BSHD, 1, HEADS, last - first, D);
    sa_tensor_set(&args.value, v + first * WIDTH, SA_F32, SA_BSHD, 1, HEADS, last - first, D);
    sa_tensor_set(&args.output, output + first * WIDTH, SA_F32, SA_BSHD, 1, HEADS, last - first, D);
    if (sa_attention(ctx, &args) == SA_OK) return 1;
    puts(sa_ctx_last_error(ctx));
    return 0;
}

int main(void) {
    const sa_packing packing = {.struct_size = sizeof packing, .sequences = TEXTS, .query_starts = starts};
    sa_ctx *ctx = NULL;
    for (int i = 0; i < ROWS * WIDTH; i++)
        q[i] = sinf((float)i), k[i] = cosf((float)i * 3), v[i] = (float)(i - i % WIDTH) / WIDTH;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (!attend(ctx, &packing, 0, ROWS, packed)) return 1;
    for (int b = 0; b < TEXTS; b++) {
        const int64_t first = starts[b], count = starts[b + 1] - first;
        if (!attend(ctx, NULL, first, starts[b + 1], alone)) return 1;
        const int same =
            !memcmp(packed + first * WIDTH, alone + first * WIDTH, (size_t)(count * WIDTH) * sizeof *alone);
        printf("text %d, %d tokens: %s bits\n", b, (int)count, same ? "the same" : "other");
    }
    /* Values are row numbers: a first token sees itself alone, wherever its text begins. */
    printf("first tokens: %.0f %.0f %.0f\n", packed[starts[0] * WIDTH], packed[starts[1] * WIDTH],
           packed[starts[2] * WIDTH]);
    sa_ctx_destroy(&ctx);
    return 0;
}
