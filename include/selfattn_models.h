/* libselfattn: trained transformers, their tokenizers and generation, on top of selfattn.h.
 * SPDX-License-Identifier: MIT
 *
 * WHAT IT DOES
 *
 *   sa_tokenizer_*()     turn text into token numbers and back
 *   sa_model_open()      reads a trained transformer: an encoder, a decoder, or both
 *   sa_model_encode()    runs a model over whole inputs: states, embeddings, logits, attention weights
 *   sa_session_*()       run a decoder over a batch of sequences token by token, with a cache of keys and values
 *   sa_generate()        appends a prompt to each sequence of a session and lets the model write on
 *   sa_beam_search()     looks for the most probable continuations of one prompt
 *
 *   Attention in a model is that of sa_forward(), with the same masks, positions, caches and precisions.
 *
 * LETTERS
 *
 *   Those of selfattn.h, and   L layers (blocks)   V numbers in a row of logits   N new tokens   U target tokens
 *
 * THE SHORTEST USE
 *
 *   sa_tokenizer *tokenizer = NULL;
 *   sa_model *model = NULL;
 *   sa_session *session = NULL;
 *   int32_t prompt[64], written[32];
 *   int64_t tokens = 0, count = 0;
 *   sa_generate_args a = {.struct_size = sizeof a};
 *   if (sa_tokenizer_open(ctx, path, &tokenizer) || sa_model_open(ctx, path, &model) ||
 *       sa_tokenizer_encode(ctx, tokenizer, text, bytes, prompt, 64, &tokens) ||
 *       sa_session_create(ctx, model, NULL, &session)) puts(sa_ctx_last_error(ctx));
 *   a.tokens = tokens, a.ids = prompt, a.max_tokens = 32, a.generated = written, a.counts = &count;
 *   if (sa_generate(ctx, session, &a)) puts(sa_ctx_last_error(ctx));
 *   sa_session_destroy(&session);
 *   sa_model_destroy(&model);
 *   sa_tokenizer_destroy(&tokenizer);
 *
 * RULES THAT HOLD FOR EVERY FUNCTION
 *
 *   All rules of selfattn.h hold here too: errors, structs, handles, memory, bits, sizes, numbers. Besides:
 *
 *   Threads    sa_model and sa_tokenizer are immutable: any number of threads and contexts may use one at once.
 *              sa_session has one caller at a time.
 *   Lifetime   A model has to outlive its sessions. Nothing else here depends on the context it was made with.
 *   Arrays     Contiguous, in C order. Token numbers are int32_t.
 *   Files      What a file says is checked before it is used. Whatever a file asks for and this version does not have
 *              is refused by name.
 *   Builds     A library that was built with SELFATTN_MODELS off has none of these functions, and this header is not
 *              installed with it. sa_build_info() says which it is.
 */
#ifndef SELFATTN_MODELS_H
#define SELFATTN_MODELS_H

#include "selfattn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ============================================================================================== tokenizer */

/* Turns text into token numbers and back. Immutable after opening; any number of threads at once. */
typedef struct sa_tokenizer sa_tokenizer;

