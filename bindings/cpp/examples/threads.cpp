/* Four threads share one layer; each has a context of its own.
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include <cstdio>
#include <future>

constexpr int TOKENS = 5, WIDTH = 64;

static std::vector<float> forward(const selfattn::layer &layer, const std::vector<float> &x) {
    selfattn::context ctx = selfattn::context::with_threads(1);
    selfattn::masking causal;
    causal.causal = 1;
    selfattn::forward_options options;
    options.masking = &causal;
    std::vector<float> y(x.size());
    layer.forward(ctx, selfattn::rows(x, {1, TOKENS, WIDTH}), selfattn::rows(y, {1, TOKENS, WIDTH}), options);
    return y;
}

int main() {
    std::vector<float> x(TOKENS * WIDTH), w(4 * WIDTH * WIDTH);
    for (int i = 0; i < TOKENS * WIDTH; i++) x[i] = i * i % 13 / 13.0F;
    for (int i = 0; i < 4 * WIDTH * WIDTH; i++) w[i] = (i * 7 % 31 - 15) / 160.0F;
    const auto matrix = [&](int n) { return selfattn::span<const float>(&w[n * WIDTH * WIDTH], WIDTH * WIDTH); };
    selfattn::layer_config config;
    config.model_width = WIDTH;
    config.query_heads = 4;
    config.weight_q = matrix(0);
    config.weight_k = matrix(1);
    config.weight_v = matrix(2);
    config.weight_o = matrix(3);
    selfattn::context ctx;
    const selfattn::layer layer(ctx, config);

    std::vector<std::future<std::vector<float>>> threads;
    for (int n = 0; n < 4; n++) threads.push_back(std::async(std::launch::async, [&] { return forward(layer, x); }));
    const std::vector<float> first = threads[0].get();
    for (int n = 1; n < 4; n++)
        if (threads[n].get() != first) return 1;
    std::printf("4 threads, the same bits, y[0] = %.4f\n", first[0]);
}
