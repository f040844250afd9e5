/* A program of somebody else: one query, one key, so the output is the value.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>

#include <stdio.h>

int main(void) {
    float q[2] = {1, 2}, k[2] = {3, 4}, v[2] = {5, 6}, o[2] = {0, 0};
    sa_ctx *ctx = NULL;
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    sa_attention_args args = {.struct_size = sizeof args};
    sa_tensor_set(&args.query, q, SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.key, k, SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.value, v, SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.output, o, SA_F32, SA_BHSD, 1, 1, 1, 2);
    if (sa_attention(ctx, &args) != SA_OK) return 2;
    sa_ctx_destroy(&ctx);
    printf("selfattn %s: %g %g\n", sa_version_string(), o[0], o[1]);
    return o[0] != 5 || o[1] != 6 || sa_version() != SA_VERSION;
}