/* Reads a tokenizer. `path` is a file, or a directory in which the first of these is taken that it has:
 *   tokenizer.json  Hugging Face's format
 *   tokenizer.bin   llama2.c's format, which the ending .bin says. A text begins with token 1 ("<s>") and a space, as
 *                   run.c has it; a character that is no token is taken as its bytes.
 *   *.gguf          the only one: the tokenizer in a GGUF file, of kind "llama" (the same as llama2.c's, but control
 *                   tokens are recognised in a text) or "gpt2" (byte-level BPE) that cuts words as "gpt-2",
 *                   "llama-bpe", "qwen2" or "smollm"
 *
 * Supported of tokenizer.json, and everything else refused by name:
 *   WordPiece       normalizer BertNormalizer; pre_tokenizer BertPreTokenizer; decoder WordPiece or none
 *   byte-level BPE  normalizer NFC or none; pre_tokenizer ByteLevel, or a Sequence of Split and ByteLevel with one of
 *                   the regular expressions of GPT-2, GPT-4, Llama 3 and Qwen 2 (which are recognised by their text),
 *                   or of Digits (single) and ByteLevel; decoder ByteLevel
 *   both            post_processor TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, a Sequence of
 *                   these, or none; added tokens with lstrip and rstrip, but not single_word; a model without a type,
 *                   as in older files: it is inferred as Hugging Face's tokenizers infer it
 * The sections truncation and padding are ignored. Token numbers are those of Hugging Face's tokenizers, except for
 * characters that Unicode has added or moved to another class since the version that those know.
 * Errors: NULL, FILE, FORMAT, UNSUPPORTED (a kind of model, normalizer, ... that this version does not have, by name),
 * MEMORY, BUSY. While it reads, the JSON parser takes memory from the C library: at most about 100 bytes per value.
 * JSON of more than 100 MB, of more than four million values, or nested more than 64 deep is refused. The file must not
 * be changed or shortened while this function reads it. */
SA_API sa_status sa_tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) SA_MUST_CHECK;

/* Frees a tokenizer. No call may be using it. */
SA_API void sa_tokenizer_destroy(sa_tokenizer **tokenizer);

/* Encodes `bytes` bytes of UTF-8 text (NUL is a character like any other), with the special tokens that the
 * tokenizer's post-processor adds to one sequence ([CLS] ... [SEP]). Special tokens that are written in the text
 * ("[MASK]") become that token. Writes at most `capacity` token numbers to ids and always the full number to *count; so
 * a first call with capacity 0 (ids may be NULL) asks for the size. No truncation, no padding. Errors: NULL, VALUE
 * (negative number), TEXT (not UTF-8, with the offset of the first wrong byte; a word of more than 2^31 - 1 bytes; or
 * count > capacity > 0), MEMORY, BUSY. */
SA_API sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                     int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* What sa_tokenizer_encode_with() does otherwise; a sum of these. NO_TEMPLATE: the post-processor
 * adds nothing before and after the text: for one that goes on, or a rendered chat template. NO_SPECIAL: special tokens
 * that are written in the text are text like any other: for what strangers wrote. */
#define SA_ENCODE_NO_TEMPLATE 1
#define SA_ENCODE_NO_SPECIAL  2

/* The same with flags; 0 is sa_tokenizer_encode(). VALUE also: an unknown flag. */
SA_API sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                          int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* The text of `count` tokens, special tokens left out (their names are in sa_tokenizer_token()). Writes at most
 * `capacity` bytes, no NUL, and always the full number to *bytes; capacity 0 asks for it.
 *
 * The text of the first n tokens is always the beginning of the text of more: to stream, decode all tokens so far and
 * show what is new. A token may end within a character, whose other bytes then are the next tokens': the text of the
 * first n is UTF-8 but for an incomplete character at its end, if the model wrote UTF-8 at all. Byte-level BPE and
 * llama2.c's tokenizer also give the same bytes token by token, except that a space right behind llama2.c's token 1 is
 * shown when that token is not there. (WordPiece writes a space before each word but the first.)
 * Errors: NULL, VALUE (a number that is no token, negative numbers), TEXT (*bytes > capacity > 0), BUSY. Allocates
 * nothing. */
SA_API sa_status sa_tokenizer_decode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count,
                                     char *text, int64_t capacity, int64_t *bytes) SA_MUST_CHECK;

/* Looks a token up by its text as it stands in the vocabulary ("<|im_end|>", "##ing") and writes its number to *id.
 * SA_ERR_NULL: an argument is NULL. SA_ERR_VALUE: there is none (*id is -1). Any thread. */
SA_API sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id);

/* One more than the highest token number; a few numbers below it may have no token. 0 if NULL. Any thread. */
SA_API int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer);

/* The token's text as it stands in the vocabulary ("##ing"), NUL-terminated, owned by the tokenizer; NULL if there is
 * no such id. Any thread. */
SA_API const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id);

/* ================================================================================================== model */

