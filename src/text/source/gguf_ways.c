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
#define BEFORE                       "[^\\r\\n\\p{L}\\p{N}]?"
#define CAPITAL                      "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]"
#define SMALL                        "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]"
#define WORD(capital, small, ending) BEFORE capital "*" small "+" ending "|" BEFORE capital "+" small "*" ending
#define OTHERS                       "| ?[^\\s\\p{L}\\p{N}]+"
#define CASED(ending, digits)        WORD(CAPITAL, SMALL, ending) "|\\p{N}" digits OTHERS "[\\r\\n/]*|" REST
/* The same but for Chinese characters, which are words of their own. */
#define NO_HAN "(?!\\p{Han})"
#define KIMI                                                                                                           \
    "\\p{Han}+|" WORD("(?:" NO_HAN CAPITAL ")", "(?:" NO_HAN SMALL ")", CONTRACTIONS "?") "|\\p{N}{1,3}" OTHERS        \
                                                                                          "[\\r\\n]*|" REST
#define ASCII_SYMBOL   "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]"
#define DEEPSEEK3_WORD "[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+"
#define DEEPSEEK3      ASCII_SYMBOL "[A-Za-z]+|" DEEPSEEK3_WORD "| ?[\\p{P}\\p{S}]+[\\r\\n]*|" REST
#define SPARK          ASCII_SYMBOL "[A-Za-z]+|" DEEPSEEK3_WORD "| ?[\\p{P}\\p{S}]+|[\\r\\n]|\\s+(?!\\S)|\\s+"
#define HAN_AND_KANA   "[\\x{4e00}-\\x{9fa5}\\x{3040}-\\x{309f}\\x{30a0}-\\x{30ff}]+"
#define EAST_ASIAN     "[\\x{4e00}-\\x{9fa5}\\x{800}-\\x{4e00}\\x{ac00}-\\x{d7ff}]+"
/* Groups of three digits, counted from the end of the number: as matches, if no letter follows; with other numbers as
 * digits; and cut apart where no character is, so that a match goes on to the next such place. In the last only the
 * first group looks at all digits; expression.c knows the others. */
#define THREE_DIGITS_FROM_BEHIND  "\\d{1,3}(?=(?:\\d{3})*\\b)"
#define THREE_NUMBERS_FROM_BEHIND "\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))"
#define CUT_BEFORE_THREE_DIGITS   "(?<=\\d)\\d{3}(?=\\d)|[\\s\\S](?:(?!(?:\\d{3})+(?!\\d))[\\s\\S])*+"
#define SOUTH_EAST_ASIAN                                                                                               \
    "[\\x{4e00}-\\x{9fff}\\x{3400}-\\x{4dbf}\\x{f900}-\\x{faff}\\x{3040}-\\x{30ff}\\x{ff65}-\\x{ff9f}"                 \
    "\\x{2f00}-\\x{2fdf}\\x{e40}-\\x{e7f}\\x{e80}-\\x{eff}\\x{1780}-\\x{17ff}\\x{1000}-\\x{109f}"                      \
    "\\x{aa60}-\\x{aa7f}\\x{a9e0}-\\x{a9ff}\\x{ac00}-\\x{d7af}\\x{1100}-\\x{11ff}]+"
#define YOUTU                                                                                                          \
    "[\\x{ac00}-\\x{d7a3}\\x{3131}-\\x{318e}]+|[\\x{ff01}\\x{2026}\\x{201c}\\x{201d}\\x{2018}\\x{2019}"                \
    "\\x{2014}\\x{ff1a}\\x{ff1b}\\x{ff0c}\\x{3001}-\\x{303f}\\x{fe30}-\\x{fe4f}]+|[\\x{3105}-\\x{312f}]+"              \
    "|" HAN_AND_KANA
/* Latin, Greek, Cyrillic and other letters with two cases, as that model's tokenizer lists them. */
#define CASED_LETTERS                                                                                                  \
    "A-Za-z\\x{b5}\\x{c0}-\\x{d6}\\x{d8}-\\x{f6}\\x{f8}-\\x{1ba}\\x{1bc}-\\x{1bf}\\x{1c4}-\\x{293}"                    \
    "\\x{295}-\\x{2af}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37b}-\\x{37d}\\x{37f}\\x{386}\\x{388}-\\x{38a}"             \
    "\\x{38c}\\x{38e}-\\x{3a1}\\x{3a3}-\\x{3f5}\\x{3f7}-\\x{481}\\x{48a}-\\x{52f}\\x{531}-\\x{556}"                    \
    "\\x{10a0}-\\x{10c5}\\x{13a0}-\\x{13f5}\\x{13f8}-\\x{13fd}\\x{1c90}-\\x{1cba}\\x{1cbd}-\\x{1cbf}"                  \
    "\\x{1d00}-\\x{1d2b}\\x{1d6b}-\\x{1d77}\\x{1d79}-\\x{1d9a}\\x{1e00}-\\x{1f15}\\x{1f18}-\\x{1f1d}"                  \
    "\\x{1f20}-\\x{1f45}\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}\\x{1f59}\\x{1f5b}\\x{1f5d}\\x{1f5f}-\\x{1f7d}"          \
    "\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}\\x{1fbe}\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}"         \
    "\\x{1fd6}-\\x{1fdb}\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}\\x{1ff6}-\\x{1ffc}\\x{2102}\\x{2107}"                   \
    "\\x{210a}-\\x{2113}\\x{2115}\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}\\x{212a}-\\x{212d}"                    \
    "\\x{212f}-\\x{2134}\\x{2139}\\x{213c}-\\x{213f}\\x{2145}-\\x{2149}\\x{214e}\\x{2183}\\x{2184}"                    \
    "\\x{2c00}-\\x{2c7b}\\x{2c7e}-\\x{2ce4}\\x{2ceb}-\\x{2cee}\\x{2cf2}\\x{2cf3}\\x{a640}-\\x{a66d}"                   \
    "\\x{a680}-\\x{a69b}\\x{a722}-\\x{a76f}\\x{a771}-\\x{a787}\\x{a78b}-\\x{a78e}\\x{ab70}-\\x{abbf}"                  \
    "\\x{fb00}-\\x{fb06}\\x{fb13}-\\x{fb17}\\x{ff21}-\\x{ff3a}\\x{ff41}-\\x{ff5a}\\x{10400}-\\x{1044f}"                \
    "\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}"                             \
    "\\x{118a0}-\\x{118df}\\x{1e900}-\\x{1e943}"
