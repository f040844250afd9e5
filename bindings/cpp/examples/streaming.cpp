/* Goes on with a text, and shows it as it is written: streaming MODEL PROMPT [TOKENS]
 * SPDX-License-Identifier: MIT */
#include <selfattn.hpp>

#include <iostream>

int main(int argc, char **argv) {
    if (argc < 3) {
        std::cerr << "streaming MODEL PROMPT [TOKENS]\n";
        return 2;
    }
    try {
        selfattn::context ctx;
        const selfattn::model model(ctx, argv[1]);
        const selfattn::tokenizer tokenizer(ctx, argv[1]);
        selfattn::session session(ctx, model);
        std::cout << argv[2];
        session.generate_text(ctx, tokenizer, argv[2], argc > 3 ? std::stoi(argv[3]) : 40, [](std::string_view piece) {
            std::cout << piece << std::flush;
            return true;
        });
        std::cout << "\n";
    } catch (const std::exception &failure) {
        std::cerr << failure.what() << "\n";
        return 1;
    }
}