/* A trained transformer read from files: an encoder, a decoder, or an encoder and a decoder that looks at it. Immutable
 * after opening; any number of threads and contexts at once. */
typedef struct sa_model sa_model;

/* Opens a model. `path` is a file of weights, or a directory with one. By its ending a file is
 *   *.safetensors, or an index like model.safetensors.index.json, which names several: F32, F16 or BF16 tensors under
 *              Hugging Face's names, with a config.json beside them, and perhaps a generation_config.json
 *   *.gguf:    F32, F16, BF16 or Q8_0 tensors of a GGUF file (version 2 or 3, little-endian) of the architectures
 *              "llama", "qwen2" or "qwen3". Its settings stand for config.json.
 *   *.bin:     llama2.c's weights in its first format (seven numbers, then float32). What else is known of such models
 *              stands for config.json.
 * In a directory with config.json the first of model.safetensors, model.safetensors.index.json and model.gguf is taken
 * that it has. In one without, safetensors are passed over where there is a *.gguf or model.bin, and model.gguf comes
 * first. Where this does not decide, there has to be just one *.safetensors, *.gguf or model.bin: several are refused
 * with the names of two.
 *
 * Architectures (model_type in config.json):
 *   encoders           bert, vit
 *   decoders           gpt2, llama, mistral, qwen2, qwen3, gemma2, gpt_neox, bloom, opt
 *   encoder-decoders   t5, marian, whisper
 * Each is described by a page of JSON: which keys of config.json are its sizes and options, which parts its blocks
 * consist of, and how its tensors are named. A description of its own, architecture.json beside the weights, holds
 * instead: docs/architectures.md has the format.
 *
 * Files are mapped and checked against their size before anything is believed. Weights keep their type; those that can
 * be used as they lie stay in the mapped file. So none of the files may be changed or shortened while this function
 * runs, nor the weights while the model exists: reading what is gone ends the process (SIGBUS). Replacing a file by
 * renaming another over it is fine. Any byte order of the host. Options in config.json that would change the
 * result and that this version does not have are refused by name; dropout and the like are ignored. JSON is parsed
 * within the limits and with the memory that sa_tokenizer_open() names. Errors: NULL, FILE, FORMAT (malformed,
 * truncated, a tensor missing or of the wrong shape, named), UNSUPPORTED (an architecture, dtype or option that this
 * version does not have, by name), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) SA_MUST_CHECK;

/* Frees a model. No call may be using it, and no session of it may be left. */
SA_API void sa_model_destroy(sa_model **model);

/* What sa_model_get() answers. The first group is about the encoder, or about the decoder of a model without encoder;
 * the second about the decoder. 0 where there is no such thing. */
#define SA_MODEL_LAYERS        0 /* L */
#define SA_MODEL_WIDTH         1 /* E */
#define SA_MODEL_QUERY_HEADS   2 /* H */
#define SA_MODEL_KV_HEADS      3 /* K */
#define SA_MODEL_VOCABULARY    4 /* token ids are below this; 0: it takes features, not tokens */
#define SA_MODEL_MAX_POSITIONS 5 /* tokens of the longest sequence that it was made for; 0: not said. */
/* A model with a position table has no more positions; others may be run on longer sequences. */
#define SA_MODEL_HEAD_SIZE             6 /* D */
#define SA_MODEL_ENCODER               7 /* 1: it has an encoder */
#define SA_MODEL_DECODER               8 /* 1: it has a decoder */
#define SA_MODEL_DECODER_LAYERS        9 /* as above, for the decoder */
#define SA_MODEL_DECODER_WIDTH         10
#define SA_MODEL_DECODER_QUERY_HEADS   11
#define SA_MODEL_DECODER_KV_HEADS      12
#define SA_MODEL_DECODER_VOCABULARY    13
#define SA_MODEL_DECODER_MAX_POSITIONS 14
#define SA_MODEL_DECODER_HEAD_SIZE     15
#define SA_MODEL_OUTPUTS               16 /* V: numbers in a row of logits, one per token or class; 0: none */
#define SA_MODEL_POOLED                17 /* 1: it has a pooler */
#define SA_MODEL_FEATURE_CHANNELS      18 /* C: channels of an image, or mel bins of sound; 0: it takes tokens */
#define SA_MODEL_FEATURE_HEIGHT        19 /* rows of an image; 1 of sound */
#define SA_MODEL_FEATURE_WIDTH         20 /* columns of an image, or frames of sound */
#define SA_MODEL_FEATURE_TOKENS        21 /* T: tokens that the encoder makes of an image or sound */
#define SA_MODEL_FEATURE_ROWS          22 /* rows and columns of patches that an image is cut into; 0: none. */
#define SA_MODEL_FEATURE_COLUMNS       23 /* The patches are the last tokens, row by row. */
/* Token ids by config.json, or else by generation_config.json; -1: neither names one. */
#define SA_MODEL_START_TOKEN 24 /* what a decoder's text begins with: decoder_start_token_id, or bos_token_id */
#define SA_MODEL_END_TOKEN   25 /* the first of sa_model_end_tokens() */
#define SA_MODEL_PAD_TOKEN   26 /* pad_token_id */

