/* What a BLAS computes is what plain C computes, and sa_build_info() says which BLAS that is: blas WORDS | none
 * SPDX-License-Identifier: MIT */
#include <math.h>
#include <selfattn.h>
#include <stdio.h>
#include <string.h>

enum { H = 2, T = 70, D = 24, N = H * T * D };

static sa_status attend(int32_t path, float *in, float *out) {
    const sa_ctx_options options = {.struct_size = sizeof options, .path = path};
    sa_ctx *ctx;
    sa_attention_args args = {.struct_size = sizeof args};
    sa_status status = sa_ctx_create(&options, &ctx);
    if (status) return status;
    sa_tensor_set(&args.query, in, SA_F32, SA_BHSD, 1, H, T, D);
    args.key = args.value = args.query;
    sa_tensor_set(&args.output, out, SA_F32, SA_BHSD, 1, H, T, D);
    status = sa_attention(ctx, &args);
    sa_ctx_destroy(&ctx);
    return status;
}

int main(int count, char **arguments) {
    static float in[N], plain[N], blas[N];
    double worst = 0;
    if (count != 2) return 2;
    for (int i = 0; i < N; i++) in[i] = sinf(1.7F * (float)i);
    if (attend(SA_PATH_PLAIN, in, plain)) return 1;
    const sa_status status = attend(SA_PATH_BLAS, in, blas);
    puts(sa_build_info());
    if (!strstr(sa_build_info(), arguments[1])) return 1;
    if (!strcmp(arguments[1], "BLAS none")) return status != SA_ERR_UNSUPPORTED;
    for (int i = 0; i < N; i++) worst = fmax(worst, fabs((double)blas[i] - (double)plain[i]));
    return status || worst > 1e-6; /* of values below 1 */
}
