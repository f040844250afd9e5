/* SPDX-License-Identifier: MIT */
#include "chat/chat_form.h"

#include "exit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* U+FF5C and U+2581, of which DeepSeek's tokens are made. */
#define BAR  "\xEF\xBD\x9C"
#define LINE "\xE2\x96\x81"

#define DEEPSEEK                                                                                                       \
    .begin = "{bos}", .user = {"<" BAR "User" BAR ">", ""}, .assistant = {"<" BAR "Assistant" BAR ">", "{eos}"},       \
    .system = {"", ""}, .bos = "<" BAR "begin" LINE "of" LINE "sentence" BAR ">",                                      \
    .eos = "<" BAR "end" LINE "of" LINE "sentence" BAR ">", .end = "{eos}", .needs = "<" BAR "User" BAR ">",           \
    .thought_end = "</think>"

#define HEADER  "'<|start_header_id|>' + message['role'] + '<|end_header_id|>\n\n'"
#define TRIMMED "message['content'] | trim + '<|eot_id|>'"
#define LLAMA_3                                                                                                        \
    .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},                                            \
    .assistant = {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"}, .bos = "<|begin_of_text|>",      \
    .eos = "<|eot_id|>", .end = "<|eot_id|>", .needs = "<|start_header_id|>", .trim = TRIM_ALL

#define GEMMA                                                                                                          \
    .begin = "{bos}", .user = {"<start_of_turn>user\n", "<end_of_turn>\n"},                                            \
    .assistant = {"<start_of_turn>model\n", "<end_of_turn>\n"}, .bos = "<bos>", .eos = "<eos>",                        \
    .end = "<end_of_turn>", .needs = "<start_of_turn>", .trim = TRIM_ALL

#define PHI_3                                                                                                          \
    .begin = "{bos?}", .user = {"<|user|>\n", "<|end|>\n"}, .assistant = {"<|assistant|>\n", "<|end|>\n"},             \
    .bos = "<s>", .eos = "<|endoftext|>", .end = "<|end|>", .needs = "<|assistant|>"

#define MISTRAL .bos = "<s>", .eos = "</s>", .end = "{eos}"

/* Quotes are ' and line ends are real in marks, as in a template's text that is searched for them. The first form all
 * of whose marks a template has is the template's: those that ask for more come first. */
static const struct chat_form forms[] = {
    {.name = "gpt-oss",
     .marks = {"<|start|>", "<|channel|>", "<|message|>"},
     .begin = "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\n"
              "Knowledge cutoff: 2024-06\nCurrent date: {date}\n\nReasoning: medium\n\n"
              "# Valid channels: analysis, commentary, final. Channel must be included for every message.<|end|>",
     .system = {"<|start|>developer<|message|># Instructions\n\n", "\n\n<|end|>"},
     .user = {"<|start|>user<|message|>", "<|end|>"},
     .assistant = {"<|start|>assistant<|channel|>final<|message|>", "<|end|>"},
     .answer = "<|start|>assistant",
     .bos = "<|startoftext|>",
     .eos = "<|return|>",
     .end = "<|return|>",
     .needs = "<|message|>",
     .thought_end = "<|message|>",
     .date = "%Y-%m-%d"},
    {.name = "phi-4",
     .marks = {"<|im_start|>", "<|im_sep|>", "<|im_end|>"},
     .system = {"<|im_start|>system<|im_sep|>", "<|im_end|>"},
     .user = {"<|im_start|>user<|im_sep|>", "<|im_end|>"},
     .assistant = {"<|im_start|>assistant<|im_sep|>", "<|im_end|>"},
     .bos = "<|endoftext|>",
     .eos = "<|endoftext|>",
     .end = "<|im_end|>",
     .needs = "<|im_sep|>"},
    {.name = "chatml",
     .marks = {"<|im_start|>", "<|im_end|>"},
     .begin = "{bos?}",
     .system = {"<|im_start|>system\n", "<|im_end|>\n"},
     .user = {"<|im_start|>user\n", "<|im_end|>\n"},
     .assistant = {"<|im_start|>assistant\n", "<|im_end|>\n"},
     .bos = "<s>",
     .eos = "<|im_end|>",
     .end = "<|im_end|>",
     .needs = "<|im_start|>"},
    {.name = "llama-3.1",
     .marks = {HEADER, TRIMMED, "Cutting Knowledge Date: December 2023\n"},
     .begin = "{bos}<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
              "Today Date: {date}\n\n",
     .begin_end = "<|eot_id|>",
     .date = "%d %b %Y",
     .old_date = "26 Jul 2024",
     LLAMA_3},
    {.name = "llama-3",
     .marks = {HEADER, TRIMMED},
     .begin = "{bos}",
     .system = {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
     LLAMA_3},
    {.name = "gemma-3",
     .marks = {"<start_of_turn>", "<end_of_turn>", "first_user_prefix"},
     .system = {"", "\n\n"},
     .system_place = SYSTEM_IN_FIRST,
     GEMMA},
    {.name = "gemma", .marks = {"<start_of_turn>", "<end_of_turn>"}, .system_place = SYSTEM_REFUSED, GEMMA},
    {.name = "deepseek-r1",
     .marks = {"<" BAR "User" BAR ">", "<" BAR "Assistant" BAR "><think>\n"},
     .answer = "<" BAR "Assistant" BAR "><think>\n",
     DEEPSEEK},
    {.name = "deepseek", .marks = {"<" BAR "User" BAR ">", "<" BAR "Assistant" BAR ">"}, DEEPSEEK},
    {.name = "phi-3", .marks = {"<|user|>", "<|system|>", "<|end|>"}, .system = {"<|system|>\n", "<|end|>\n"}, PHI_3},
    {.name = "phi-3",
     .marks = {"'<|' + message['role'] + '|>' + '\n'", "<|end|>"},
     .system = {"<|system|>\n", "<|end|>\n"},
     PHI_3},
    {.name = "phi-3-mini", .marks = {"<|user|>", "<|assistant|>", "<|end|>"}, .system_place = SYSTEM_REFUSED, PHI_3},
    {.name = "zephyr",
     .marks = {"'<|user|>\n' + message['content'] + eos_token", "'<|assistant|>\n'"},
     .begin = "{bos?}",
     .system = {"<|system|>\n", "{eos}\n"},
     .user = {"<|user|>\n", "{eos}\n"},
     .assistant = {"<|assistant|>\n", "{eos}\n"},
     .bos = "<s>",
     .eos = "</s>",
     .end = "{eos}"},
    {.name = "llama-2",
     .marks = {"[INST]", "<<SYS>>", ".strip()"},
     .system = {"<<SYS>>\n", "\n<</SYS>>\n\n"},
     .user = {"{bos}[INST] ", " [/INST]"},
     .assistant = {" ", " {eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_FIRST,
     .trim = TRIM_TOGETHER,
     MISTRAL},
    {.name = "mistral-v7",
     .marks = {"'[INST] '", "'[SYSTEM_PROMPT] '"},
     .begin = "{bos}",
     .system = {"[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]"},
     .user = {"[INST] ", "[/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     MISTRAL},
    {.name = "mistral-v3",
     .marks = {"'[INST] ' + message['content'] + '[/INST]'", "loop.last and system_message"},
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {"[INST] ", "[/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_LAST,
     .trim = TRIM_ANSWERS,
     MISTRAL},
    {.name = "mistral-tekken",
     .marks = {"'[INST]' + message['content'] + '[/INST]'", "loop.last and system_message"},
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {"[INST]", "[/INST]"},
     .assistant = {"", "{eos}"},
     .system_place = SYSTEM_IN_LAST,
     MISTRAL},
    {.name = "mistral-v1",
     .marks = {"' [INST] '", "' [/INST]'", "loop.first and system_message"},
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {" [INST] ", " [/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_FIRST,
     MISTRAL},
    {.name = "mistral",
     .marks = {"'[INST] ' + message['content'] + ' [/INST]'", "message['content'] + eos_token"},
     .begin = "{bos}",
     .user = {"[INST] ", " [/INST]"},
     .assistant = {"", "{eos}"},
     .system_place = SYSTEM_REFUSED,
     MISTRAL},
};
enum { FORMS = sizeof forms / sizeof forms[0], MARKS = 3 };

const struct chat_form *chat_form_named(const char *name) {
    for (int i = 0; i < FORMS; i++)
        if (!strcmp(forms[i].name, name)) return &forms[i];
    return NULL;
}

/* The text with ' for ", and a line end for \\n; free() it. */
static char *plain(const char *text) {
    char *copy = allocate(strlen(text) + 1, 1), *to = copy;
    for (; *text; text++) {
        const int is_line_end = text[0] == '\\' && text[1] == 'n';
        *to++ = (char)(is_line_end ? '\n' : *text == '"' ? '\'' : *text);
        text += is_line_end;
    }
    return copy;
}

static int has_marks(const struct chat_form *form, const char *text) {
    for (int i = 0; i < MARKS && form->marks[i]; i++)
        if (!strstr(text, form->marks[i])) return 0;
    return 1;
}

const struct chat_form *chat_form_of(const char *text) {
    char *copy = plain(text);
    int i = 0;
    while (i < FORMS && !has_marks(&forms[i], copy)) i++;
    free(copy);
    return i < FORMS ? &forms[i] : NULL;
}

const char *chat_form_names(void) {
    static char names[512];
    size_t used = 0;
    for (int i = 0; i < FORMS; i++)
        if (!i || strcmp(forms[i].name, forms[i - 1].name) != 0)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", forms[i].name);
    return names;
}
