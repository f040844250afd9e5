/* The same in C++.
 * SPDX-License-Identifier: MIT */
#include <selfattn.h>

#include <iostream>
#include <vector>

int main() {
    std::vector<float> q{1, 2}, k{3, 4}, v{5, 6}, o(2);
    sa_ctx *ctx = nullptr;
    if (sa_ctx_create(nullptr, &ctx) != SA_OK) return 1;
    sa_attention_args args = sa_attention_args();
    args.struct_size = sizeof args;
    sa_tensor_set(&args.query, q.data(), SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.key, k.data(), SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.value, v.data(), SA_F32, SA_BHSD, 1, 1, 1, 2);
    sa_tensor_set(&args.output, o.data(), SA_F32, SA_BHSD, 1, 1, 1, 2);
    if (sa_attention(ctx, &args) != SA_OK) return 2;
    sa_ctx_destroy(&ctx);
    std::cout << "selfattn " << sa_version_string() << ": " << o[0] << ' ' << o[1] << '\n';
    return o != v || sa_version() != SA_VERSION;
}
