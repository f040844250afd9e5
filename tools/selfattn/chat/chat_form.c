/* SPDX-License-Identifier: MIT */
#include "chat/chat_form.h"

#include <stdio.h>
#include <string.h>

/* U+FF5C and U+2581, of which DeepSeek's tokens are made. */
#define BAR  "\xEF\xBD\x9C"
#define LINE "\xE2\x96\x81"

#define DEEPSEEK                                                                                                       \
    .begin = "{bos}", .user = {"<" BAR "User" BAR ">", ""}, .assistant = {"<" BAR "Assistant" BAR ">", "{eos}"},       \
    .system = {"", ""}, .bos = "<" BAR "begin" LINE "of" LINE "sentence" BAR ">",                                      \
    .eos = "<" BAR "end" LINE "of" LINE "sentence" BAR ">", .end = "{eos}", .needs = "<" BAR "User" BAR ">",           \
    .thought_end = "</think>"

#define LLAMA_3                                                                                                        \
    .user = {"<|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"},                                            \
    .assistant = {"<|start_header_id|>assistant<|end_header_id|>\n\n", "<|eot_id|>"}, .bos = "<|begin_of_text|>",      \
    .eos = "<|eot_id|>", .end = "<|eot_id|>", .needs = "<|start_header_id|>", .trim = TRIM_ALL

#define GEMMA                                                                                                          \
    .begin = "{bos}", .user = {"<start_of_turn>user\n", "<end_of_turn>\n"},                                            \
    .assistant = {"<start_of_turn>model\n", "<end_of_turn>\n"}, .bos = "<bos>", .eos = "<eos>",                        \
    .end = "<end_of_turn>", .needs = "<start_of_turn>", .trim = TRIM_ALL

#define PHI_3                                                                                                          \
    .user = {"<|user|>\n", "<|end|>\n"}, .assistant = {"<|assistant|>\n", "<|end|>\n"}, .bos = "<s>",                  \
    .eos = "<|endoftext|>", .end = "<|end|>", .needs = "<|assistant|>"

#define MISTRAL .bos = "<s>", .eos = "</s>", .end = "{eos}"

/* Those that ask for more tokens come first: chat_form_fitting() takes the first that fits. */
static const struct chat_form forms[] = {
    {.name = "gpt-oss",
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
     .system = {"<|im_start|>system<|im_sep|>", "<|im_end|>"},
     .user = {"<|im_start|>user<|im_sep|>", "<|im_end|>"},
     .assistant = {"<|im_start|>assistant<|im_sep|>", "<|im_end|>"},
     .bos = "<|endoftext|>",
     .eos = "<|endoftext|>",
     .end = "<|im_end|>",
     .needs = "<|im_sep|>"},
    {.name = "chatml",
     .system = {"<|im_start|>system\n", "<|im_end|>\n"},
     .user = {"<|im_start|>user\n", "<|im_end|>\n"},
     .assistant = {"<|im_start|>assistant\n", "<|im_end|>\n"},
     .bos = "<s>",
     .eos = "<|im_end|>",
     .end = "<|im_end|>",
     .needs = "<|im_start|>"},
    {.name = "llama-3.1",
     .begin = "{bos}<|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\n"
              "Today Date: {date}\n\n",
     .begin_end = "<|eot_id|>",
     .date = "%d %b %Y",
     LLAMA_3},
    {.name = "llama-3",
     .begin = "{bos}",
     .system = {"<|start_header_id|>system<|end_header_id|>\n\n", "<|eot_id|>"},
     LLAMA_3},
    {.name = "gemma-3", .system = {"", "\n\n"}, .system_place = SYSTEM_IN_FIRST, GEMMA},
    {.name = "gemma", .system_place = SYSTEM_REFUSED, GEMMA},
    {.name = "deepseek-r1", .answer = "<" BAR "Assistant" BAR "><think>\n", DEEPSEEK},
    {.name = "deepseek", DEEPSEEK},
    {.name = "phi-3", .system = {"<|system|>\n", "<|end|>\n"}, PHI_3},
    {.name = "phi-3-mini", .system_place = SYSTEM_REFUSED, PHI_3},
    {.name = "zephyr",
     .system = {"<|system|>\n", "{eos}\n"},
     .user = {"<|user|>\n", "{eos}\n"},
     .assistant = {"<|assistant|>\n", "{eos}\n"},
     .bos = "<s>",
     .eos = "</s>",
     .end = "{eos}"},
    {.name = "llama-2",
     .system = {"<<SYS>>\n", "\n<</SYS>>\n\n"},
     .user = {"{bos}[INST] ", " [/INST]"},
     .assistant = {" ", " {eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_FIRST,
     .trim = TRIM_TOGETHER,
     MISTRAL},
    {.name = "mistral-v7",
     .begin = "{bos}",
     .system = {"[SYSTEM_PROMPT] ", "[/SYSTEM_PROMPT]"},
     .user = {"[INST] ", "[/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     MISTRAL},
    {.name = "mistral-v3",
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {"[INST] ", "[/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_LAST,
     .trim = TRIM_ANSWERS,
     MISTRAL},
    {.name = "mistral-tekken",
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {"[INST]", "[/INST]"},
     .assistant = {"", "{eos}"},
     .system_place = SYSTEM_IN_LAST,
     MISTRAL},
    {.name = "mistral-v1",
     .begin = "{bos}",
     .system = {"", "\n\n"},
     .user = {" [INST] ", " [/INST]"},
     .assistant = {" ", "{eos}"},
     .answer = "",
     .system_place = SYSTEM_IN_FIRST,
     MISTRAL},
    {.name = "mistral",
     .begin = "{bos}",
     .user = {"[INST] ", " [/INST]"},
     .assistant = {"", "{eos}"},
     .system_place = SYSTEM_REFUSED,
     MISTRAL},
};
enum { FORMS = sizeof forms / sizeof forms[0] };

const struct chat_form *chat_form_named(const char *name) {
    for (int i = 0; i < FORMS; i++)
        if (!strcmp(forms[i].name, name)) return &forms[i];
    return NULL;
}

const struct chat_form *chat_form_fitting(const sa_tokenizer *tokenizer) {
    for (int i = 0; i < FORMS; i++) {
        const char *const tokens[] = {forms[i].bos, forms[i].eos, forms[i].needs ? forms[i].needs : forms[i].bos};
        int32_t id;
        int k = 0;
        while (k < 3 && !sa_tokenizer_find(tokenizer, tokens[k], &id)) k++;
        if (k == 3) return &forms[i];
    }
    return NULL;
}

const char *chat_form_names(void) {
    static char names[512];
    size_t used = 0;
    for (int i = 0; i < FORMS; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", forms[i].name);
    return names;
}