/* A number about the model; -1 if model is NULL or `what` is unknown. Any thread. */
SA_API int64_t sa_model_get(const sa_model *model, int32_t what);

/* Writes at most `capacity` of the tokens that end a text to ids [capacity], and returns how many there are: 0 to 16.
 * They are those of eos_token_id in config.json, then those that only eos_token_id in generation_config.json beside it
 * names; of a GGUF file tokenizer.ggml.eos_token_id, eot_token_id and eom_token_id; of llama2.c's weights 1 and 2. ids
 * may be NULL with capacity 0. 0 if model is NULL. Any thread. */
SA_API int64_t sa_model_end_tokens(const sa_model *model, int32_t *ids, int64_t capacity);

/* The name of a tensor that the weights hold and the model does not use, in alphabetical order by index, 0 being the
 * first; NULL behind the last, or if index is negative or model NULL. Only tensors that are known not to matter can be
 * among them; sa_model_open() refuses all others. Owned by the model. Any thread. */
SA_API const char *sa_model_unused_tensor(const sa_model *model, int64_t index);

/* Its model_type, owned by the model; "" if NULL. Any thread. */
SA_API const char *sa_model_type(const sa_model *model);

/* Arrays are contiguous, in C order; outputs overlap neither inputs nor each other. L, H, E, V, ... as sa_model_get()
 * says; B, T and U are this call's. Rows of padding in outputs are finite but mean nothing. */
typedef struct sa_encode_args {
    uint64_t struct_size;
    int64_t batch;          /* B */
    int64_t tokens;         /* T: tokens per sequence, padding included; at least 1. With features: 0, or their T */
    const int32_t *ids;     /* [B,T] token ids; padding may hold any valid id */
    const int64_t *lengths; /* [B], 1 .. T; NULL: all T. Padding stands at the end and is never attended to. */
    const int32_t *types;   /* [B,T] token types (segments); NULL: all 0. Only for models that have types */
    float *hidden;          /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block, without that norm */
    /* [L,B,H,T,T] out, optional: attention weights by layer, sequence, head, query, key; 0 where the key is hidden,
     * without meaning where the query is padding */
    float *attention;
    /* [B,E] out, optional: mean of the last hidden state over the sequence, scaled to length 1 ("mean pooling" and
     * "normalize" of sentence-transformers) */
    float *embedding;
    const float *features; /* instead of ids, for models of images [B,C,height,width] and of sound [B,C,frames] */
    float *pooled;         /* [B,E]       out, optional: the pooler, f(W x + b) of the first token; f is tanh in BERT */
    float *logits;         /* out, optional: [B,V] of a classifier, [B,T,V] of a decoder, [B,U,V] with targets */
    /* With targets, an encoder's states then go through the decoder, as in training ("teacher forcing"); its letters
     * are the decoder's. */
    int64_t targets;               /* U: target tokens per sequence, padding included; 0: the decoder is not run */
    const int32_t *target_ids;     /* [B,U] */
    const int64_t *target_lengths; /* [B], 1 .. U; NULL: all U */
    float *target_hidden;          /* [B,U,E]     out, optional */
    float *target_hidden_all;      /* [L+1,B,U,E] out, optional */
    float *target_attention;       /* [L,B,H,U,U] out, optional: of targets to targets */
    float *cross_attention;        /* [L,B,H,U,T] out, optional: of targets to the encoder's tokens */
} sa_encode_args;

