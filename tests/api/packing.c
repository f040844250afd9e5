/* What is refused about packed sequences.
 * SPDX-License-Identifier: MIT */
#include "valid.h"

#include <criterion/criterion.h>

static int64_t query_starts[] = {0, 2, T}, key_starts[] = {0, 4, S};
static sa_packing packing;

/* Makes the tensors of a valid call those of one sequence, and packs two sequences in it. */
static void pack(struct valid *v) {
    sa_attention_args *a = &v->attention;
    sa_forward_args *f = &v->forward;
    packing = (sa_packing){sizeof packing, 2, query_starts, key_starts};
    query_starts[0] = key_starts[0] = 0, query_starts[1] = 2, query_starts[2] = T, key_starts[1] = 4, key_starts[2] = S;
    a->query.size[0] = a->key.size[0] = a->value.size[0] = a->output.size[0] = a->lse.size[0] = 1;
    f->x.size[0] = f->context.size[0] = f->y.size[0] = f->lse.size[0] = 1;
    a->weights.data = f->weights.data = NULL;
    a->masking = NULL, f->masking = NULL;
    a->packing = f->packing = &packing;
}

#define PACKED_REFUSED(status, words, ...)                                                                             \
    do {                                                                                                               \
        ATTENTION_REFUSED(status, words, pack(&v), __VA_ARGS__);                                                       \
        FORWARD_REFUSED(status, words, pack(&v), __VA_ARGS__);                                                         \
    } while (0)

Test(packing, a_valid_one_works) {
    struct valid v;
    valid_make(&v);
    pack(&v);
    cr_expect_eq(sa_attention(v.ctx, &v.attention), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    cr_expect_eq(sa_forward(v.ctx, v.layer, &v.forward), SA_OK, "%s", sa_ctx_last_error(v.ctx));
    valid_free(&v);
}

Test(packing, starts) {
    PACKED_REFUSED(SA_ERR_VALUE, "packing.query_starts[0] is 1, must be 0", query_starts[0] = 1);
    PACKED_REFUSED(SA_ERR_VALUE, "packing.query_starts[2] is 1, below the 2 before it", query_starts[2] = 1);
    PACKED_REFUSED(SA_ERR_VALUE, "packing.key_starts[1] is -1, below the 0 before it", key_starts[1] = -1);
    PACKED_REFUSED(SA_ERR_SHAPE, "packing.key_starts[2] is 6, must be ", key_starts[2] = S + 1);
    PACKED_REFUSED(SA_ERR_SHAPE, "packing.query_starts[1] is 2, must be ", packing.sequences = 1);
    PACKED_REFUSED(SA_ERR_VALUE, "packing.sequences is -1, must be 0 to", packing.sequences = -1);
    PACKED_REFUSED(SA_ERR_NULL, "packing.query_starts", packing.query_starts = NULL);
    PACKED_REFUSED(SA_ERR_STRUCT_SIZE, "sa_packing", packing.struct_size = 8);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "packing.query_starts[2] is 3, must be key.size[2] = 5: all rows", pack(&v),
                      packing.key_starts = NULL);
}

Test(packing, what_does_not_go_together) {
    ATTENTION_REFUSED(SA_ERR_SHAPE, "query.size[0] is 2, must be 1 with a packing", pack(&v),
                      v.attention.query.size[0] = v.attention.key.size[0] = v.attention.value.size[0] =
                          v.attention.output.size[0] = v.attention.lse.size[0] = 2);
    ATTENTION_REFUSED(SA_ERR_UNSUPPORTED, "weights is given beside a packing", pack(&v),
                      v.attention.weights.data = v.weights, v.attention.weights.size[0] = 1);
    FORWARD_REFUSED(SA_ERR_UNSUPPORTED, "weights is given beside a packing", pack(&v),
                    v.forward.weights.data = v.weights, v.forward.weights.size[0] = 1);
    PACKED_REFUSED(SA_ERR_VALUE, "masking.key_lengths is given beside a packing", v.masking.key_lengths = v.lengths,
                   v.attention.masking = v.forward.masking = &v.masking);
    ATTENTION_REFUSED(SA_ERR_SHAPE, "lse.size[0] (batch) is 2, must be 1", pack(&v), v.attention.lse.size[0] = 2);
}
