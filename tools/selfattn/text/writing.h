/* How a text is to be written: the options that generate and chat share.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_TEXT_WRITING_H
#define TOOLS_TEXT_WRITING_H

#include "arguments.h"
#include "text/stream.h"

struct writing {
    struct common common;
    sa_sampling sampling;
    long long seed;
    int top_k, max_tokens, model_defaults;
    int max_length;         /* most tokens with the prompt, in place of max_tokens; 0: max_tokens counts */
    int beams;              /* that the command searches with; 0: it draws */
    double length_penalty;  /* of beams */
    int32_t early_stopping; /* of beams */
    char *tokenizer;        /* NULL: beside the model */
    char *weights;          /* their type; NULL: as the file has them */
    char **stops;           /* NULL-terminated, or NULL */
    int32_t end;            /* a token that ends a text besides the model's own; -1: none */
};

extern const struct writing writing_defaults;

/* Before COMMON_OPTIONS(w.common). */
#define WRITING_OPTIONS(w)                                                                                             \
    {"temperature",                                                                                                    \
     0,                                                                                                                \
     POPT_ARG_DOUBLE,                                                                                                  \
     &(w).sampling.temperature,                                                                                        \
     0,                                                                                                                \
     "Sample at this temperature (default: 0, always the most probable token)",                                        \
     "X"},                                                                                                             \
        {"top-k", 0, POPT_ARG_INT, &(w).top_k, 0, "Sample only from the K most probable tokens", "K"},                 \
        {"top-p",                                                                                                      \
         0,                                                                                                            \
         POPT_ARG_DOUBLE,                                                                                              \
         &(w).sampling.top_p,                                                                                          \
         0,                                                                                                            \
         "Sample only from the most probable tokens that together have the probability P",                             \
         "P"},                                                                                                         \
        {"min-p",                                                                                                      \
         0,                                                                                                            \
         POPT_ARG_DOUBLE,                                                                                              \
         &(w).sampling.min_p,                                                                                          \
         0,                                                                                                            \
         "Sample only from tokens at least P times as probable as the most probable one",                              \
         "P"},                                                                                                         \
        {"repeat-penalty",                                                                                             \
         0,                                                                                                            \
         POPT_ARG_DOUBLE,                                                                                              \
         &(w).sampling.repetition_penalty,                                                                             \
         0,                                                                                                            \
         "Make tokens that already occurred less probable (X above 1) or more probable (X below 1)",                   \
         "X"},                                                                                                         \
        {"seed", 0, POPT_ARG_LONGLONG, &(w).seed, 0, "Seed of the sampling; the same seed gives the same text", "N"},  \
        {"max-tokens", 'n', POPT_ARG_INT, &(w).max_tokens, 0, "Write at most N tokens (default: 256)", "N"},           \
        {"model-defaults",                                                                                             \
         0,                                                                                                            \
         POPT_ARG_NONE,                                                                                                \
         &(w).model_defaults,                                                                                          \
         0,                                                                                                            \
         "Sample as the model's generation_config.json says, which other options replace",                             \
         NULL},                                                                                                        \
        {"stop", 0, POPT_ARG_ARGV, &(w).stops, 0, "Stop before this text (may be given several times)", "TEXT"},       \
        {"weights",    0, POPT_ARG_STRING,                                                                             \
         &(w).weights, 0, "Give the weights this type while the model is opened: q8_0, q4_k, bf16, ...",               \
         "TYPE"},                                                                                                      \
    {                                                                                                                  \
        "tokenizer", 0, POPT_ARG_STRING, &(w).tokenizer, 0,                                                            \
            "Read the tokenizer from FILE (default: beside the model)", "FILE"                                         \
    }

/* Checks what can be told from the command line alone. */
void writing_check(struct writing *writing);

void writing_free(struct writing *writing);

/* The model, its tokenizer, and a session with so many sequences; models that cannot write are refused by name. */
struct engine writing_open(struct writing *writing, const char *model);
sa_session *writing_session(const struct engine *engine, int64_t sequences);

/* A text that has been written. */
struct written {
    int32_t *id;
    float *log_probability;
    int64_t count;
    int32_t ending;                       /* SA_END_... */
    double prompt_seconds, token_seconds; /* until the first token, and for all others */
};

/* Writes on from the prompt and shows the text by the stream; an interruption (Ctrl-C) ends it. The session is left as
 * sa_generate() leaves it. */
struct written writing_run(const struct engine *engine, sa_session *session, const struct writing *writing,
                           const struct tokens *prompt, struct stream *stream);
void written_free(struct written *written);

/* Tokens per second but for the first, which the prompt's time is counted for; 0 if there is only one. */
double written_speed(const struct written *written);

#endif
