/* selfattn tokens: what a text looks like to a model.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "engine.h"
#include "table.h"

#include <stdio.h>
#include <stdlib.h>

static void print_table(const struct engine *engine, const struct tokens *tokens) {
    puts("position      id  token");
    for (int64_t t = 0; t < tokens->count; t++)
        printf("%8lld  %6d  %s\n", (long long)t, (int)tokens->id[t],
               sa_tokenizer_token(engine->tokenizer, tokens->id[t]));
}

static void print_object(const struct engine *engine, const struct tokens *tokens, const char *text) {
    json_t *ids = json_array(), *spelled = json_array();
    for (int64_t t = 0; t < tokens->count; t++) {
        json_array_append_new(ids, json_integer(tokens->id[t]));
        json_array_append_new(spelled, json_text(sa_tokenizer_token(engine->tokenizer, tokens->id[t])));
    }
    print_json(json_pack("{ss so so}", "text", text, "ids", ids, "tokens", spelled));
}

int command_tokens(int argc, const char **argv) {
    struct common common = {0};
    const struct poptOption options[] = {COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL TEXT", 2, 2);
    struct engine engine = engine_open(a.word[0], NULL, &common);
    struct tokens tokens = engine_tokens(&engine, a.word[1]);
    if (common.json)
        print_object(&engine, &tokens, a.word[1]);
    else
        print_table(&engine, &tokens);
    free(tokens.id);
    engine_close(&engine);
    arguments_free(&a, &common);
    return 0;
}
