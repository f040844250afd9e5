/* Says how close two sentences are in meaning: sentences MODEL SENTENCE SENTENCE
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include <cmath>
#include <cstdio>
#include <numeric>

static double dot(const float *a, const float *b, std::size_t count) {
    return std::inner_product(a, a + count, b, 0.0);
}

int main(int argc, char **argv) {
    if (argc < 4) {
        std::puts("sentences MODEL SENTENCE SENTENCE");
        return 2;
    }
    try {
        selfattn::context ctx;
        const selfattn::model model(ctx, argv[1]);
        const selfattn::tokenizer tokenizer(ctx, argv[1]);
        const auto found = model.encode(ctx, {tokenizer.encode(ctx, argv[2]), tokenizer.encode(ctx, argv[3])});
        const std::size_t width = found.embedding.size() / 2; /* the vectors lie one behind the other */
        const float *a = found.embedding.data(), *b = a + width;
        const double cosine = dot(a, b, width) / std::sqrt(dot(a, a, width) * dot(b, b, width));
        std::printf("\"%s\" and \"%s\": %.3f\n", argv[2], argv[3], cosine);
    } catch (const selfattn::error &failure) {
        std::puts(failure.what());
        return 1;
    }
}
