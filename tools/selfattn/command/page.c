/* selfattn page: a page in which one types sentences, or drops pictures, and sees where each head looks.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "exit.h"
#include "page/frame.h"
#include "page/live.h"
#include "table.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* MODEL.html in the folder where the program runs. */
static char *usual_file(const char *model) {
    json_t *name = page_name(model);
    const size_t room = json_string_length(name) + 6;
    char *file = allocate(room, 1);
    snprintf(file, room, "%s.html", json_string_value(name));
    json_decref(name);
    return file;
}

int command_page(int argc, const char **argv) {
    struct common common = {0};
    struct live_page page = {.layer = NOT_GIVEN, .head = NOT_GIVEN};
    char *output = NULL, *to = NULL, *engine = NULL, *word = NULL, *part = NULL, *source = NULL, *target = NULL;
    const struct poptOption table[] = {
        {"output", 'o', POPT_ARG_STRING, &output, 0, "Write the page into FILE (default: MODEL.html)", "FILE"},
        {"to", 0, POPT_ARG_STRING, &to, 0,
         "Give the weights this type (default: q8_0, or what files have that are carried as they are): " WEIGHT_TYPES,
         "TYPE"},
        {"layer", 'l', POPT_ARG_INT, &page.layer, 0, "Begin with this layer, counted from 0", "L"},
        {"head", 'h', POPT_ARG_INT, &page.head, 0, "Begin with this head, counted from 0", "H"},
        {"word", 'w', POPT_ARG_STRING, &word, 0, "Begin with where this word looks", "WORD"},
        {"source", 0, POPT_ARG_STRING, &source, 0,
         "Begin with texts in this language, of a model that is told languages (NLLB: eng_Latn)", "CODE"},
        {"target", 0, POPT_ARG_STRING, &target, 0, "Begin with this language to write (NLLB: deu_Latn, M2M-100: de)",
         "CODE"},
        {"part", 0, POPT_ARG_STRING, &part, 0, "Of a file with several models, this one: text or vision", "NAME"},
        {"engine", 0, POPT_ARG_STRING, &engine, 0,
         "Take selfattn.js and selfattn.wasm, which scripts/wasm builds, from this folder", "FOLDER"},
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL [SENTENCE|PICTURE...]", 1, INT_MAX);
    if (!output) output = usual_file(a.word[0]);
    page.file = output, page.model = a.word[0], page.weights = to, page.library = engine, page.word = word,
    page.part = part, page.source = source, page.target = target;
    page.texts = a.word + 1, page.count = a.count - 1;
    const long long bytes = live_page_write(&page, &common);
    if (common.json)
        print_json(json_pack("{so sI}", "file", json_text(output), "bytes", (json_int_t)bytes));
    else
        printf("%s: %lld bytes\n", output, bytes);
    arguments_free(&a, &common);
    free(output);
    free(to);
    free(engine);
    free(word);
    free(part);
    free(source);
    free(target);
    return 0;
}
