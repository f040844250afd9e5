/* How an encoder with a decoder is to write: the options that translate and summarize share, and what the model's
 * makers say of it.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_REWRITING_OPTIONS_H
#define TOOLS_TEXT_REWRITING_OPTIONS_H

#include "arguments.h"

#include <float.h>
#include <jansson.h>
#include <stdint.h>

/* What --length-penalty is while it is not given. */
#define NO_PENALTY DBL_MAX

/* What generation_config.json says of beams and lengths, or config.json where that file is missing; 0: nothing. */
struct beam_defaults {
    int beams, max_new_tokens, max_length; /* max_length counts the prompt, too */
    double length_penalty;
    int has_penalty;
    int32_t early_stopping; /* SA_EARLY_STOPPING_FALSE where they do not say, as in Transformers */
};

/* The settings of a task ("summarization", "translation_en_to_de"), which task_specific_params of config.json has,
 * replace those of all texts; NULL: no task. Malformed values end the program. */
struct beam_defaults beam_defaults_read(const char *model, const char *task);

/* What a word on the command line says of it, "never", "true" or "false", if there is one: it is freed. Another one
 * ends the program. */
void early_stopping_take(char *word, int32_t *early_stopping);

/* Whether the model has settings of a task; and what stands before each text for it, or for all texts: free() it, NULL
 * if config.json does not say. */
int task_is_known(const char *model, const char *task);
char *task_prefix(const char *model, const char *task);

/* The most new tokens behind a prompt: max_length counts its tokens, too, and max_tokens where that is 0. */
int64_t most_new_tokens(int max_tokens, int max_length, int64_t prompt);

/* What both files say of it, by Hugging Face's names, and the names of tasks, for people to read; json_decref() it. */
json_t *beam_defaults_shown(const char *model);

struct rewriting_options {
    int beams, max_tokens, model_defaults;
    const char *task; /* what the texts are for, see beam_defaults_read() */
    int max_length;   /* most tokens with the first ones, in place of max_tokens; 0: max_tokens counts */
    double length_penalty;
    char *stopping; /* what the command line says of it, until it is checked */
    int32_t early_stopping;
};

extern const struct rewriting_options rewriting_options_none;

#define EARLY_STOPPING_OPTION(word)                                                                                    \
    {                                                                                                                  \
        "early-stopping", 0, POPT_ARG_STRING, &(word), 0,                                                              \
            "When beams end, as in Transformers: never (default), true or false", "WORD"                               \
    }

#define REWRITING_OPTIONS(o)                                                                                           \
    {"beams", 0, POPT_ARG_INT, &(o).beams, 0, "An encoder with a decoder: search with N beams (default: 4)", "N"},     \
        {"length-penalty",                                                                                             \
         0,                                                                                                            \
         POPT_ARG_DOUBLE,                                                                                              \
         &(o).length_penalty,                                                                                          \
         0,                                                                                                            \
         "Divide the score of a text by its number of tokens to this power (default: 1)",                              \
         "P"},                                                                                                         \
        EARLY_STOPPING_OPTION((o).stopping),                                                                           \
        {"max-tokens", 'n', POPT_ARG_INT, &(o).max_tokens, 0, "Write at most N tokens for a text", "N"}, {             \
        "model-defaults", 0, POPT_ARG_NONE, &(o).model_defaults, 0,                                                    \
            "Beams, penalty, stopping and tokens as the model's generation_config.json says, where no option does",    \
            NULL                                                                                                       \
    }

/* Ends the program where a given option is out of its range. */
void rewriting_options_check(struct rewriting_options *options);

/* Fills what is not given: from the model's files if model_defaults is set, else 4 beams, penalty 1, `usual` tokens. */
void rewriting_options_fill(struct rewriting_options *options, const char *model, int usual);

#endif
