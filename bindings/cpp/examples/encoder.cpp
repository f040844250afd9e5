/* A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
 * normalised.
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include <cmath>
#include <cstdio>

using numbers = std::vector<float>;
constexpr int TOKENS = 5, WIDTH = 64, INNER = 128;

/* Adds `more` to x; then each row gets mean 0 and variance 1. */
static void add_and_norm(numbers &x, const numbers &more) {
    for (int t = 0; t < TOKENS; t++) {
        float *row = &x[t * WIDTH], mean = 0, variance = 0;
        for (int i = 0; i < WIDTH; i++) mean += (row[i] += more[t * WIDTH + i]) / WIDTH;
        for (int i = 0; i < WIDTH; i++) variance += (row[i] - mean) * (row[i] - mean) / WIDTH;
        for (int i = 0; i < WIDTH; i++) row[i] = (row[i] - mean) / std::sqrt(variance + 1e-5F);
    }
}

/* Rows times a matrix [out][in]. */
static numbers linear(const numbers &x, const numbers &weight, int in, int out) {
    numbers y(TOKENS * out);
    for (int t = 0; t < TOKENS; t++)
        for (int o = 0; o < out; o++)
            for (int i = 0; i < in; i++) y[t * out + o] += x[t * in + i] * weight[o * in + i];
    return y;
}

static numbers ramp(int count) {
    numbers made(count);
    for (int i = 0; i < count; i++) made[i] = (i * 7 % 31 - 15) / 160.0F;
    return made;
}

int main() {
    numbers x(TOKENS * WIDTH), y(TOKENS * WIDTH);
    for (int i = 0; i < TOKENS * WIDTH; i++) x[i] = i * i % 13 / 13.0F;
    const numbers matrix = ramp(WIDTH * WIDTH), up = ramp(INNER * WIDTH), down = ramp(WIDTH * INNER);
    try {
        selfattn::context ctx;
        selfattn::layer_config config;
        config.model_width = WIDTH;
        config.query_heads = 4;
        config.weight_q = config.weight_k = config.weight_v = config.weight_o = matrix;
        const selfattn::layer layer(ctx, config);

        layer.forward(ctx, selfattn::rows(x, {1, TOKENS, WIDTH}), selfattn::rows(y, {1, TOKENS, WIDTH}));
    } catch (const selfattn::error &failure) {
        std::puts(failure.what());
        return 1;
    }
    add_and_norm(x, y);
    numbers inner = linear(x, up, WIDTH, INNER);
    for (float &number : inner) number = std::max(number, 0.0F);
    add_and_norm(x, linear(inner, down, INNER, WIDTH));
    std::printf("%.4f %.4f %.4f %.4f\n", x[0], x[1], x[2], x[3]);
}
