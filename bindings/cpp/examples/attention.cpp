/* Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include <cstdio>

constexpr int HEADS = 2, TOKENS = 5, SIZE = 8;

static std::vector<float> numbers(int step) {
    std::vector<float> made(HEADS * TOKENS * SIZE);
    for (int i = 0; i < HEADS * TOKENS * SIZE; i++) made[i] = i * step % 13 / 13.0F;
    return made;
}

int main() {
    try {
        const std::vector<float> q = numbers(3), k = numbers(5), v = numbers(7);
        std::vector<float> y(q.size());
        selfattn::context ctx;
        selfattn::masking causal;
        causal.causal = 1;
        selfattn::attention_options options;
        options.masking = &causal;
        selfattn::attention(ctx, selfattn::bhsd(q, {1, HEADS, TOKENS, SIZE}),
                            selfattn::bhsd(k, {1, HEADS, TOKENS, SIZE}), selfattn::bhsd(v, {1, HEADS, TOKENS, SIZE}),
                            selfattn::bhsd(y, {1, HEADS, TOKENS, SIZE}), options);
        const float *last = &y[y.size() - 4];
        std::printf("%.4f %.4f %.4f %.4f\n", last[0], last[1], last[2], last[3]);
    } catch (const selfattn::error &failure) {
        std::puts(failure.what());
        return 1;
    }
}