/* Runs a model over whole inputs, without a cache: an encoder; or a decoder without encoder, whose tokens see only
 * those before them. Scratch memory is O(B * (T + U)) plus what sa_attention() needs. Errors: NULL, STRUCT_SIZE, VALUE
 * (an id or type outside the model's range, lengths), SHAPE (T or U above the longest sequence), UNSUPPORTED (an output
 * or input that this model does not have), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_model_encode(ctx, model, args) needs. ids, types and features are not
 * followed and may be NULL. Errors as sa_model_encode(). */
SA_API sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                                uint64_t *bytes) SA_MUST_CHECK;

/* ================================================================================================ session */

/* A decoder at work on B sequences: the keys and values of all tokens so far, and of the encoder's where there is one.
 * One caller at a time. The model has to outlive it; the context need not. */
typedef struct sa_session sa_session;

typedef struct sa_session_config {
    uint64_t struct_size;
    int64_t batch;       /* B: sequences; 0: 1 */
    int64_t capacity;    /* most tokens per sequence, allocated at once; 0: memory grows with the sequences */
    int64_t window;      /* 0: all tokens are remembered; else only the last `window` ones and the first keep_first */
    int64_t keep_first;  /* as in sa_cache_config; a block whose own window is below window + keep_first sees none */
    int32_t cache_dtype; /* how keys and values are stored: SA_F32, SA_BF16, SA_F16 or SA_I8 */
    int32_t reserved;    /* 0 */
} sa_session_config;

/* Starts a session with empty sequences. config NULL: all defaults. Errors: NULL, STRUCT_SIZE, VALUE, UNSUPPORTED (the
 * model has no decoder), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config,
                                   sa_session **session) SA_MUST_CHECK;

/* Frees a session. */
SA_API void sa_session_destroy(sa_session **session);

/* For models with an encoder: encodes B inputs as sa_model_encode() does, with all its outputs (targets has to be 0),
 * keeps the keys and values that the decoder makes of them, and empties the sequences. Needed once before
 * sa_session_run(). Errors as sa_model_encode(), SHAPE also when args->batch is not the session's; UNSUPPORTED: the
 * model has no encoder. */
SA_API sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args) SA_MUST_CHECK;

/* Arrays as in sa_encode_args; L, H, E, V are the decoder's. S is the longest sequence's length after the call. */
typedef struct sa_session_args {
    uint64_t struct_size;
    int64_t tokens;         /* T: new tokens per sequence, padding included; at least 1 */
    const int32_t *ids;     /* [B,T] */
    const int64_t *lengths; /* [B], 0 .. T: how many of them are real, the others stand behind; NULL: all. 0 leaves a
                             * sequence as it is */
    /* [B,V] out, optional: of each sequence's last real token; of a sequence without one the row is not written */
    float *logits;
    float *logits_all; /* [B,T,V]     out, optional */
    float *hidden;     /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block */
    float *attention;  /* [L,B,H,T,S] out, optional: weights of the new tokens to all; 0 from a sequence's length on */
    float *cross_attention; /* [L,B,H,T,S'] out, optional: to the S' tokens of the encoder (padding included) */
    const int32_t *types;   /* [B,T] token types; NULL: all 0. Only for models that have types */
} sa_session_args;

/* Appends tokens to the sequences and runs the decoder over them. A text may be given at once, in chunks, or token by
 * token: results are the same within rounding, and those of sa_model_encode(). A call whose sizes need no more scratch
 * memory than an earlier one allocates nothing but pages of the cache, and those not if capacity was given. After an
 * error the sequences are as before. Errors: NULL, STRUCT_SIZE, VALUE (an id outside the vocabulary, lengths; a model
 * with encoder was given nothing to look at), SHAPE (a sequence above the longest or above the capacity), OVERFLOW,
 * MEMORY, BUSY. */
