/* Scores of one's own: three documents in one text, which do not see each other, and a bonus for neighbours. The
 * callbacks get tiles, and nothing of size N x N exists. Summaries say which keys were seen most.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>
#include <stdio.h>

enum { N = 12, D = 4 };

static int document[N] = {0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2, 2};

/* Whole tiles: none if the documents of the queries end before those of the keys, or the other way round. */
static int32_t ask(void *user, const sa_score_tile *t) {
    const int *of = user;
    if (of[t->query + t->queries - 1] < of[t->key] || of[t->key + t->keys - 1] < of[t->query]) return SA_TILE_NONE;
    return SA_TILE_SOME;
}

static void mask(void *user, const sa_score_tile *t) {
    const int *of = user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++)
            t->visible[i * t->query_stride + n * t->key_stride] = of[t->query + i] == of[t->key + n];
}

static void add_bonus(void *user, const sa_score_tile *t) {
    (void)user;
    for (int64_t i = 0; i < t->queries; i++)
        for (int64_t n = 0; n < t->keys; n++) {
            const int64_t distance = t->query + i - t->key - n;
            if (distance == 1) t->values[i * t->query_stride + n * t->key_stride] += 2; /* the token before */
        }
}

int main(void) {
    static float zeros[N * D], output[N * D], sums[N], strongest[N];
    static int32_t keys[N];
    const sa_score_callbacks callbacks = {
        .struct_size = sizeof callbacks, .user = document, .mask_tile = ask, .mask_mod = mask, .score_mod = add_bonus};
    sa_summaries summaries = {.struct_size = sizeof summaries, .strongest = 1, .strongest_keys = keys};
    sa_attention_args args = {.struct_size = sizeof args, .callbacks = &callbacks, .summaries = &summaries};
    sa_tensor_set(&args.query, zeros, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.key, zeros, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.value, zeros, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&args.output, output, SA_F32, SA_BHSD, 1, 1, N, D);
    sa_tensor_set(&summaries.key_sums, sums, SA_F32, SA_BHSD, 1, 1, N, 1);
    sa_tensor_set(&summaries.strongest_weights, strongest, SA_F32, SA_BHSD, 1, 1, N, 1);

    sa_ctx *ctx = NULL;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    if (sa_attention(ctx, &args) != SA_OK) puts(sa_ctx_last_error(ctx));
    for (int i = 0; i < N; i++)
        printf("token %2d of document %d: seen %.2f times, looks most at %d (%.2f)\n", i, document[i], sums[i], keys[i],
               strongest[i]);
    sa_ctx_destroy(&ctx);
    return 0;
}
