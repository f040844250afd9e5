/* The files beside a model of speech while its rules are read.
 * SPDX-License-Identifier: MIT */
#ifndef SA_SPEECH_RULE_FILES_H
#define SA_SPEECH_RULE_FILES_H

#include "file/json.h"
#include "speech/speech.h"

/* Settings of the first file come first. */
struct rule_files {
    sa_ctx *ctx;
    struct report *report;
    const char *directory;
    json_t *generation, *config; /* NULL: there is none */
    sa_tokenizer *tokenizer;     /* opened where the files lack something; NULL: not, or there is none */
    int64_t V;
};

/* A value, and the name of the file that has it; NULL if both lack it. */
const json_t *rule_find(const struct rule_files *files, const char *key, const char **file);

/* A token number below V. */
sa_status rule_take_token(const struct rule_files *files, const char *file, const char *key, const json_t *value,
                          int32_t *token);

/* "<|en|>" to "en"; 0 if the name is no such. */
int rule_take_code(const char *name, char code[LANGUAGE_CODE]);

/* In older_rules.c: the token of this name; -1: the tokenizer has none, or there is no tokenizer. */
sa_status rule_named_token(struct rule_files *files, const char *name, int32_t *token);

/* Languages and tasks of files without lang_to_id: those that the tokenizer names, if forced_decoder_ids has a task. */
sa_status rule_take_older(struct rule_files *files, struct sa_speech *speech);

#endif