SA_API sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args) SA_MUST_CHECK;

/* Sequences B, and tokens of one of them; -1 if there is no such sequence or session. */
SA_API int64_t sa_session_batch(const sa_session *session);
SA_API int64_t sa_session_length(const sa_session *session, int64_t sequence);

/* Bytes of memory held in caches. 0 if session is NULL. */
SA_API uint64_t sa_session_bytes(const sa_session *session);

/* As sa_cache_truncate(), sa_cache_fork() and sa_cache_reorder(), what belongs to the encoder included: forget the
 * tokens of a sequence (-1: of all) from `length` on; make sequence `to` equal to `from` without copying; and let each
 * sequence b become what from[b] was. Errors as there. */
SA_API sa_status sa_session_truncate(sa_session *session, int64_t sequence, int64_t length) SA_MUST_CHECK;
SA_API sa_status sa_session_fork(sa_session *session, int64_t from, int64_t to) SA_MUST_CHECK;
SA_API sa_status sa_session_reorder(sa_session *session, const int64_t *from) SA_MUST_CHECK;

/* ============================================================================================= generation */

/* How a sequence's next token is chosen from a row of logits l. The steps are taken in this order, that of Hugging
 * Face's generate(); a field that is 0 leaves its step out.
 *
 *   penalties     for every token that stands n > 0 times among this call's prompt and new tokens:
 *                 l / repetition_penalty where l > 0, else l * repetition_penalty (Keskar et al., "CTRL", 2019); then
 *                 less presence_penalty + n * frequency_penalty
 *   temperature   0: the token with the largest logit is taken ("greedy"), and nothing below matters. Else
 *                 l / temperature
 *   top_k         only the k largest logits stay
 *   top_p         only the most probable tokens stay, as few as have a probability of top_p or more together
 *                 (Holtzman et al., "The Curious Case of Neural Text Degeneration", 2020)
 *   min_p         only tokens stay that are at least min_p times as probable as the most probable one (Nguyen et al.,
 *                 "Min-p Sampling", 2024)
 *   draw          by the softmax of what stays
 *
 * Of equal logits the one with the lower id is the larger; NaN is -infinity. Draw n = 0, 1, ... of sequence b is a
 * number that depends on seed + b and n alone, whatever the threads and the rest of the batch are:
 *     z = seed + b + (n + 1) * 0x9e3779b97f4a7c15; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
 *     z = (z ^ z >> 27) * 0x94d049bb133111eb; z = z ^ z >> 31; u = (z >> 11) / 2^53
 * (SplitMix64: Steele, Lea and Flood, 2014). The token is the first, by id, at which the sum of probabilities exceeds
 * u. So the same logits give the same text on every machine. */
typedef struct sa_sampling {
    uint64_t struct_size;
    uint64_t seed;
    double temperature;        /* >= 0 */
    int64_t top_k;             /* >= 0 */
    double top_p;              /* 0 .. 1 */
    double min_p;              /* 0 .. 1 */
    double repetition_penalty; /* >= 0 */
    double presence_penalty;   /* any */
    double frequency_penalty;  /* any */
} sa_sampling;

/* Why a sequence ended. */
#define SA_END_NONE       0 /* it took no part: its prompt was empty */
#define SA_END_MAX_TOKENS 1 /* it has all the new tokens that were asked for */
#define SA_END_TOKEN      2 /* the last new token is a stop token */
#define SA_END_STRING     3 /* the last new token completes a stop string */
#define SA_END_CALLER     4 /* on_token said so */
#define SA_END_FULL       5 /* the model has no position, or the session no capacity, for one token more */

/* Called with each new token and the logarithm of its probability, by the softmax of the logits before all steps of
 * sa_sampling. 0 goes on; anything else ends the sequence after this token. The context may be used meanwhile (to
 * decode), the session may not. */
