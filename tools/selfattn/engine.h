/* A model, its tokenizer and the context in which they run.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_ENGINE_H
#define TOOLS_ENGINE_H

#include "arguments.h"
#include "selfattn_models.h"

#include <jansson.h>

/* Token numbers. */
struct tokens {
    int64_t count;
    int32_t *id; /* [count] */
};

int tokens_have(const struct tokens *tokens, int32_t id);

/* Leaves at most so many; the last one stays the last. */
void tokens_shorten(struct tokens *tokens, int64_t most);

struct engine {
    sa_ctx *ctx;
    sa_tokenizer *tokenizer;
    sa_model *model;
    struct tokens special; /* what the tokenizer adds to every text: the tokens of an empty one */
    char *directory;       /* of the model, as engine_directory() has it; NULL: no model is loaded */
    const char *adapter;   /* that models are loaded with: that of the command line; NULL: none */
};

/* A context alone. A failure ends the program, here and below. */
struct engine engine_begin(const struct common *common);

/* Opens a tokenizer: `tokenizer`, or where that is NULL the one in a model's directory, in its GGUF file or beside it.
 */
void engine_load_tokenizer(struct engine *engine, const char *model, const char *tokenizer);

/* A context with a tokenizer. The model is opened by engine_load(). */
struct engine engine_open(const char *model, const char *tokenizer, const struct common *common);
void engine_load(struct engine *engine, const char *model);

/* The same with weights of another type; NULL: as the file has them. */
void engine_load_as(struct engine *engine, const char *model, const char *weights);

/* One of the models of a file that has several: "text" or "vision"; NULL: it has one. image_size: as sa_model_options
 * say. */
void engine_load_part(struct engine *engine, const char *model, const char *part, int32_t image_size);
void engine_unload(struct engine *engine);

/* Whether a model is a GGUF file, by its name, as sa_model_open() has it: then it has a tokenizer in it. */
int engine_is_gguf(const char *model);

/* The directory of a model, or the one that its file is in, with a slash at its end; free() it. */
char *engine_directory(const char *model);

/* The object in a file beside a model; NULL if the file may be missing and is. json_decref() it. */
json_t *engine_json_beside(const char *model, const char *name, int may_be_missing);

/* What prepares images or sounds: a section ("image_processor", "feature_extractor") of processor_config.json, which
 * Transformers writes since version 5, or else preprocessor_config.json; *file tells which. NULL if neither is there
 * and that may be. json_decref() it. */
json_t *engine_preparation(const char *model, const char *section, int may_be_missing, const char **file);

void engine_close(struct engine *engine);

/* The numbers have to be freed with free(). */
struct tokens engine_tokens(const struct engine *engine, const char *text);

/* The same with SA_ENCODE_ flags, added to what `tokens` has already; then there is room for one more. */
void engine_add_tokens(const struct engine *engine, const char *text, int32_t flags, struct tokens *tokens);

/* Those of a text with a prompt in front; NULL: none. */
struct tokens engine_tokens_behind(const struct engine *engine, const char *prompt, const char *text);

/* The text's tokens, which are no more than the model can read. */
struct tokens engine_tokens_that_fit(const struct engine *engine, const char *text);

/* A text with more tokens than the model can read ends the program. */
void engine_check_fit(const struct engine *engine, const struct tokens *tokens, const char *text);

/* The text of tokens by a tokenizer; free() it. */
char *engine_text(const struct engine *engine, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count);

/* The part of the whole text that each token adds: "" for special ones, and perhaps not whole characters. Free each,
 * and the list. */
char **engine_pieces(const struct engine *engine, const struct tokens *tokens);

/* The tokens that end a text of the model, with room for one more; free() them. */
struct tokens engine_end_tokens(const struct engine *engine);

/* Whether this token is one that the tokenizer adds to every text, as "[CLS]" and "[SEP]". */
int engine_is_special(const struct engine *engine, int32_t id);

#endif