#define DEEPSEEK_SYMBOLS "\\s?[!-/:-~\\x{ff01}-\\x{ff0f}\\x{ff1a}-\\x{ff5e}\\x{2018}-\\x{201f}\\x{3000}-\\x{3002}]+"
#define BLOOM            " ?[^(\\s|.,!?\\x{2026}\\x{3002}\\x{ff0c}\\x{3001}\\x{964}\\x{6d4}\\x{60c})]+"

static const struct gguf_way ways[] = {
    {.names = {"gpt-2", "phi-2", "jina-es", "jina-de", "trillion", "jais"}, .regexes = {GPT2}},
    {.names = {"mpt", "olmo", "modern-bert"}, .regexes = {GPT2}, .composes = 1},
    {.names = {"gigachat", "jina-v2-es", "jina-v2-de", "a.x-4.0", "mellum", "granite-docling", "exaone4"},
     .regexes = {GPT2}},
    {.names = {"roberta-bpe", "jina-v1-en", "jina-v2-code"}, .regexes = {GPT2}},
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
    {.names = {"starcoder", "refact", "smollm", "codeshell", "exaone", "minerva-7b", "mellum2"},
     .regexes = {"\\p{N}", GPT2}},
    {.names = {"command-r"}, .regexes = {"\\p{N}", GPT2}, .composes = 1},
    {.names = {"falcon"}, .regexes = {"[\\p{P}$+<=>^~|`]+", GPT2, "[0-9][0-9][0-9]"}},
    {.names = {"deepseek-coder"}, .regexes = {"[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", EAST_ASIAN, "\\p{N}"}},
    {.names = {"deepseek-llm"},
     .regexes = {"[\\r\\n]", "\\s?[" CASED_LETTERS "]+", DEEPSEEK_SYMBOLS, "\\s+$", EAST_ASIAN, "\\p{N}"}},
    {.names = {"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"},
     .regexes = {"\\p{N}{1,3}", HAN_AND_KANA, DEEPSEEK3}},
    {.names = {"spark2_5"}, .regexes = {"\\p{N}{1,3}", HAN_AND_KANA, SPARK, "\\p{N}"}},
    {.names = {"afmoe"}, .regexes = {THREE_NUMBERS_FROM_BEHIND, SOUTH_EAST_ASIAN, DEEPSEEK3}},
    {.names = {"superbpe"}, .regexes = {"\\p{N}+", CUT_BEFORE_THREE_DIGITS}},
    {.names = {"kimi-k2"}, .regexes = {KIMI}},
    {.names = {"youtu"}, .regexes = {YOUTU, CASED(CONTRACTIONS "?", "")}, .whole_words = 1},
    {.names = {"chameleon"},
     .regexes = {"<sentinel:[0-9]+>", "(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z", "([\\t\\n]|    |  )", "\\p{N}",
                 "[\\p{P}!-/:-@\\[-`{-~]", GPT2},
     .begins = 1},
    {.names = {"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, .regexes = {CASED(CONTRACTIONS "?", "{1,3}")}},
    {.names = {"granite-embed-multi-97m"}, .regexes = {CASED(CONTRACTIONS "?", "{1,3}")}, .whole_words = 1},
    {.names = {"tiny_aya", "cohere2moe"},
     .regexes = {THREE_DIGITS_FROM_BEHIND, CASED(CONTRACTIONS "?", "{1,3}")},
     .composes = 1},
    {.names = {"tekken"}, .regexes = {CASED("", "")}, .whole_words = 1, .begins = 1},
    {.names = {"bloom", "poro-chat", "gpt3-finnish"}, .regexes = {BLOOM}},
    {.names = {"viking"}, .regexes = {BLOOM, "\\p{N}"}},
    {.names = {"bailingmoe", "bailingmoe2", "llada-moe"},
     .regexes =
         {"'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|"
          "\\s+(?!\\S)|\\s+"}},
    {.names = {"seed-coder"},
     .regexes = {CONTRACTIONS "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|" REST}},
    {.names = {"ufakzeka"}, .regexes = {"[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|" REST}},
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
                 "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|" REST},
     .composes = 1},
};

const char gguf_ways[] = "gpt-2, llama-bpe, qwen2, smollm, starcoder, command-r, falcon, deepseek-llm, deepseek-coder, "
                         "deepseek-v3, gpt-4o, tekken, bloom, kimi-k2 and others of their kind";

const struct gguf_way *gguf_way_of(const char *name) {
    for (int64_t i = 0; i < COUNT_OF(ways); i++)
        for (int64_t n = 0; n < COUNT_OF(ways[i].names) && ways[i].names[n]; n++)
            if (!strcmp(name, ways[i].names[n])) return &ways[i];
    return NULL;
}

const struct gguf_way *gguf_way_at(int64_t index) {
    return index < COUNT_OF(ways) ? &ways[index] : NULL;
}
