/* selfattn answer: the words of a text that answer a question.
 * SPDX-License-Identifier: MIT */
#include "classifier/answering.h"
#include "command/command.h"
#include "exit.h"
#include "table.h"
#include "text/text_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *answer(const struct asking *a, const char *question, const char *text, int json) {
    struct answers found = answers_find(a, question, text);
    json_t *list = json_array();
    for (int64_t i = 0; i < found.count; i++) {
        const struct answer *one = &found.best[i];
        char *words = text_between(text + one->begin, text + one->end);
        if (!json) printf("%6.2f %%  %s\n", 100 * one->probability, words);
        json_array_append_new(list, json_pack("{ss sf sI sI}", "answer", words, "probability", one->probability,
                                              "begin", (json_int_t)one->begin, "end", (json_int_t)one->end));
        free(words);
    }
    free(found.best);
    return json_pack("{ss so}", "question", question, "answers", list);
}

int command_answer(int argc, const char **argv) {
    struct common common = {0};
    char *file = NULL;
    char **questions = NULL;
    int top = 1, longest = 15, tokens = 384;
    const struct poptOption options[] = {
        {"question", 'q', POPT_ARG_ARGV, &questions, 0, "What is asked; to be given several times", "TEXT"},
        {"file", 'f', POPT_ARG_STRING, &file, 0, "Read the text from FILE; - is standard input", "FILE"},
        {"top", 'n', POPT_ARG_INT, &top, 0, "Show the N most probable answers (default: 1)", "N"},
        {"longest", 0, POPT_ARG_INT, &longest, 0, "An answer has at most N tokens (default: 15)", "N"},
        {"window", 0, POPT_ARG_INT, &tokens, 0,
         "Read so many tokens at once, question and text (default: 384, or what the model reads)", "N"},
        ADAPTER_OPTION(common),
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, options, "MODEL --question TEXT [TEXT]", 1, 2);
    if (!questions) usage_error("--question is missing");
    if (file && a.count > 1) usage_error("the text is given twice: --file %s, and \"%.40s\"", file, a.word[1]);
    if (top < 1) usage_error("--top is %d, must be at least 1", top);
    if (longest < 1) usage_error("--longest is %d, must be at least 1", longest);
    if (tokens < 1) usage_error("--window is %d, must be at least 1", tokens);
    struct engine e = engine_open(a.word[0], NULL, &common);
    engine_load(&e, a.word[0]);
    if (!answers_are_shown(&e, a.word[0]))
        failure("%s: this %s model does not show where answers are: it is no ...ForQuestionAnswering of a known family",
                a.word[0], sa_model_type(e.model));
    const int64_t positions = sa_model_get(e.model, SA_MODEL_MAX_POSITIONS);
    const struct asking asking = {.engine = &e,
                                  .tokens = positions > 0 && positions < tokens ? positions : tokens,
                                  .longest = longest,
                                  .most = top};
    char *text = a.count > 1 ? strdup(a.word[1]) : text_file_read(file ? file : "-");
    if (!text) failure("no memory for a text");
    json_t *results = json_array();
    for (int i = 0; questions[i]; i++) {
        if (!common.json && questions[1]) puts(questions[i]);
        json_array_append_new(results, answer(&asking, questions[i], text, common.json));
    }
    if (common.json) print_json(json_pack("{sO}", "results", results));
    json_decref(results);
    free(text);
    engine_close(&e);
    arguments_free(&a, &common);
    for (int i = 0; questions[i]; i++) free(questions[i]);
    free(questions);
    free(file);
    return 0;
}