typedef int32_t (*sa_token_fn)(void *user, int64_t sequence, int32_t token, float log_probability);

/* Called before a token is chosen; may change the logits, -infinity forbids a token. The context may be used meanwhile,
 * the session may not. */
typedef void (*sa_logits_fn)(void *user, int64_t sequence, float *logits, int64_t count);

typedef struct sa_generate_args {
    uint64_t struct_size;
    int64_t tokens;              /* T: tokens per prompt, padding included; 0: all prompts are SA_MODEL_START_TOKEN */
    const int32_t *ids;          /* [B,T] prompts; with tokens 0: NULL */
    const int64_t *lengths;      /* [B], 0 .. T: their lengths; padding stands behind. NULL: all T */
    int64_t max_tokens;          /* N: most new tokens per sequence; at least 1 */
    const sa_sampling *sampling; /* NULL: greedy */
    int32_t *generated;         /* [B,N] out: new tokens, a stop token included; from counts[b] on nothing is written */
    int64_t *counts;            /* [B]   out: how many there are */
    int32_t *endings;           /* [B]   out, optional: SA_END_... */
    float *log_probabilities;   /* [B,N] out, optional: as on_token gets them */
    const int32_t *stop_tokens; /* [stop_token_count]; NULL: sa_model_end_tokens(). Not NULL with a count of 0: none */
    int64_t stop_token_count;
    /* [stop_string_count] NUL-terminated UTF-8, not empty, looked for in the text of the new tokens, wherever they
     * begin and end within tokens. The text before them is yours to cut */
    const char *const *stop_strings;
    int64_t stop_string_count;
    const sa_tokenizer *tokenizer; /* the model's; needed with stop_strings */
    sa_token_fn on_token;          /* NULL: none */
    sa_logits_fn on_logits;        /* NULL: none */
    void *user;                    /* handed to both */
} sa_generate_args;

/* Appends a prompt to each sequence of the session and lets the model write on. Afterwards a sequence holds its
 * prompt and its new tokens but the last, which has not been run: begin the next prompt with it. A call whose sizes
 * are no larger than an earlier one's allocates nothing but what sa_session_run() does. After an error the sequences
 * hold what was run before it. Errors: as sa_session_run(); VALUE also where no logit is finite or one is +infinity,
 * UNSUPPORTED where the model has no logits. */
SA_API sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args) SA_MUST_CHECK;

typedef struct sa_beam_args {
    uint64_t struct_size;
    int64_t tokens;             /* T: tokens of the prompt; 0: it is SA_MODEL_START_TOKEN */
    const int32_t *ids;         /* [T]; with tokens 0: NULL */
    int64_t max_tokens;         /* N: most new tokens; at least 1 */
    int64_t results;            /* R: texts wanted, at most B; 0: 1 */
    double length_penalty;      /* see below; 0: sums are compared as they are */
    int32_t *generated;         /* [R,N] out: new tokens of the best texts, best first, stop tokens included */
    int64_t *counts;            /* [R]   out: how many there are; 0: there is no such text */
    double *scores;             /* [R]   out, optional */
    const int32_t *stop_tokens; /* as in sa_generate_args */
    int64_t stop_token_count;
} sa_beam_args;

/* Beam search: looks for the most probable continuations of one prompt, with as many beams as the session has
 * sequences. The prompt is appended to sequence 0, and the others become equal to it. At each step the B most
 * probable continuations of all beams that do not end with a stop token become the new beams; those that do, if they
 * are among the B most probable of all, are texts. A text's score is the sum of its new tokens' log-probabilities
 * over n^length_penalty, n new tokens. The search ends when no beam can come to a better score any more than R texts
 * have, or with N new tokens (or no room for one more), when the beams are texts too. Of equal sums that of the
 * lower beam, and then of the lower token, is the better. Afterwards the sequences hold the prompt and some beam's
 * tokens; sa_session_truncate() takes those away. Memory and errors as sa_generate(). */
SA_API sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args) SA_MUST_CHECK;

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_MODELS_H */
