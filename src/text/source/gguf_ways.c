/* The expressions are those of the models' own tokenizers; llama.cpp gave the names.
 * SPDX-License-Identifier: MIT */
#include "text/source/gguf_ways.h"

#include "base/compiler.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GPT2         "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+"
#define CONTRACTIONS "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
#define REST         "\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
#define LLAMA3(digits)                                                                                                 \
    CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" digits "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" REST
/* Words in which capitals come first. */
#define BEFORE  "[^\\r\\n\\p{L}\\p{N}]?"
#define CAPITAL "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define SMALL   "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define CASED(ending, digits)                                                                                          \
    BEFORE CAPITAL "*" SMALL "+" ending "|" BEFORE CAPITAL "+" SMALL "*" ending "|\\p{N}" digits                       \
                   "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|" REST
#define ASCII_SYMBOL   "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]"
#define DEEPSEEK3_WORD "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
#define DEEPSEEK3      ASCII_SYMBOL "[A-Za-z]+|" DEEPSEEK3_WORD "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" REST
#define HAN_AND_KANA   "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+"
#define EAST_ASIAN     "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+"
/* Groups of three digits, counted from the end of the number. */
#define THREE_DIGITS_FROM_BEHIND "\\d{1,3}(?=(?:\\d{3})*\\b)"
#define BLOOM                    " ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{ff0c}\\x{3001}\\x{964}\\x{6d4}\\x{60c})]+"

static const struct gguf_way ways[] = {
    {.names = {"gpt-2", "phi-2", "mpt", "olmo", "jina-es", "jina-de", "trillion", "jais"}, .regexes = {GPT2}},
    {.names = {"gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "granite-docling", "exaone4"},
     .regexes = {GPT2}},
    {.names = {"modern-bert", "roberta-bpe", "jina-v1-en", "jina-v2-code"}, .regexes = {GPT2}},
    {.names = {"default"}, .regexes = {"[\\p{P}$+<=>^~|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"}},
    {.names = {"jina-v5-nano"}, .regexes = {LLAMA3("{1,3}")}, .whole_words = 1, .begins = 1},
    {.names = {"kormo", "f2llmv2"}, .regexes = {LLAMA3("")}, .composes = 1},
    {.names = {"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2"},
     .regexes = {LLAMA3("{1,3}")},
     .whole_words = 1,
     .begins = 1},
    {.names = {"dbrx", "smaug-bpe", "chatglm-bpe", "glm4"}, .regexes = {LLAMA3("{1,3}")}},
    {.names = {"qwen2", "deepseek-r1-qwen", "stablelm2", "hunyuan", "megrez", "solar-open", "grok-2"},
     .regexes = {LLAMA3("")},
     .composes = 1},
    {.names = {"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"},
     .regexes = {"\\p{N}", GPT2}},
    {.names = {"falcon"}, .regexes = {"[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"}},
    {.names = {"deepseek-coder"}, .regexes = {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EAST_ASIAN, "\\p{N}"}},
    {.names = {"deepseek-v3", "hunyuan-dense", "joyai-llm"}, .regexes = {"\\p{N}{1,3}", HAN_AND_KANA, DEEPSEEK3}},
    {.names = {"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, .regexes = {CASED(CONTRACTIONS "?", "{1,3}")}},
    {.names = {"granite-embed-multi-97m"}, .regexes = {CASED(CONTRACTIONS "?", "{1,3}")}, .whole_words = 1},
    {.names = {"tiny_aya", "cohere2moe"}, .regexes = {THREE_DIGITS_FROM_BEHIND, CASED(CONTRACTIONS "?", "{1,3}")}},
    {.names = {"tekken"}, .regexes = {CASED("", "")}, .whole_words = 1, .begins = 1},
    {.names = {"bloom", "poro-chat", "gpt3-finnish"}, .regexes = {BLOOM}},
    {.names = {"viking"}, .regexes = {BLOOM, "\\p{N}"}},
    {.names = {"bailingmoe", "bailingmoe2", "llada-moe"},
     .regexes =
         {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|"
          "\\s+(?!\\S)|\\s+"}},
    {.names = {"seed-coder"},
     .regexes = {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" REST}},
    {.names = {"minicpm5"}, .regexes = {"\\p{N}{1,3}", LLAMA3("+")}, .whole_words = 1},
    {.names = {"laguna"}, .regexes = {"[^\\n]+|[\\n]+", LLAMA3("")}},
    {.names = {"jais-2"},
     .regexes = {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+"
                              "|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)"
                              "|\\s{16}(?!\\S)|\\s{8}(?!\\S)|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}"}},
    {.names = {"exaone-moe"},
     .regexes = {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}"
                              "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"}},
    {.names = {"qwen35"},
     .regexes = {CONTRACTIONS
                 "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" REST}},
};

const char gguf_ways[] = "gpt-2, llama-bpe, qwen2, smollm, starcoder, command-r, falcon, deepseek-coder, deepseek-v3, "
                         "gpt-4o, tekken, bloom and others of their kind";

const struct gguf_way *gguf_way_of(const char *name) {
    for (int64_t i = 0; i < COUNT_OF(ways); i++)
        for (int64_t n = 0; n < COUNT_OF(ways[i].names) && ways[i].names[n]; n++)
            if (!strcmp(name, ways[i].names[n])) return &ways[i];
    return NULL;
}

const struct gguf_way *gguf_way_at(int64_t index) {
    return index < COUNT_OF(ways) ? &ways[index] : NULL;
}
