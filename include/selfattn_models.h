/* libselfattn: trained transformers, their tokenizers and generation, on top of selfattn.h.
 * SPDX-License-Identifier: MIT
 *
 * WHAT IT DOES
 *
 *   sa_tokenizer_*()     turn text into token numbers and back
 *   sa_model_open()      reads a trained transformer: an encoder, a decoder, or both
 *   sa_model_encode()    runs a model over whole inputs: states, embeddings, logits, attention weights
 *   sa_session_*()       run a decoder over a batch of sequences token by token, with a cache of keys and values, which
 *                        can be saved and loaded
 *   sa_generate()        appends a prompt to each sequence of a session and generates text
 *   sa_beam_search()     searches for the most probable continuations of one prompt
 *   sa_mel_features()    turns sound into what models of it take
 *   sa_transcribe()      turns speech into text, sound of any length
 *   sa_ctc_decode()      reads letters from logits of sound
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
 *   All rules of selfattn.h hold here too: errors, structs, handles, memory, aliasing, bits, sizes, numbers. Besides:
 *
 *   Threads    sa_model, sa_tokenizer, sa_mel and sa_speech are immutable: any number of threads and contexts may use
 *              one at once.
 *              sa_session has one caller at a time; a second call is refused with SA_ERR_BUSY.
 *   Lifetime   A model has to outlive its sessions. Nothing else here needs the context that it was made with.
 *   Arrays     Contiguous, in C order. Token numbers are int32_t, counts are int64_t.
 *   Texts      UTF-8 with a length in bytes. Strings without a length end with NUL.
 *   Files      What a file says is checked before it is used. If a file asks for something that this version does not
 *              have, it is refused, and the sentence names it.
 *   Builds     A library built with SELFATTN_MODELS=OFF has none of these functions and does not install this header.
 *              sa_build_info() tells.
 */
#ifndef SELFATTN_MODELS_H
#define SELFATTN_MODELS_H

#include "selfattn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ============================================================================================== tokenizer */

/* Turns text into token numbers and back. Immutable after opening: any number of threads may use one at once. */
typedef struct sa_tokenizer sa_tokenizer;

/* Reads a tokenizer. `path` is a file, or a directory; in a directory the first of these that exists is taken
 * (docs/tokenizers.md has what stands beside them):
 *   tokenizer.json  the format of Hugging Face
 *   tokenizer.model, spiece.model, sentencepiece.bpe.model, source.spm
 *                   SentencePiece, unigram or BPE; any *.model and *.spm. tokenizer_config.json beside it
 *                   names the family: T5, Llama, Gemma, XLM-R, CamemBERT, XGLM, mBART, NLLB, M2M-100, Marian; without
 *                   it nothing stands around a text. Needs a library that was built with protobuf-c
 *   vocab.json      with merges.txt beside it: byte-level BPE of the family that tokenizer_config.json names
 *   vocab.txt       a token a line; any file that ends in .txt. With BERT's special tokens WordPiece; with <cls>, <eos>
 *                   and <unk> ESM's residues of proteins; else a list of words between spaces (or of single characters,
 *                   if every line is one)
 *   tokenizer.bin   the format of llama2.c; any file that ends in .bin. As in run.c, a text begins with token 1 ("<s>")
 *                   and a space. A character that is no token becomes its bytes.
 *   *.gguf          if there is only one: the tokenizer in a GGUF file. Kinds: "llama" (as llama2.c's, but control
 *                   tokens in a text are recognised), "t5" (unigram), "bert" (WordPiece), or "gpt2" (byte-level BPE)
 *                   with the word splitting "gpt-2", "llama-bpe", "qwen2", "smollm", "falcon", "deepseek-v3",
 *                   "gpt-4o", "tekken" and others
 *
 * Supported in tokenizer.json; everything else is refused by name (docs/tokenizers.md has the details):
 *   model           WordPiece, BPE (of bytes or characters, with byte fallback, prefixes and suffixes; not dropout),
 *                   Unigram, WordLevel. A model without a type (older files): the type is inferred as Hugging Face's
 *                   tokenizers infer it
 *   normalizer      BertNormalizer, NFC, NFD, NFKC, NFKD, Lowercase, Strip, StripAccents, Nmt, Prepend, Replace,
 *                   Precompiled, ByteLevel, a Sequence of these, or none
 *   pre_tokenizer   ByteLevel, Split, Metaspace, Digits, Punctuation, Whitespace, WhitespaceSplit, BertPreTokenizer,
 *                   CharDelimiterSplit, FixedLength, a Sequence of these, or none. Regular expressions other than those
 *                   of GPT-2, GPT-4, Llama 3 and Qwen 2 need a library that was built with PCRE2
 *   decoder         ByteLevel, WordPiece, BPEDecoder, Metaspace, ByteFallback, Fuse, Replace, Strip, CTC, a Sequence of
 *                   these, or none
 *   post_processor  TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, a Sequence of these, or none
 * The sections truncation and padding are ignored. Token numbers equal those of Hugging Face's tokenizers, except for
 * characters that Unicode has added, or moved to another class, since the version that those know.
 *
 * Files are read, of at most 100 MB; only a GGUF file is mapped, and must not be shortened during the call: reading
 * bytes that are gone ends the process (SIGBUS). Directories, pipes and devices are refused. The JSON parser takes
 * memory from the C library, at most about 100 bytes per value. JSON of more than 100 MB, of more than four million
 * values, or nested more than 64 deep is refused. You own the tokenizer: free it with sa_tokenizer_destroy(). Errors:
 * NULL, FILE, FORMAT, UNSUPPORTED (a kind of model, normalizer, ... that this version does not have, by name), MEMORY,
 * BUSY. */
SA_API sa_status sa_tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer) SA_MUST_CHECK;

/* Frees a tokenizer. No call may be using it. */
SA_API void sa_tokenizer_destroy(sa_tokenizer **tokenizer);

/* Turns `bytes` bytes of UTF-8 text into token numbers. A NUL in it is a character like any other. The special tokens
 * that the tokenizer's post-processor adds to one sequence ([CLS] ... [SEP]) are included. Special tokens that are
 * written in the text ("[MASK]") become that token. No truncation, no padding.
 *
 *   ids       out [capacity]: the first token numbers; may be NULL if capacity is 0
 *   count     out: how many tokens the text has, always the full number. Call with capacity 0 to ask for it
 *
 * Errors: NULL, VALUE (negative number), TEXT (not UTF-8, with the offset of the first wrong byte; a word of more than
 * 2^31 - 1 bytes; a character without a token where the vocabulary has no unknown token; an expression of the tokenizer
 * that takes more than 10,000,000 steps; or count > capacity > 0), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_tokenizer_encode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                     int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* Flags of sa_tokenizer_encode_with(); add them up. */
#define SA_ENCODE_NO_TEMPLATE 1 /* the post-processor adds nothing: to continue a text, or for a chat template */
#define SA_ENCODE_NO_SPECIAL  2 /* special tokens in the text are ordinary text: for text from untrusted sources */

/* As sa_tokenizer_encode(), with flags; 0 is the same. VALUE also: an unknown flag. */
SA_API sa_status sa_tokenizer_encode_with(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text, int64_t bytes,
                                          int32_t flags, int32_t *ids, int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* As sa_tokenizer_encode_with(), and where in the text each token stands: to mark the words that a classifier of tokens
 * found, or the answer to a question.
 *
 *   offsets   out [capacity][2]: the first byte that token i stands for, and the one behind the last; NULL: not wanted.
 *             A space that a token has in front of it is in its range ("Hello world" with GPT-2: 0 to 5, 5 to 11).
 *             White space, what a normalizer drops, and characters without any token may be in no token's range.
 *             Tokens of the template have 0, 0; a space that the tokenizer puts in front of a text has an empty range
 *             there. A token of some bytes of a character has those bytes; one of a character that was composed, or
 *             taken apart, has the character with all of its marks, as its neighbours may have.
 *
 * With offsets, the call uses 16 bytes of scratch memory more for each byte of the text, and of every text that a step
 * of the tokenizer makes of it. */
SA_API sa_status sa_tokenizer_encode_offsets(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text,
                                             int64_t bytes, int32_t flags, int32_t *ids, int64_t *offsets,
                                             int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* For models that translate: the token of a language. `code` is what the model's files call it ("deu_Latn", "de_DE"),
 * or that without the marks that some put around it ("de" for "__de__" or ">>de<<"). *id is -1 if there is none.
 * Errors, without a sentence: NULL (an argument), VALUE (no such token). Any thread. */
SA_API sa_status sa_tokenizer_language(const sa_tokenizer *tokenizer, const char *code, int32_t *id);

/* As sa_tokenizer_encode_with(), for a text in (or, with Marian, into) the language with this token. It stands where
 * the tokenizer puts the code of a language: before the text (NLLB, M2M-100, mBART-50) or behind it (mBART); before the
 * text if the tokenizer puts none. -1: none is asked for. A decoder's text begins with the token of the target language
 * in the same way. VALUE also: a number that is no token; a language with SA_ENCODE_NO_TEMPLATE. */
SA_API sa_status sa_tokenizer_encode_language(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *text,
                                              int64_t bytes, int32_t flags, int32_t language, int32_t *ids,
                                              int64_t capacity, int64_t *count) SA_MUST_CHECK;

/* Turns two texts into one input, as models that compare texts were trained: rerankers, classifiers of inference,
 * BertForMultipleChoice. The tokenizer's files say what stands beside the texts, and which type (segment) each token
 * has: of BERT [CLS] first [SEP] second [SEP], types 0 and, of the second text and the last token, 1. Both texts are
 * turned as sa_tokenizer_encode() turns one.
 *
 *   flags     0 or SA_ENCODE_NO_SPECIAL
 *   most      the most tokens of the input: the longer text loses tokens at its end, then both do, as "longest_first"
 *             of Transformers; of an odd room the longer one keeps one token more. 0: nothing is cut.
 *             (Texts are turned twice where something may be.)
 *   ids       out [capacity]: the first token numbers; may be NULL if capacity is 0
 *   types     out [capacity]: their types, for sa_encode_args; NULL: not wanted (models without types take none)
 *   count     out: how many tokens the input has, always the full number
 *
 * Errors: as sa_tokenizer_encode(); VALUE also: unknown flags, `most` less than what stands beside the texts;
 * UNSUPPORTED: the files do not say how two texts stand together (those of llama2.c, GGUF's of decoders), or have the
 * second one in front. */
SA_API sa_status sa_tokenizer_encode_pair(sa_ctx *ctx, const sa_tokenizer *tokenizer, const char *first,
                                          int64_t first_bytes, const char *second, int64_t second_bytes, int32_t flags,
                                          int64_t most, int32_t *ids, int32_t *types, int64_t capacity,
                                          int64_t *count) SA_MUST_CHECK;

/* Turns ids [count] into text, without special tokens (sa_tokenizer_token() has their names).
 *
 *   text      out [capacity]: the first bytes, without a NUL at the end; may be NULL if capacity is 0
 *   bytes     out: how many bytes the text has, always the full number. Call with capacity 0 to ask for it
 *
 * The text of the first n tokens is always the beginning of the text of more tokens. To stream, see
 * sa_text_stream_create(). A token may end inside a character; the next tokens have its other bytes. So the text of
 * the first n tokens is UTF-8 except for an incomplete character at its end, if the model wrote UTF-8. Byte-level BPE
 * and the tokenizer of llama2.c give the same bytes token by token, with one exception: a space directly after token 1
 * of llama2.c is shown if that token is missing. (WordPiece writes a space before each word except the first.)
 *
 * Allocates nothing. Errors: NULL, VALUE (a number that is no token, negative numbers), TEXT (*bytes > capacity > 0),
 * BUSY. */
SA_API sa_status sa_tokenizer_decode(sa_ctx *ctx, const sa_tokenizer *tokenizer, const int32_t *ids, int64_t count,
                                     char *text, int64_t capacity, int64_t *bytes) SA_MUST_CHECK;

/* The text of tokens that come one by one, to show it while it is written. It is always UTF-8: bytes of a character
 * come together, and U+FFFD stands for bytes that are no UTF-8, one for each maximal subpart (Unicode 15, section 3.9).
 * What might become a stop string is held back until it is clear. One call at a time may use a stream (BUSY). */
typedef struct sa_text_stream sa_text_stream;

/* Begins a text.
 *
 *   before        the last token before the text, such as a prompt's last; its own text is not written. A tokenizer may
 *                 leave out a space at the beginning of a text, and then writes it behind another token. -1: none
 *   stop_strings  [stop_string_count], NUL-terminated UTF-8, not empty; they are copied. The text ends before the first
 *                 of them. NULL with count 0: none
 *
 * The tokenizer has to exist as long as the stream. You own it: free it with sa_text_stream_destroy(). Errors: NULL,
 * VALUE (a number that is no token, an empty string, a negative count), TEXT (a string that is not UTF-8), OVERFLOW,
 * MEMORY, BUSY. */
SA_API sa_status sa_text_stream_create(sa_ctx *ctx, const sa_tokenizer *tokenizer, int32_t before,
                                       const char *const *stop_strings, int64_t stop_string_count,
                                       sa_text_stream **stream) SA_MUST_CHECK;

/* Adds a token, and writes what is new.
 *
 *   text      out [capacity]: the text, without a NUL at the end
 *   capacity  at least sa_text_stream_room()
 *   bytes     out: how many bytes were written; 0 for a special token, and once a stop string has come
 *
 * All that is written, one behind the other, is what sa_tokenizer_decode() makes of `before` and all tokens, less the
 * text of `before`. Allocates nothing. Errors: NULL, VALUE (no such token, and nothing is added; too little capacity),
 * BUSY. */
SA_API sa_status sa_text_stream_add(sa_ctx *ctx, sa_text_stream *stream, int32_t id, char *text, int64_t capacity,
                                    int64_t *bytes) SA_MUST_CHECK;

/* Writes what is held back, for when no more tokens come: nothing if a stop string has come. An unfinished character
 * becomes U+FFFD. Arguments and errors as of sa_text_stream_add(). */
SA_API sa_status sa_text_stream_rest(sa_ctx *ctx, sa_text_stream *stream, char *text, int64_t capacity,
                                     int64_t *bytes) SA_MUST_CHECK;

/* The most bytes that a call writes; 0 if stream is NULL. Any thread. */
SA_API int64_t sa_text_stream_room(const sa_text_stream *stream);

/* 1: a stop string has come, and later tokens write nothing. 0 if stream is NULL. Not during a call with the stream. */
SA_API int32_t sa_text_stream_ended(const sa_text_stream *stream);

/* Frees a stream. No call may be using it. */
SA_API void sa_text_stream_destroy(sa_text_stream **stream);

/* Looks up a token by its text in the vocabulary ("<|im_end|>", "##ing"), a NUL-terminated string, and writes its
 * number to *id. Errors, without a sentence: NULL (an argument), VALUE (no such token; *id is -1). Any thread. */
SA_API sa_status sa_tokenizer_find(const sa_tokenizer *tokenizer, const char *text, int32_t *id);

/* One more than the highest token number. Some lower numbers may have no token. 0 if tokenizer is NULL. Any thread. */
SA_API int64_t sa_tokenizer_size(const sa_tokenizer *tokenizer);

/* The token's text in the vocabulary ("##ing"), NUL-terminated and owned by the tokenizer. NULL if there is no such
 * token or tokenizer. Any thread. */
SA_API const char *sa_tokenizer_token(const sa_tokenizer *tokenizer, int32_t id);

/* The chat template (a program in Jinja) that the tokenizer's GGUF file holds as "tokenizer.chat_template",
 * NUL-terminated and owned by the tokenizer. The library does not run it. NULL: the file has none, it is no GGUF file,
 * or tokenizer is NULL. Any thread. */
SA_API const char *sa_tokenizer_chat_template(const sa_tokenizer *tokenizer);

/* ================================================================================================== model */

/* A trained transformer read from files: an encoder, a decoder, or an encoder and a decoder that attends to it.
 * Immutable after opening: any number of threads and contexts may use one at once. */
typedef struct sa_model sa_model;

/* Opens a model. `path` is a file of weights, or a directory with one. The ending tells what a file is:
 *   *.safetensors, or an index like model.safetensors.index.json that names several files: F32, F16 or BF16 tensors
 *              with Hugging Face's names, beside a config.json and perhaps a generation_config.json. Experts of GPT-OSS
 *              may be MXFP4
 *   *.gguf     a GGUF file (version 2 or 3, little-endian) of one of the architectures that docs/architectures.md
 *              lists: decoders such as "llama", "gemma3" or "gpt-oss", "bert" and its like, "t5". Its settings replace
 *              config.json. Any tensor may be F32, F16, BF16 or quantised: Q4_0, Q4_1, Q5_0, Q5_1,
 *              Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS or MXFP4. Quantised matrices are used as they lie in
 *              the file.
 *   *.bin      the weights of llama2.c in its first format (seven numbers, then float32). What else is known of such
 *              models replaces config.json.
 * A directory with config.json: the first that exists of model.safetensors, model.safetensors.index.json and
 * model.gguf. Without config.json: model.gguf comes first, and safetensors are ignored if there is a *.gguf or a
 * model.bin. If this does not decide, there has to be exactly one *.safetensors, *.gguf or model.bin. Several are
 * refused; the sentence names two.
 *
 * Architectures (model_type in config.json):
 *   encoders           bert, roberta, camembert, xlm-roberta, distilbert, electra, albert, mpnet, nomic_bert,
 *                      modernbert, deberta-v2, esm (of proteins), gemma3_text with use_bidirectional_attention
 *                      (EmbeddingGemma)
 *   of images          vit, deit, beit, dinov2, dinov2_with_registers, dinov3_vit, clip_vision_model,
 *                      siglip_vision_model
 *   of their texts     clip_text_model, siglip_text_model
 *   of both            clip, siglip: part of sa_model_options says which
 *   that write         gemma3, llava, llava_next, mistral3, qwen2_vl, qwen2_5_vl: for texts without images
 *   decoders           arcee, biogpt, bloom, codegen, cohere, ernie4_5, exaone4, falcon, gemma, gemma2, gemma3_text,
 *                      glm, glm4, gpt2, gpt_bigcode, gpt_neo, gpt_neox, gptj, granite, helium, llama, ministral,
 *                      mistral, mpt, nemotron, olmo, olmo2, olmo3, opt, phi, phi3, qwen2, qwen3, smollm3, stablelm,
 *                      starcoder2, xglm
 *   with experts       gpt_oss, mixtral, qwen2_moe, qwen3_moe
 *   encoder-decoders   t5, mt5, umt5, marian, bart, mbart, blenderbot, blenderbot-small, pegasus, m2m_100
 *   of sound           whisper, speech_to_text, moonshine, wav2vec2, hubert, audio-spectrogram-transformer
 * A page of JSON describes each: which keys of config.json are its sizes and options, what its blocks consist of, and
 * how its tensors are named. An architecture.json beside the weights replaces it: docs/architectures.md has the format.
 *
 * Settings are read, files of weights are mapped. Sizes and contents are checked before use. Weights keep their type,
 * and weights that can be used in place stay in the mapped file. So no file of weights may be changed or shortened
 * while the model exists: reading bytes that are gone ends the process (SIGBUS). You may replace a file by renaming
 * another over it. Where others may shorten files, set in_memory of sa_model_options: a file that becomes shorter while
 * it is read is then SA_ERR_FILE, and later changes have no effect; processes no longer share its pages. The host may
 * have any byte order. JSON: the limits and memory of sa_tokenizer_open().
 *
 * Options in config.json that would change the result and that this version does not have are refused by name; dropout
 * and other options of training are ignored. You own the model: free it with sa_model_destroy(). Errors: NULL, FILE,
 * FORMAT (malformed, truncated; a tensor is missing or has the wrong shape, by name), UNSUPPORTED (an architecture,
 * dtype, option or tensor that this version does not have, by name), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_model_open(sa_ctx *ctx, const char *path, sa_model **model) SA_MUST_CHECK;

/* Told by the calling thread, now and then: `done` of `all` bytes are ready. Must not use the context. */
typedef void (*sa_progress_fn)(void *user, int64_t done, int64_t all);

/* How a model is opened. Zeros: as sa_model_open() opens it. */
typedef struct sa_model_options {
    uint64_t struct_size;    /* sizeof(sa_model_options) */
    int32_t convert;         /* 1: matrices become `weights` while the model is opened; 0: they keep the file's types */
    int32_t weights;         /* SA_F32, SA_BF16, SA_F16, or a quantised type as SA_Q8_0; 0 without convert */
    sa_progress_fn progress; /* NULL: none */
    void *progress_user;     /* passed to it */
    int32_t in_memory;       /* 1: files of weights are read into memory; 0: they are mapped */
    int32_t image_size;      /* pixels of a side of the images, up to 32767; 0: as config.json says */
    const char *part;        /* of a file with several models: "text" or "vision"; NULL: it has one. It is not kept */
} sa_model_options;

/* The same with options; NULL: none.
 *
 * With image_size, a model of images takes squares of that size, which patches have to fill (VALUE). Its table of
 * positions is stretched by bicubic interpolation between the centres of patches, as Transformers does it
 * (interpolate_pos_encoding): DINOv2's files have 518 pixels, their image processors make 224. Tables of distances
 * (BEiT) are not stretched (UNSUPPORTED); what takes no images is refused (VALUE).
 *
 * Files of CLIP and SigLIP (model_type "clip", "siglip") have a model for texts and one for images. Each call opens the
 * one that `part` names; the other's tensors are then unused ones. Of files that have one (LLaVA's decoder), NULL means
 * that. Weights that both calls map are one memory. Where config.json leaves a size out, it is that of the first model
 * published: clip-vit-base-patch32, siglip-base-patch16-224. A part that the file does not have is SA_ERR_VALUE, and no
 * part where there are several SA_ERR_UNSUPPORTED; both sentences name those that there are.
 *
 * Converted are all matrices of the sub-layers, of the output, a pooler, a classifier, of Dense modules and of patches,
 * and the table of the tokens; norms, biases, convolutions and all other tables keep their type. Converted matrices lie
 * in the model's memory, not in the file. To convert is the work of all threads of the context: a few seconds per
 * billion weights, minutes for SA_Q2_K to SA_Q6_K and SA_IQ4_XS.
 *
 * Quantised types round as the reference functions of llama.cpp do. What they lose of normally distributed weights,
 * root mean square, in percent: Q8_0 0.6, Q6_K 1.9, Q5_K 3.8, Q5_1 4, Q5_0 4.5, Q4_K 7.5, IQ4_XS, IQ4_NL and Q4_1 8,
 * Q4_0 9, MXFP4 12, Q3_K 16, Q2_K 31. A matrix whose rows are no multiple of 256 gets another type, if its blocks have
 * 256 elements: Q4_0 instead of Q2_K and Q3_K, Q5_0 of Q4_K, Q5_1 of Q5_K, Q8_0 of Q6_K, IQ4_NL of IQ4_XS; one whose
 * rows are no multiple of 32 becomes F16. This choice is llama.cpp's, too. Errors as sa_model_open(), also STRUCT_SIZE,
 * VALUE, and UNSUPPORTED for weights that are not finite or larger than 65504, which only MXFP4 has. */
SA_API sa_status sa_model_open_with(sa_ctx *ctx, const char *path, const sa_model_options *options,
                                    sa_model **model) SA_MUST_CHECK;

/* The same with adapters of low rank, experimental: `adapter` is a directory that sa_trainer_save() or Hugging Face's
 * PEFT has written, with adapter_config.json and adapter_model.safetensors. Each matrix that has an adapter becomes
 * W + alpha / rank B A (alpha / sqrt(rank) with use_rslora), float32 in the model's memory, sums in double; so the
 * model is as fast as without. Names of modules in both files may differ by what stands in front ("transformer.").
 * Errors also: NULL (adapter), FORMAT (a tensor without its pair, without a matrix, or of another shape), UNSUPPORTED
 * (adapters of other kinds, of tables, or with settings beyond rank, alpha, dropout, fan_in_fan_out and use_rslora;
 * beside GGUF and llama2.c files, whose rows may have another order). */
SA_API sa_status sa_model_open_adapted(sa_ctx *ctx, const char *path, const char *adapter,
                                       const sa_model_options *options, sa_model **model) SA_MUST_CHECK;

/* Writes a decoder, or BERT, as a GGUF file (version 3), which this library and llama.cpp read: what
 * sa_model_open_with(ctx, path, options) would open, with its settings and its tokenizer. `to` is the new file's path,
 * which has to end in .gguf, since files of models are read by their names; it is written beside it under another name
 * and renamed, so that there is a whole file or none; what stood there is replaced. It may be the file that is read.
 * All tensors of two axes or more get the type of the options, but tables of positions and of types of tokens, which
 * keep theirs; vectors are F32.
 *
 * From a GGUF file, all settings are copied. From safetensors: models of the types llama, mistral, qwen2, qwen3, arcee,
 * ernie4_5, olmo2, phi3, gemma, starcoder2, gpt2 and bert, without a window, with plain or linearly scaled rotation and
 * the usual activation; rows, matrices and norms become what the format wants. BERT's pooler is left out; its embedding
 * is the mean, the first or the last state, scaled to length 1. The tokenizer is that of tokenizer.json in the same
 * directory, byte-level pair encoding whose expression has a name in GGUF, or BERT's WordPiece; without the file, none
 * is written. The chat template is chat_template.jinja, or those of tokenizer_config.json: a text, or a list with
 * names. What cannot be written is refused by name. Errors as sa_model_open_with(); VALUE also: another ending. */
SA_API sa_status sa_model_write(sa_ctx *ctx, const char *path, const sa_model_options *options,
                                const char *to) SA_MUST_CHECK;

/* How many weights of this type the model's matrices and its table of tokens have; a table that is the output matrix,
 * too, counts once. 0 for other numbers, or if model is NULL. Any thread. */
SA_API int64_t sa_model_weights(const sa_model *model, int32_t dtype);

/* Frees a model. No call may be using it, and all of its sessions have to be destroyed before. */
SA_API void sa_model_destroy(sa_model **model);

/* What sa_model_get() returns. The first group describes the encoder; in a model without an encoder, the decoder. */
#define SA_MODEL_LAYERS        0 /* L */
#define SA_MODEL_WIDTH         1 /* E */
#define SA_MODEL_QUERY_HEADS   2 /* H */
#define SA_MODEL_KV_HEADS      3 /* K */
#define SA_MODEL_VOCABULARY    4 /* token numbers are below this; 0: it takes features, not tokens */
#define SA_MODEL_MAX_POSITIONS 5 /* tokens of the longest sequence that it was made for; 0: not stated */
/* (With a position table, longer sequences are refused. Other models run on longer sequences.) */
#define SA_MODEL_HEAD_SIZE 6 /* D */
/* Which parts it has. */
#define SA_MODEL_ENCODER 7 /* 1: it has an encoder */
#define SA_MODEL_DECODER 8 /* 1: it has a decoder */
/* The same numbers of the decoder; 0 without a decoder. */
#define SA_MODEL_DECODER_LAYERS        9  /* L */
#define SA_MODEL_DECODER_WIDTH         10 /* E */
#define SA_MODEL_DECODER_QUERY_HEADS   11 /* H */
#define SA_MODEL_DECODER_KV_HEADS      12 /* K */
#define SA_MODEL_DECODER_VOCABULARY    13 /* token numbers are below this */
#define SA_MODEL_DECODER_MAX_POSITIONS 14 /* as SA_MODEL_MAX_POSITIONS */
#define SA_MODEL_DECODER_HEAD_SIZE     15 /* D */
/* Outputs. */
#define SA_MODEL_OUTPUTS 16 /* V: numbers in a row of logits, one per token or class; 0: none */
#define SA_MODEL_POOLED  17 /* 1: it has a pooler */
/* Features: images or sound. 0: it takes tokens. */
#define SA_MODEL_FEATURE_CHANNELS 18 /* C: channels of an image, or mel bins of sound */
#define SA_MODEL_FEATURE_HEIGHT   19 /* rows of an image; 1 for sound */
#define SA_MODEL_FEATURE_WIDTH    20 /* columns of an image, or frames of sound; 0 with channels: sound of any length */
#define SA_MODEL_FEATURE_TOKENS   21 /* T: tokens that the encoder makes of an image or sound */
#define SA_MODEL_FEATURE_ROWS     22 /* rows of patches of an image; 0: none. Patches are the last tokens, row by row */
#define SA_MODEL_FEATURE_COLUMNS  23 /* columns of patches */
/* Token numbers from config.json, else from generation_config.json; -1: neither names one. */
#define SA_MODEL_START_TOKEN 24 /* the first token of a decoder's text: decoder_start_token_id, or bos_token_id */
#define SA_MODEL_END_TOKEN   25 /* the first of sa_model_end_tokens() */
#define SA_MODEL_PAD_TOKEN   26 /* pad_token_id */
/* Logits are [B,T,V] if this is 1: those of decoders, of encoders that fill in masked words, and of encoders that
 * classify every token. 0: [B,V], or none. An encoder fills in words if its file has the part of masked language models
 * and no classifier; V is SA_MODEL_VOCABULARY then. */
#define SA_MODEL_TOKEN_LOGITS 27
/* The token that the first new one has to be, and that which the last one has to be where a text is cut off. */
#define SA_MODEL_FORCED_FIRST_TOKEN 28 /* forced_bos_token_id */
#define SA_MODEL_FORCED_LAST_TOKEN  29 /* forced_eos_token_id */
#define SA_MODEL_MAX_NEW_TOKENS     30 /* max_new_tokens of generation_config.json; 0: it says nothing */

#define SA_MODEL_EMBEDDING_WIDTH 31 /* numbers of an embedding; 0: modules.json asks for what is not supported */
/* Texts were always padded to so many tokens while the model learned, and padding counted (SigLIP): fill texts up with
 * the tokenizer's padding token, and give no lengths. 0: texts are not padded. */
#define SA_MODEL_PADDED_TOKENS 32
/* 1: its makers generate with a setting that nothing here has; sa_model_sampling() names it. 0: with none but those of
 * sa_sampling, model_rules and sa_beam_search(). */
#define SA_MODEL_UNSUPPORTED 33
#define SA_MODEL_TOKEN_TYPES 34 /* types of tokens (segments) are below this; 0: it takes no types */

#define SA_MODEL_POOLED_WIDTH 35 /* numbers of a pooled state; 0: there is none */

/* A number about the model: `what` is an SA_MODEL_ constant. -1 if model is NULL or `what` is unknown. Any thread. */
SA_API int64_t sa_model_get(const sa_model *model, int32_t what);

/* T: the tokens that an encoder makes of sound of `width` frames or samples (or of an image or sound of the model's own
 * width). 0: too short, not the model's width, or a model of tokens; model NULL. Any thread. */
SA_API int64_t sa_model_feature_tokens(const sa_model *model, int64_t width);

/* Writes at most `capacity` of the tokens that end a text to ids [capacity], and returns how many there are: 0 to 16.
 * They are eos_token_id of config.json, then those that only eos_token_id of generation_config.json has. Of a GGUF file
 * they are tokenizer.ggml.eos_token_id, eot_token_id and eom_token_id; of the weights of llama2.c, 1 and 2. ids may be
 * NULL if capacity is 0. 0 if model is NULL. Any thread. */
SA_API int64_t sa_model_end_tokens(const sa_model *model, int32_t *ids, int64_t capacity);

/* The name of a tensor in the weights that the model does not use. Index 0 is the first in alphabetical order. NULL
 * past the last one, for a negative index, or if model is NULL. All of these are known not to matter: sa_model_open()
 * refuses other unused tensors. Owned by the model. Any thread. */
SA_API const char *sa_model_unused_tensor(const sa_model *model, int64_t index);

/* The text that a model wants in front of texts of a kind: "prompts" of config_sentence_transformers.json, where
 * modules.json stands beside it. Usual names are "query", "document" and "passage". name NULL: that of
 * default_prompt_name. NULL if there is no such prompt, or if model is NULL. sa_model_encode() puts nothing in front:
 * tokenize prompt and text as one text. Owned by the model. Any thread. */
SA_API const char *sa_model_prompt(const sa_model *model, const char *name);

/* The names of these prompts, index 0 first. NULL past the last one, for a negative index, or if model is NULL. Owned
 * by the model. Any thread. */
SA_API const char *sa_model_prompt_name(const sa_model *model, int64_t index);

/* What sa_model_likeness() returns. */
#define SA_LIKENESS_NONE    0 /* the model is not one of texts and images, or its file has not the numbers */
#define SA_LIKENESS_SOFTMAX 1 /* shares of texts for an image: the softmax over them (CLIP) */
#define SA_LIKENESS_SIGMOID 2 /* whether a text fits, each for itself: 1 / (1 + exp(-logit)) (SigLIP) */

/* How a model of texts and images compares the two. With x and y the embeddings of a text and of an image, the logit is
 * *scale * (x . y) + *bias: exp(logit_scale) and logit_bias of the file. Both parts of a file say the same. Returns
 * SA_LIKENESS_SOFTMAX (bias 0) or SA_LIKENESS_SIGMOID; or SA_LIKENESS_NONE, which leaves both numbers 0. scale and bias
 * may be NULL. Any thread. Radford et al., 2021; Zhai et al., 2023. */
SA_API int32_t sa_model_likeness(const sa_model *model, double *scale, double *bias);

/* The model's model_type, owned by the model; "" if model is NULL. Any thread. */
SA_API const char *sa_model_type(const sa_model *model);

/* Inputs and outputs of sa_model_encode(). Optional arrays may be NULL. Without an encoder, L, H, E and V are the
 * decoder's. Padding stands at the end of a sequence. It costs next to nothing: work is done on rows of real tokens;
 * only with entropy or strongest, beit and deberta-v2 on all rows. Those of padding are finite but mean nothing. */
typedef struct sa_encode_args {
    uint64_t struct_size;   /* sizeof(sa_encode_args) */
    int64_t batch;          /* B, >= 0 */
    int64_t tokens;         /* T: tokens per sequence, with padding; at least 1. With features: 0, or their T */
    const int32_t *ids;     /* [B,T] in, token numbers; padding may hold any valid number */
    const int64_t *lengths; /* [B] in, 1 .. T: real tokens. Nothing attends to padding. NULL: all T */
    const int32_t *types;   /* [B,T] in, token types (segments), only for models that have types. NULL: all 0 */
    float *hidden;          /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all; /* [L+1,B,T,E] out, optional: embeddings, then the state after each block, without that norm */
    /* [L,B,H,T,T] out, optional: attention weights by layer, sequence, head, query, key. 0 if the key is hidden; they
     * mean nothing if the query is padding. */
    float *attention;
    /* [B,SA_MODEL_EMBEDDING_WIDTH] out, optional: what the modules of sentence-transformers make of the last hidden
     * state, if modules.json and the folders that it names stand beside safetensors. Pooling over the real tokens: the
     * first or last token, maximum, mean, sum / sqrt(tokens), mean weighted by position; several stand one behind the
     * other. Then Dense (W x + b, and tanh or nothing) and Normalize (to length 1) in the file's order. UNSUPPORTED, by
     * name, where the files ask for more. Without modules.json [B,E]: the mean, scaled to length 1; for CLIP and
     * SigLIP the pooled state, through CLIP's projection if the file has it, scaled to length 1. */
    float *embedding;
    /* in, instead of ids: [B,C,height,width] for models of images, [B,C,frames] of sound. The model types
     * audio-spectrogram-transformer and speech_to_text take spectrograms frame by frame: [B,frames,bins]. */
    const float *features;
    /* [B,SA_MODEL_POOLED_WIDTH] out, optional, where SA_MODEL_POOLED is 1. BERT: tanh(W x + b) of the first token;
     * CLIP: the state of the end token of a text, the normalised class token of an image; BEiT: the normalised mean of
     * patches; SigLIP: W x + b of a text's last token, what a learned query attends to in an image. For other families:
     * pooler_of in docs/architectures.md. */
    float *pooled;
    /* out, optional: [B,V] of a classifier, [B,T,V] with SA_MODEL_TOKEN_LOGITS, [B,U,V] with targets. Of a classifier
     * with a decoder (BART, mBART, T5; SA_MODEL_TOKEN_LOGITS is 0) targets has to be 0: the decoder reads the ids
     * themselves behind its start token (mBART's: behind their last), and its state at the last end token of each text
     * is classified. VALUE if a text has no end token: SA_MODEL_END_TOKEN. */
    float *logits;
    /* Only for an encoder with a decoder. With targets, the decoder also runs, on the encoder's states, as in training
     * ("teacher forcing"). L, H, E and V of these arrays are the decoder's. */
    int64_t targets; /* U: target tokens per sequence, with padding; 0: the decoder runs only to classify the ids */
    const int32_t *target_ids;     /* [B,U] in, token numbers. NULL without targets */
    const int64_t *target_lengths; /* [B] in, 1 .. U: real tokens. NULL: all U, or no targets */
    float *target_hidden;          /* [B,U,E]     out, optional: as hidden */
    float *target_hidden_all;      /* [L+1,B,U,E] out, optional: as hidden_all */
    float *target_attention;       /* [L,B,H,U,U] out, optional: weights of targets to targets */
    float *cross_attention;        /* [L,B,H,U,T] out, optional: weights of targets to the encoder's tokens */
    /* Frames or samples of each sound, for models that take any number: their SA_MODEL_FEATURE_WIDTH is 0. Their T is
     * sa_model_feature_tokens(). For others 0, or what they say. */
    int64_t feature_width;
    /* [L,B,H,T,D] and [L,B,K,T,D] out, optional: what scores are made of, normalised per head and rotated where the
     * model does so, queries also times the scale. D is SA_MODEL_HEAD_SIZE, K SA_MODEL_KV_HEADS. So the weights of a
     * row can be computed when somebody asks for them, without T x T memory: query t of head h, times key s of key head
     * h / (H / K), is the score; then comes what else the model has: softcap, added biases, masks; then the softmax.
     * Rows of padding mean nothing. With an encoder and a decoder they are the encoder's. */
    float *queries;
    float *keys;
    /* What is known about the weights of `attention` without T x T memory: out, optional; with an encoder and a decoder
     * the encoder's. Rows of padding mean nothing. */
    float *entropy;           /* [L,B,H,T]  of a query's weights: -sum over j of P_tj ln P_tj */
    int64_t strongest;        /* how many keys of each query are wanted with their weights, 0 .. SA_STRONGEST_MOST */
    float *strongest_weights; /* [L,B,H,T,strongest]  descending, equal ones by key; 0 behind the visible keys. NULL
                                 with strongest 0 */
    int32_t *strongest_keys;  /* [L,B,H,T,strongest]  likewise */
} sa_encode_args;

/* Runs a model over whole inputs, without a cache: an encoder, or a decoder without an encoder. A decoder's tokens see
 * only themselves and those before them. Scratch memory is O(B * (T + U)), plus what sa_attention() needs; O(H * T * T)
 * more for beit and deberta-v2, whose scores no rule describes. Errors:
 * NULL, STRUCT_SIZE, VALUE (a token number or type outside the model's range, lengths), SHAPE (T or U above the longest
 * sequence; T is not that of the features), UNSUPPORTED (an output or input that this model does not have), OVERFLOW,
 * MEMORY, BUSY. */
SA_API sa_status sa_model_encode(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args) SA_MUST_CHECK;

/* Writes to *bytes how much scratch memory sa_model_encode(ctx, model, args) needs. ids, types, features and target_ids
 * are not read and may be NULL. Errors as sa_model_encode(). */
SA_API sa_status sa_model_encode_workspace_size(sa_ctx *ctx, const sa_model *model, const sa_encode_args *args,
                                                uint64_t *bytes) SA_MUST_CHECK;

/* ================================================================================================ session */

/* A decoder that runs on B sequences. It holds the keys and values of all tokens so far, and those of the encoder's
 * tokens if there is an encoder. One caller at a time. The model has to outlive it; the context need not. */
typedef struct sa_session sa_session;

/* Sizes of a session. All zero, besides struct_size, means all defaults. */
typedef struct sa_session_config {
    uint64_t struct_size; /* sizeof(sa_session_config) */
    int64_t batch;        /* B: sequences, >= 1; 0: 1 */
    int64_t capacity;     /* most tokens per sequence, allocated on creation; 0: memory grows with the sequences. With a
                           * window as in sa_cache_config, and at least window + keep_first */
    int64_t window;       /* only the last `window` tokens and the first keep_first are remembered; 0: all tokens are */
    int64_t keep_first;   /* as in sa_cache_config; a block whose own window is below window + keep_first sees none */
    int32_t cache_dtype;  /* how keys and values are stored: SA_F32, SA_BF16, SA_F16 or SA_I8 */
    int32_t reserved;     /* 0 */
} sa_session_config;

/* Creates a session with empty sequences. config NULL: all defaults. You own it: free it with sa_session_destroy().
 * Errors: NULL, STRUCT_SIZE, VALUE, UNSUPPORTED (the model has no decoder), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_session_create(sa_ctx *ctx, const sa_model *model, const sa_session_config *config,
                                   sa_session **session) SA_MUST_CHECK;

/* Frees a session. No call may be using it. */
SA_API void sa_session_destroy(sa_session **session);

/* Only for models with an encoder, and needed once before sa_session_run(): encodes B inputs as sa_model_encode() does,
 * with all its outputs (targets has to be 0), keeps the keys and values that the decoder makes of them, and empties the
 * sequences. After an error call it again before sa_session_run(). Errors as sa_model_encode(); SHAPE also if
 * args->batch is not the session's; UNSUPPORTED also if the model has no encoder. */
SA_API sa_status sa_session_encode(sa_ctx *ctx, sa_session *session, const sa_encode_args *args) SA_MUST_CHECK;

/* Inputs and outputs of sa_session_run(); optional arrays may be NULL. L, H, E and V are the decoder's. S is the length
 * of the longest sequence after the call. Rows of padding in outputs are finite but mean nothing. */
typedef struct sa_session_args {
    uint64_t struct_size;   /* sizeof(sa_session_args) */
    int64_t tokens;         /* T: new tokens per sequence, with padding; at least 1 */
    const int32_t *ids;     /* [B,T] in, token numbers; padding may hold any valid number */
    const int64_t *lengths; /* [B] in, 0 .. T: how many are real; padding stands behind them. NULL: all. 0 does not
                             * change the sequence */
    float *logits;          /* [B,V]       out, optional: of each sequence's last real token; the rows of sequences
                             * without real tokens are left unwritten */
    float *logits_all;      /* [B,T,V]     out, optional: of all new tokens */
    float *hidden;          /* [B,T,E]     out, optional: last hidden state, after the last norm if there is one */
    float *hidden_all;      /* [L+1,B,T,E] out, optional: embeddings, then the state after each block */
    float *attention;       /* [L,B,H,T,S] out, optional: weights of the new tokens to all; 0 past a sequence's end */
    float *cross_attention; /* [L,B,H,T,S'] out, optional: to the S' tokens of the encoder (with padding) */
    const int32_t *types;   /* [B,T] in, token types, only for models that have types. NULL: all 0 */
} sa_session_args;

/* Appends tokens to the sequences and runs the decoder over them. You may give a text at once, in chunks, or token by
 * token: results are the same within rounding, and equal those of sa_model_encode(); with same_bits of sa_ctx_options
 * they have the same bits. If the sizes need no more scratch memory than an earlier call, only pages of the cache are
 * allocated, and none if capacity was given. After an error the sequences are as before. Errors: NULL, STRUCT_SIZE,
 * VALUE (a token number outside the vocabulary, lengths; a model with an encoder before sa_session_encode()), SHAPE (a
 * sequence above the model's longest or above the capacity), UNSUPPORTED (an output or input that this model does not
 * have), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_session_run(sa_ctx *ctx, sa_session *session, const sa_session_args *args) SA_MUST_CHECK;

/* The number of sequences B, and the tokens of one of them. -1 if there is no such sequence or session. */
SA_API int64_t sa_session_batch(const sa_session *session);
SA_API int64_t sa_session_length(const sa_session *session, int64_t sequence);

/* S': the tokens that sa_session_encode() has encoded, with padding; of a loaded session, those of the longest input.
 * 0: none, or the model has no encoder; -1: session is NULL. */
SA_API int64_t sa_session_source(const sa_session *session);

/* Bytes of memory in the caches. 0 if session is NULL. */
SA_API uint64_t sa_session_bytes(const sa_session *session);

/* As sa_cache_truncate(), sa_cache_fork() and sa_cache_reorder(). Truncate removes the tokens of a sequence (-1: of
 * all) from number `length` on; what the encoder gave stays. Fork makes sequence `to` equal to `from` without copying.
 * Reorder makes each sequence b what sequence from[b] was. Fork and reorder include what the encoder gave. Errors as
 * there, and BUSY; the sentence is in sa_ctx_last_error(NULL). */
SA_API sa_status sa_session_truncate(sa_session *session, int64_t sequence, int64_t length) SA_MUST_CHECK;
SA_API sa_status sa_session_fork(sa_session *session, int64_t from, int64_t to) SA_MUST_CHECK;
SA_API sa_status sa_session_reorder(sa_session *session, const int64_t *from) SA_MUST_CHECK;

/* Writes the session to the file `path`: the keys and values of all tokens so far, in their type, and those of the
 * encoder's tokens. It is written beside it under another name and renamed, so that there is a whole file or none; what
 * stood there is replaced, and stays if the call fails. The session stays as it is. Pages that sequences share are
 * written once. The file has about the size of sa_session_bytes(), without the unused rest of last pages; it is
 * little-endian and the same for the same contents.
 *
 *   note    in [note_bytes], optional: what the caller needs to go on, and will get back from sa_session_note(): the
 *           numbers of the tokens, a conversation ... A session does not know the numbers of its tokens.
 *
 * A prompt that many texts begin with is computed once: save a session that has read it, load it for each text; or keep
 * it as a sequence of a session and sa_session_fork() it. examples/06_prefix.c does both. Errors: NULL, VALUE
 * (note_bytes), FILE (no place is left, ...), MEMORY, BUSY. */
SA_API sa_status sa_session_save(sa_ctx *ctx, sa_session *session, const char *path, const void *note,
                                 int64_t note_bytes) SA_MUST_CHECK;

/* Makes a session of what sa_session_save() has written. It goes on as the one that was saved would have: with the same
 * bits in a context of the same kind. Batch, window, keep_first and cache_dtype are the file's.
 *
 *   model       the one that the session was saved with. Its fingerprint is compared: config.json, the options that it
 *               was opened with, and names, types, shapes and samples of all tensors
 *   capacity    as in sa_session_config; 0: memory grows with the sequences
 *
 * Files that others have written are safe to load: everything is checked, a checksum finds damage, and memory is about
 * what the file's size allows; with a capacity, what sa_session_create() needs for the file's batch. The file is mapped
 * during the call and must not be changed or shortened meanwhile. You own the session. Errors: NULL, FILE, FORMAT
 * (damaged, or no session), UNSUPPORTED (another version of the format), VALUE (a session of another model; capacity),
 * SHAPE (more tokens than the capacity), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_session_load(sa_ctx *ctx, const sa_model *model, const char *path, int64_t capacity,
                                 sa_session **session) SA_MUST_CHECK;

/* The note in the file that the session was loaded from, owned by the session, and its length in *bytes (which may be
 * NULL). NULL if session is NULL or was not loaded. Any address: copy numbers out of it. */
SA_API const void *sa_session_note(const sa_session *session, int64_t *bytes);

/* ============================================================================================= generation */

/* How the next token of a sequence is chosen from a row of logits l. The steps run in this order, which is that of
 * Hugging Face's generate(). A field that is 0 skips its step.
 *
 *   penalties     for every token that occurs n > 0 times in this call's prompt and new tokens: l / repetition_penalty
 *                 if l > 0, else l * repetition_penalty (Keskar et al., "CTRL", 2019); then minus presence_penalty and
 *                 minus n * frequency_penalty
 *   temperature   0: takes the token with the largest logit ("greedy"). The steps below do not run; top_k, top_p
 *                 below 1 and min_p are refused. Else l / temperature
 *   top_k         keeps the k largest logits
 *   top_p         keeps the fewest most probable tokens whose probabilities sum to top_p or more (Holtzman et al.,
 *                 "The Curious Case of Neural Text Degeneration", 2020)
 *   min_p         keeps tokens that are at least min_p times as probable as the most probable one (Nguyen et al.,
 *                 "Min-p Sampling", 2024)
 *   draw          draws one of the remaining tokens by their softmax
 *
 * Of two equal logits, the one with the lower token number counts as larger. NaN counts as -infinity. Draw n = 0, 1,
 * ... of sequence b uses a number u that depends only on seed + b and n, not on threads or on the rest of the batch:
 *     z = seed + b + (n + 1) * 0x9e3779b97f4a7c15; z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
 *     z = (z ^ z >> 27) * 0x94d049bb133111eb; z = z ^ z >> 31; u = (z >> 11) / 2^53
 * (SplitMix64: Steele, Lea and Flood, 2014). In order of token numbers, the first token is taken at which the sum of
 * probabilities exceeds u. So equal logits give equal texts on every machine. */
typedef struct sa_sampling {
    uint64_t struct_size;      /* sizeof(sa_sampling) */
    uint64_t seed;             /* any number */
    double temperature;        /* >= 0, finite */
    int64_t top_k;             /* >= 0 */
    double top_p;              /* 0 .. 1 */
    double min_p;              /* 0 .. 1 */
    double repetition_penalty; /* >= 0, finite; 1 changes nothing either */
    double presence_penalty;   /* finite */
    double frequency_penalty;  /* finite */
} sa_sampling;

/* Why a sequence ended. */
#define SA_END_NONE       0 /* it never started: its prompt was empty */
#define SA_END_MAX_TOKENS 1 /* it has max_tokens new tokens */
#define SA_END_TOKEN      2 /* its last new token is a stop token */
#define SA_END_STRING     3 /* its last new token completes a stop string */
#define SA_END_CALLER     4 /* on_token returned a number other than 0 */
#define SA_END_FULL       5 /* the model has no position, or the session no capacity, for one more token */

/* Called with each new token of a sequence and the logarithm of its probability, on the calling thread. The probability
 * is that of the softmax after on_logits and before the steps of sa_sampling. Return 0 to continue; any other number
 * ends the sequence after this token. The callback may use the context (to decode), but not the session. */
typedef int32_t (*sa_token_fn)(void *user, int64_t sequence, int32_t token, float log_probability);

/* Called before a token of a sequence is chosen, on the calling thread. It may change logits [count], count = V;
 * -infinity forbids a token. The callback may use the context, but not the session. */
typedef void (*sa_logits_fn)(void *user, int64_t sequence, float *logits, int64_t count);

/* Writes to *sampling, whose struct_size you set, how the model's makers draw tokens, as generation_config.json says,
 * or config.json where there is no such file (for older models; this holds for the rules below, too): do_sample,
 * temperature, top_k, top_p, min_p, repetition_penalty. Where do_sample is true, what it leaves out is what
 * Transformers takes: temperature 1, top_k 50. Without them, or without do_sample, it is greedy. Nothing uses these
 * numbers unless you pass them on. Errors: NULL, STRUCT_SIZE; UNSUPPORTED if the file has a setting that changes texts
 * and that neither sa_sampling nor model_rules have (typical_p, bad_words_ids of several tokens, ...), by name;
 * SA_MODEL_UNSUPPORTED is 1 then. Also num_beams, where it is the only one: sa_beam_search() has it. *sampling is
 * written in both cases. The sentence is in sa_ctx_last_error(NULL). Any thread. */
SA_API sa_status sa_model_sampling(const sa_model *model, sa_sampling *sampling) SA_MUST_CHECK;

/* Writes at most `capacity` of the tokens that the model's makers never let come to ids [capacity], and returns how
 * many there are: suppress_tokens and bad_words_ids of generation_config.json, or with first_only 1
 * begin_suppress_tokens, which may not be the first new token. ids may be NULL if capacity is 0. 0 if model is NULL.
 * model_rules of sa_generate_args obeys them. Any thread. */
SA_API int64_t sa_model_suppressed_tokens(const sa_model *model, int32_t first_only, int32_t *ids, int64_t capacity);

/* Inputs and outputs of sa_generate(); optional arrays may be NULL. */
typedef struct sa_generate_args {
    uint64_t struct_size;        /* sizeof(sa_generate_args) */
    int64_t tokens;              /* T: tokens per prompt, with padding; 0: each prompt is SA_MODEL_START_TOKEN */
    const int32_t *ids;          /* [B,T] in, prompts; NULL if tokens is 0 */
    const int64_t *lengths;      /* [B] in, 0 .. T: lengths of the prompts; padding stands behind them. NULL: all T */
    int64_t max_tokens;          /* N: most new tokens per sequence; at least 1 */
    const sa_sampling *sampling; /* NULL: greedy */
    int32_t *generated;          /* [B,N] out: new tokens, with a stop token; nothing is written from counts[b] on */
    int64_t *counts;             /* [B]   out: how many new tokens there are */
    int32_t *endings;            /* [B]   out, optional: SA_END_... */
    float *log_probabilities;    /* [B,N] out, optional: as on_token gets them */
    /* [stop_token_count] in, 0 .. V-1, or one of sa_model_end_tokens(); NULL: sa_model_end_tokens(). Not NULL with
     * count 0: none */
    const int32_t *stop_tokens;
    int64_t stop_token_count; /* >= 0; 0 if stop_tokens is NULL */
    /* [stop_string_count] in, NUL-terminated UTF-8, not empty. They are searched in the text of the new tokens and may
     * begin and end inside of tokens. The stop string stays in the output: cut it off if you do not want it. */
    const char *const *stop_strings;
    int64_t stop_string_count;     /* >= 0; 0 if stop_strings is NULL */
    const sa_tokenizer *tokenizer; /* the model's; needed with stop_strings */
    sa_token_fn on_token;          /* NULL: none */
    sa_logits_fn on_logits;        /* NULL: none */
    void *user;                    /* passed to both */
    int32_t model_rules;           /* 1: the rules below hold before on_logits; 0: none */
    int32_t reserved;              /* 0 */
} sa_generate_args;

/* The rules of a model's makers, by the names that generation_config.json (or config.json) gives them:
 *
 *   suppress_tokens, bad_words_ids       these tokens never come; words of several tokens: see sa_model_sampling()
 *   begin_suppress_tokens                these are not the first new token, nor that behind a forced first one
 *   forced_bos_token_id                  is the first new token where the sequence holds one token before it
 *   forced_eos_token_id                  is the last new token where max_tokens or the room for positions ends
 *   min_new_tokens, min_length           fewer new tokens, or tokens with the prompt: no sa_model_end_tokens() comes
 *   no_repeat_ngram_size                 no group of so many tokens comes twice in prompt and new tokens of this call
 *
 * A forced token comes whatever the other rules say, with probability 1. Tokens that the rules forbid have the logit
 * -infinity. Numbers for which the model has no logit are ignored, except forced ones (VALUE). */

/* Appends a prompt to each sequence of the session and generates new tokens. Afterwards a sequence holds its prompt and
 * its new tokens except the last one, which has not been run: begin the next prompt with it. If the sizes are no larger
 * than in an earlier call, it allocates only what sa_session_run() does. After an error the sequences hold what was run
 * before it. Errors as sa_session_run(); VALUE also if no logit is finite or one is +infinity; TEXT if a stop string is
 * not UTF-8; UNSUPPORTED if the model has no logits. */
SA_API sa_status sa_generate(sa_ctx *ctx, sa_session *session, const sa_generate_args *args) SA_MUST_CHECK;

/* When a search with B beams ends, if not with N new tokens or for lack of room. The names are those of
 * `early_stopping` in generation_config.json. */
#define SA_EARLY_STOPPING_NEVER 0 /* "never": R texts are found, and no beam can reach a better score */
#define SA_EARLY_STOPPING_TRUE  1 /* true: B texts are found */
#define SA_EARLY_STOPPING_FALSE 2 /* false: B texts are found, and no beam has a better score than the worst */

/* Inputs and outputs of sa_beam_search(). */
typedef struct sa_beam_args {
    uint64_t struct_size;       /* sizeof(sa_beam_args) */
    int64_t tokens;             /* T: tokens of the prompt; 0: it is SA_MODEL_START_TOKEN */
    const int32_t *ids;         /* [T] in; NULL if tokens is 0 */
    int64_t max_tokens;         /* N: most new tokens; at least 1 */
    int64_t results;            /* R: wanted texts, 1 .. B; 0: 1 */
    double length_penalty;      /* finite, see below; 0: scores are plain sums */
    int32_t *generated;         /* [R,N] out: new tokens of the best texts, best first, with stop tokens */
    int64_t *counts;            /* [R]   out: how many new tokens; 0: there is no such text */
    double *scores;             /* [R]   out, optional; -infinity: there is no such text */
    const int32_t *stop_tokens; /* as in sa_generate_args */
    int64_t stop_token_count;   /* as in sa_generate_args */
    int32_t model_rules;        /* as in sa_generate_args */
    int32_t early_stopping;     /* SA_EARLY_STOPPING_... */
} sa_beam_args;

/* Beam search: searches for the most probable continuations of one prompt. It uses as many beams as the session has
 * sequences. The prompt is appended to sequence 0; the other sequences become equal to it.
 *
 * Each step looks at all continuations of all beams by one token. The B most probable that do not end with a stop token
 * become the new beams. Those that end with a stop token, and are among the B most probable of all, become texts, of
 * which the B best are kept. The score of a text is the sum of the log-probabilities of its n new tokens, divided by
 * n^length_penalty. Of equal sums, that of the lower beam is better, then that of the lower token number. model_rules
 * forbid tokens once probabilities are known: those of the others do not grow, as in Transformers.
 *
 * early_stopping says when the search ends. Its other values do so earlier than NEVER, and may miss a better text:
 * with FALSE, the usual one of Transformers, a beam that would only gain by more tokens is given up; TRUE is also what
 * CTranslate2 does. The search also ends with N new tokens, or without room for one more; then the beams become texts
 * too. Afterwards the sequences hold the prompt and the tokens of some beam: remove these with sa_session_truncate().
 * Memory and errors as sa_generate(). */
SA_API sa_status sa_beam_search(sa_ctx *ctx, sa_session *session, const sa_beam_args *args) SA_MUST_CHECK;

/* ================================================================================================== sound */

/* Turns sound into log-mel features, which models of sound take: how much energy each band of frequencies has, frame by
 * frame. Immutable after creation: any number of threads may use one at once. There are two kinds.
 *
 * SA_MEL_WHISPER: the rules of Whisper (Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision",
 * 2022). Sound x of N samples at `rate` per second, N a multiple of `step`:
 *
 *   mirror    frame / 2 samples are mirrored at both ends, without repeating the sample at the edge
 *   frames    frame t has the `frame` samples around sample t * step, t = 0 .. N / step - 1
 *   window    each is multiplied by the periodic Hann window, 0.5 - 0.5 cos(2 pi n / frame)
 *   power     p_k = |FFT(frame)_k|^2, k = 0 .. frame / 2; p_k belongs to k * rate / frame Hz
 *   filters   `bins` triangles over p. Their bins + 2 corners lie between `lowest` and `highest` at equal distances on
 *             Slaney's mel scale, which is 3 f / 200 below 1000 Hz, and 15 + 27 ln(f / 1000) / ln 6.4 above. Each
 *             triangle has height 2 / (its width in Hz).
 *   log       y = log10(max(sum, 1e-10)); y = max(y, m - 8), m the largest y of the call; (y + 4) / 4
 *
 * SA_MEL_KALDI: the filter banks of Kaldi (Povey et al., "The Kaldi Speech Recognition Toolkit", 2011), which AST and
 * speech_to_text take, as torchaudio.compliance.kaldi.fbank() computes them with its usual arguments:
 *
 *   frames    frame t has samples t * step .. t * step + frame - 1, t = 0 .. (count - frame) / step rounded down; what
 *             is left of the sound at its end is not used
 *   samples   x * scale, minus the frame's mean; then x_n - 0.97 x_(n-1), and 0.03 x_0 for the first one
 *   window    each is multiplied by (0.5 - 0.5 cos(2 pi n / (frame - 1)))^window_power
 *   power     p_k = |FFT(frame)_k|^2, zeros behind the frame up to the next power of two, P; p_k belongs to
 *             k * rate / P Hz
 *   filters   `bins` triangles over p, of height 1. Their corners lie between `lowest` and `highest` at equal distances
 *             on the scale 1127 ln(1 + f / 700), and their sides are straight on that scale.
 *   log       y = ln(max(sum, 2^-23))
 *   by bin    with SA_MEL_MEANS, the mean of a bin's y over all frames is subtracted; with SA_MEL_DEVIATIONS, they are
 *             divided by their standard deviation (that of a bin without any is taken for 1)
 *   behind    where more frames are asked for than the sound has, y of those is 0
 *   all       (y - mean) / deviation
 *
 * Up to the logarithm, numbers are computed in double precision. The FFT is that of FFTW. sa_build_info() tells
 * whether the library has it; without, creation is refused with SA_ERR_UNSUPPORTED. */
typedef struct sa_mel sa_mel;

/* Kinds. */
#define SA_MEL_WHISPER 0
#define SA_MEL_KALDI   1

/* What is done by bin; to be added. */
#define SA_MEL_MEANS      1
#define SA_MEL_DEVIATIONS 2

/* All zero, besides struct_size, means Whisper's first models: the numbers in brackets. Behind a semicolon those of
 * SA_MEL_KALDI, where they are others. */
typedef struct sa_mel_config {
    uint64_t struct_size; /* sizeof(sa_mel_config) */
    int64_t rate;         /* samples per second, up to 1000000 (16000) */
    int64_t frame;        /* samples of a frame, 2 to 65536 (400; those of 25 ms) */
    int64_t step;         /* samples from a frame to the next, 1 to 65536 (160; those of 10 ms) */
    int64_t bins;         /* bands of frequencies, 1 to 1024 (80) */
    int64_t window;       /* step * the frames that a model takes at once, up to 2^31 - 1 (480000, 30 s; 0: any) */
    double lowest;        /* Hz where the first triangle begins, >= 0 (0; 20) */
    double highest;       /* Hz where the last one ends: above lowest, at most rate / 2 (rate / 2) */
    int32_t kind;         /* SA_MEL_WHISPER or SA_MEL_KALDI. The fields below are of SA_MEL_KALDI, and 0 otherwise */
    int32_t by_bin;       /* SA_MEL_MEANS, SA_MEL_DEVIATIONS, their sum, or 0 */
    double scale;         /* what samples are multiplied by: above 0, up to 1e9 (1). 32768 for numbers of 16 bits */
    double window_power;  /* above 0, up to 16 (1, the Hann window). 0.85 is Povey's window */
    double mean;          /* -1e6 to 1e6 (0) */
    double deviation;     /* 1e-6 to 1e6 (1) */
} sa_mel_config;

/* Creates one from numbers; config NULL: all defaults. You own it: free it with sa_mel_destroy(). FFTW takes some
 * memory from the C library. Its planner is not thread-safe: the library locks its own calls of it, but a program that
 * plans with FFTW itself must not do so during this call. Errors: NULL, STRUCT_SIZE, VALUE, UNSUPPORTED (built without
 * FFTW), MEMORY, BUSY. */
SA_API sa_status sa_mel_create(sa_ctx *ctx, const sa_mel_config *config, sa_mel **mel) SA_MUST_CHECK;

/* Creates one as preprocessor_config.json says: that file, a directory with it, or a file of weights beside it. The
 * section "feature_extractor" of processor_config.json, which Transformers writes since version 5, goes before it.
 * feature_extractor_type says how it is read:
 *
 *   WhisperFeatureExtractor       sampling_rate, n_fft, hop_length, feature_size and n_samples, defaults as above.
 *                                 So is a file without a type
 *   ASTFeatureExtractor           SA_MEL_KALDI: sampling_rate, num_mel_bins (128), max_length (1024 frames: the
 *                                 window); with do_normalize (true) mean (-4.2677393), and std (4.5689974), twice
 *                                 which is `deviation`
 *   Speech2TextFeatureExtractor   SA_MEL_KALDI with scale 32768 and Povey's window: sampling_rate, num_mel_bins (80);
 *                                 with do_ceptral_normalize (true) normalize_means (true) and normalize_vars (true)
 *                                 are done by bin. So is a file without a type that has num_mel_bins
 *
 * Other types, and padding or dither that would change the result, are refused by name. Errors as sa_mel_create();
 * FILE, FORMAT. */
SA_API sa_status sa_mel_open(sa_ctx *ctx, const char *path, sa_mel **mel) SA_MUST_CHECK;

/* Frees it. No call may be using it. */
SA_API void sa_mel_destroy(sa_mel **mel);

/* What sa_mel_get() returns: the numbers of sa_mel_config. */
#define SA_MEL_RATE   0
#define SA_MEL_FRAME  1
#define SA_MEL_STEP   2
#define SA_MEL_BINS   3
#define SA_MEL_WINDOW 4
#define SA_MEL_KIND   5

/* A number of it: `what` is an SA_MEL_ constant. -1 if mel is NULL or `what` is unknown. Any thread. */
SA_API int64_t sa_mel_get(const sa_mel *mel, int32_t what);

/* The frames that `count` samples make: count / step rounded up; with SA_MEL_KALDI (count - frame) / step + 1 rounded
 * down, 0 below a frame. -1 if mel is NULL or count is negative. Any thread. */
SA_API int64_t sa_mel_frames(const sa_mel *mel, int64_t count);

/* Computes the features of `frames` frames.
 *
 *   samples    in [count]: one channel, -1 .. 1. NULL if count is 0
 *   count      0 .. frames * step. The sound goes on with zeros up to N = frames * step samples. With SA_MEL_KALDI so
 *              many that sa_mel_frames() is 1 .. frames
 *   features   out [bins, frames]; with SA_MEL_KALDI [frames, bins]
 *   frames     at least 1, and with SA_MEL_WHISPER so many that N > frame / 2. SA_MEL_WINDOW / SA_MEL_STEP for what a
 *              model takes at once; for sound of any length, sa_mel_frames()
 *
 * Uses the context's threads; bits do not depend on them. Scratch memory is O(threads * frame + frames). Errors: NULL,
 * VALUE (a sample that is not finite, with its place; count), SHAPE (frames), OVERFLOW, MEMORY, BUSY. */
SA_API sa_status sa_mel_features(sa_ctx *ctx, const sa_mel *mel, const float *samples, int64_t count, float *features,
                                 int64_t frames) SA_MUST_CHECK;

/* ================================================================================================= speech */

/* What a model of speech (Whisper) needs besides weights: its features, and the rules by which it writes. Immutable
 * after opening: any number of threads and sessions may use one at once. The model has to outlive it. */
typedef struct sa_speech sa_speech;

/* Opens it from the files beside a model's weights. `path` is what sa_model_open() got. Read are:
 *   preprocessor_config.json   as sa_mel_open(); SA_MEL_WHISPER
 *   generation_config.json, then config.json for what that does not have:
 *     lang_to_id, task_to_id         tokens of languages ("<|en|>") and tasks; neither: the model knows English alone
 *     forced_decoder_ids             of older models, which lack the two: if it has a task as the second token, the
 *                                    tokenizer beside the model names languages and tasks. The first token is the
 *                                    language unless another one is asked for; null: it is detected
 *     no_timestamps_token_id         the tokens behind it are times: 0, 0.02, 0.04 ... s. The token before it means
 *                                    that nobody speaks. Default: the tokenizer's "<|notimestamps|>"
 *     prev_sot_token_id              begins a prompt of earlier text; default: no_timestamps_token_id - 2
 *     suppress_tokens, begin_suppress_tokens, max_initial_timestamp_index     see sa_speech_rules()
 * You own it: free it with sa_speech_destroy(). Errors: NULL, FILE, FORMAT, UNSUPPORTED (the model takes no sound, or
 * has no decoder; its features are others than the file's), MEMORY, BUSY. */
SA_API sa_status sa_speech_open(sa_ctx *ctx, const sa_model *model, const char *path, sa_speech **speech) SA_MUST_CHECK;

/* Frees it. No call may be using it. */
SA_API void sa_speech_destroy(sa_speech **speech);

/* Its features, owned by it; NULL if speech is NULL. Any thread. */
SA_API const sa_mel *sa_speech_mel(const sa_speech *speech);

/* The code of a language ("en"), owned by it. Index 0 is the one with the lowest token number. NULL past the last one,
 * for a negative index, or if speech is NULL. A model that knows English alone has none. Any thread. */
SA_API const char *sa_speech_language(const sa_speech *speech, int32_t index);

/* Whether tokens of time are written. */
#define SA_TIMES_AUTO   0 /* only if the sound is longer than a window */
#define SA_TIMES_ALWAYS 1
#define SA_TIMES_NEVER  2

/* Applies the rules of writing to logits [V] of the next token: forbidden tokens become -infinity.
 *
 *   ids       in [count]: the new tokens of this window so far, without the prompt; NULL if count is 0
 *   times     1: tokens of time are written, 0: they are not
 *
 *   1. suppress_tokens are forbidden, and at the first new token begin_suppress_tokens too.
 *   With times, in this order:
 *   2. no_timestamps_token_id is forbidden.
 *   3. Behind a time that follows a time, or stands first, none may follow. Behind one that follows text, a time or an
 *      end has to follow: no token below the end token.
 *   4. Times do not decrease. A time may be repeated only directly behind itself, if it follows text: one text ends
 *      where the next begins.
 *   5. The first new token is a time, at most max_initial_timestamp_index.
 *   6. If all times together are more probable than the most probable other token, it is a time.
 *
 * sa_transcribe() does this; use it for searches of your own, in on_logits of sa_generate(). Errors, without a
 * sentence: NULL, VALUE (count is negative, times is neither 0 nor 1). Any thread. */
SA_API sa_status sa_speech_rules(const sa_speech *speech, const int32_t *ids, int64_t count, int32_t times,
                                 float *logits);

/* What the model writes. */
#define SA_TASK_TRANSCRIBE 0 /* what is said, in its language */
#define SA_TASK_TRANSLATE  1 /* the same in English */

/* A piece of text with its place in the sound. */
typedef struct sa_speech_segment {
    uint64_t struct_size;   /* sizeof(sa_speech_segment) of the library; later versions append fields */
    double begin, end;      /* seconds from the beginning of the sound */
    const int32_t *ids;     /* [count] tokens of text, without times and the end token; valid during the callback */
    int64_t count;          /* at least 1 */
    int32_t language;       /* index for sa_speech_language(); -1: the model knows English alone */
    int32_t reserved;       /* 0 */
    double log_probability; /* mean over the tokens of its window */
    double no_speech;       /* probability that nobody speaks in its window */
} sa_speech_segment;

/* What became of a window. */
#define SA_WINDOW_TEXT       0 /* text, which may be empty */
#define SA_WINDOW_SILENT     1 /* no frequency has any energy: the model was not asked */
#define SA_WINDOW_SPEECHLESS 2 /* the model says that nobody speaks; what it wrote is no segment */

/* A window of sound, after it has been transcribed. */
typedef struct sa_speech_window {
    uint64_t struct_size;   /* sizeof(sa_speech_window) of the library; later versions append fields */
    int64_t first, count;   /* samples first .. first + count - 1 */
    int64_t next;           /* the sample at which the next window begins */
    int32_t kind;           /* SA_WINDOW_ */
    int32_t language;       /* as in sa_speech_segment; -1 also in silence */
    const int32_t *ids;     /* [tokens] all new tokens with times and the end token; valid during the callback */
    int64_t tokens;         /* 0 in silence */
    double log_probability; /* mean over these tokens */
    double no_speech;       /* probability that nobody speaks; 1 in silence */
} sa_speech_window;

/* Called on the calling thread. They may use the context (to decode tokens), but not the session. Return 0 to continue;
 * any other number ends the call after this window. */
typedef int32_t (*sa_segment_fn)(void *user, const sa_speech_segment *segment);
typedef int32_t (*sa_window_fn)(void *user, const sa_speech_window *window);

/* Inputs and outputs of sa_transcribe(); optional ones may be NULL. */
typedef struct sa_transcribe_args {
    uint64_t struct_size;     /* sizeof(sa_transcribe_args) */
    const sa_speech *speech;  /* of the session's model */
    const float *samples;     /* [count] in, one channel, -1 .. 1, SA_MEL_RATE samples per second; NULL if count is 0 */
    int64_t count;            /* >= 0, any length */
    sa_segment_fn on_segment; /* optional: called with each segment, in order */
    sa_window_fn on_window;   /* optional: called after each window, behind its segments */
    void *user;               /* passed to both */
    const char *language;     /* a code, "en"; NULL: that which is most probable in the first window with speech */
    int32_t task;             /* SA_TASK_ */
    int32_t times;            /* SA_TIMES_ */
    const int32_t *prompt;    /* [prompt_tokens] in: text that the model takes for what was said before, for names and
                               * style; the last half of the model's positions is used. NULL: none */
    int64_t prompt_tokens;    /* >= 0; 0 if prompt is NULL */
    int32_t keep_text;        /* 1: the text so far is a prompt for each window; 0: only `prompt` is, for the first */
    int32_t reserved;         /* 0 */
    int64_t max_tokens;       /* most new tokens of a window; 0: as many as the model has positions */
    double no_speech;         /* a window is speechless if no_speech exceeds this, */
    double log_probability;   /* and the mean log-probability of its tokens does not exceed this. Both 0: 0.6 and -1, as
                               * Whisper has it. no_speech 1: no window is */
    int32_t *language_found;  /* [1]         out, optional: index of the language; -1: there was no speech, or the model
                               * knows English alone */
    float *language_probabilities; /* [languages] out, optional: of the window in which the language was detected; 0 if
                                    * none was */
    int64_t *done;                 /* [1]         out, optional: samples that were transcribed; count at the end */
    const int32_t *beginning;      /* [beginning_tokens] in: text that the first window with sound begins with, below
                                    * the end token; with times, the time 0 stands before it. NULL: none */
    int64_t beginning_tokens;      /* 0 to a little less than half of the model's positions; 0 if beginning is NULL */
} sa_transcribe_args;

/* Turns sound into text with a session of one sequence, window by window. The prompt is: earlier text, the start token,
 * the language, the task, and without times no_timestamps_token_id. Tokens are the most probable ones that
 * sa_speech_rules() allows. A window ends with the end token, or without room for one more token. Tokens of `beginning`
 * are new tokens as well, and segments have them; means of log-probabilities are those of the chosen ones.
 *
 * With times, segments end at them. The next window begins at the last time if a segment was left open there, otherwise
 * behind this window. Without times each window is a segment, and words at its edges may be cut. Less than a step of
 * sound at the end is left out.
 *
 * After the first window nothing is allocated, unless sa_session_run() does. Errors as sa_session_encode() and
 * sa_session_run(); VALUE also if a sample is not finite, or the language or task is not the model's; SHAPE if the
 * session's batch is not 1. After an error language_found and done are not written. */
SA_API sa_status sa_transcribe(sa_ctx *ctx, sa_session *session, const sa_transcribe_args *args) SA_MUST_CHECK;

/* Reads letters from logits of an encoder that was trained by connectionist temporal classification, as wav2vec 2.0
 * (Graves et al., "Connectionist Temporal Classification", 2006): the most probable token of each frame, of which equal
 * ones side by side count once, and blanks not at all. Of equal logits the lower token counts as larger.
 *
 *   logits     in [frames, vocabulary], those of sa_model_encode(); NULL if frames is 0
 *   blank      the token that stands for nothing, usually SA_MODEL_PAD_TOKEN
 *   ids        out [capacity]: the first tokens; may be NULL if capacity is 0
 *   places     out [capacity], optional: the frame at which each begins
 *   count      out: how many tokens there are, always the full number
 *
 * Errors, without a sentence: NULL, VALUE (negative numbers, blank outside of the vocabulary), TEXT (count > capacity
 * > 0). Any thread. */
SA_API sa_status sa_ctc_decode(const float *logits, int64_t frames, int64_t vocabulary, int32_t blank, int32_t *ids,
                               int64_t *places, int64_t capacity, int64_t *count);

/* =============================================================================================== training */

/* Training, experimental: what stands here may change until version 1.0. All positions of all sequences of a batch are
 * trained at once. A trainer holds float32 copies of a model's weights, their gradients, and two more arrays of the
 * same size that the optimizer has; with sa_lora, only of adapters. A step has two parts:
 *
 *     for each batch:  sa_trainer_accumulate()    loss of the batch; its gradients are added up
 *                      sa_trainer_update()        clips them, changes the weights, sets them to 0
 *
 * Several calls of the first before the second are one larger batch. Dropout draws by the seed, the number of updates
 * so far and of batches since: a resumed trainer drops the same as one that never stopped. Every family that is built
 * in trains, but for those with experts, clamped gates, sound, convolutions, rotary or relative positions of images, or
 * DeBERTa's positions: they are refused by name. Arithmetic is float32; sums have a fixed order: any number of threads
 * gives the same bits.
 *
 * Memory: 16 bytes for each weight, 20 where products read rounded ones; and for a step, B T (some 30 E + 6 F) floats
 * for each block (letters as above, F the inner width), but nothing of size T x T, and logits of 256 tokens at a time.
 * With `recompute` it is 2 B T E floats for each block, and the inner values of one block, which is computed again for
 * its gradients: the bits are the same. After the first step of a size nothing is allocated. */
typedef struct sa_trainer sa_trainer;

#define SA_OPTIMIZER_ADAMW 0 /* Loshchilov, Hutter, "Decoupled Weight Decay Regularization", 2019 */
#define SA_OPTIMIZER_SGD   1 /* m = beta1 m + g + weight_decay w;  w = w - rate m */

/* Adapters of low rank (Hu et al., "LoRA: Low-rank adaptation of large language models", 2021). Beside a matrix W
 * [out, in], which stays as it is, stand A [rank, in] and B [out, rank], and they alone learn:
 *
 *     y = W x + alpha / rank * B A drop(x)
 *
 * At first B is 0, and A even in -1/sqrt(in) .. 1/sqrt(in), drawn by Philox 4x32-10 from the trainer's seed. Only A and
 * B have gradients and moments. Float32 weights stay in the mapped file, other types are widened to 4 bytes a weight.
 * Matrices are those of blocks: of attention and feed-forward; not tables, output matrices and classifiers. */
typedef struct sa_lora {
    uint64_t struct_size; /* sizeof(sa_lora) */
    int64_t rank;         /* 1 .. the shorter side of each matrix; 0 with `adapter` */
    double alpha;         /* >= 0; 0: rank */
    double dropout;       /* 0 .. below 1: the probability for numbers of x; 0 with `adapter`: as it was written */
    /* A list with commas: roles of docs/architectures.md ("query", "up"), last parts of modules' names ("q_proj",
     * "mlp.up_proj"), patterns for whole names ("model.layers.1*.mlp.*"). NULL: "query,value,qkv", those that exist. */
    const char *targets;
    const char *adapter; /* a directory of sa_trainer_save() or PEFT to begin with; NULL: new ones */
} sa_lora;

/* How weights are changed.
 *
 * With `weights` SA_BF16 each step reads all of them, vectors too, rounded to bfloat16 (to nearest even), and their
 * gradients change float32 masters. So losses are those of a bfloat16 model, and sa_trainer_save() writes just that
 * model: BF16, half as large. All else stays float32, states and gradients too. So in training this saves neither time
 * nor memory: it takes 4 bytes more for each weight. With the moments the checkpoint has the masters, from which
 * `resume` goes on, with either type. */
typedef struct sa_trainer_config {
    uint64_t struct_size;        /* sizeof(sa_trainer_config) */
    int32_t optimizer;           /* SA_OPTIMIZER_ */
    int32_t resume;              /* 1: goes on from a checkpoint of sa_trainer_save(), with its moments */
    int32_t decay_matrices_only; /* 1: vectors (biases, norms) have no weight decay */
    int32_t initialize;          /* 1: a model without weights, see sa_trainer_create(); not with resume */
    double beta1, beta2;         /* 0 .. below 1; 0: 0.9 and 0.999. With SGD beta1 is the momentum, and 0 is none */
    double epsilon;              /* added to the root of the second moment, 0 .. 1; 0: 1e-8 */
    double weight_decay;         /* >= 0 */
    double clip_norm;            /* gradients of a larger norm, all together, are scaled down to it; 0: none are */
    double label_smoothing;      /* 0 .. below 1: this share of the probability is spread over all classes */
    double attention_dropout;    /* 0 .. below 1: the probability of sa_dropout, in every attention */
    double hidden_dropout; /* the same for numbers behind the input and behind each sub-layer, before it is added */
    uint64_t seed;         /* of what is dropped, with the number of the update and of the batch; of first weights */
    const sa_lora *lora;   /* adapters learn instead of the model's weights; with resume, it names one. NULL: none */
    int64_t recompute;     /* 1: blocks are computed again for their gradients, which takes less memory */
    int64_t weights;       /* SA_F32 (0), or SA_BF16: steps read rounded weights, see above; with lora only SA_F32 */
    const char *const *classes; /* [class_count] in: the model becomes a classifier of these, see sa_trainer_create();
                                 * not with resume or lora. NULL: it stays what it is */
    int64_t class_count;        /* 2 to 2^20; 0 if classes is NULL */
    int64_t image_size;         /* pixels of a side of the images, as sa_model_options has it; 0: as config.json says */
} sa_trainer_config;

/* Inputs and labels of a step. Labels are numbers of tokens or classes; -100 stands for none.
 *
 *   decoders              labels [B,T]: what has to follow each token; NULL: the next token of its own sequence
 *   encoder and decoder   ids and lengths are the encoder's; labels [B, labels_per_sequence] is what the decoder has to
 *                         write. It reads SA_MODEL_START_TOKEN (mBART's: the last label) and then the labels
 *   classifiers           labels [B]; of tokens: [B,T]
 *   filling in words      labels [B,T]: the words that ids hide behind the mask token */
typedef struct sa_training_batch {
    uint64_t struct_size;        /* sizeof(sa_training_batch) */
    int64_t batch;               /* B >= 1 */
    int64_t tokens;              /* T: tokens per sequence, with padding; 0 for images */
    const int32_t *ids;          /* [B,T] in; NULL for images */
    const int64_t *lengths;      /* [B] in: real tokens of each sequence, 1 .. T; NULL: all */
    const float *features;       /* [B, channels, height, width] in, of models that take images; else NULL */
    const int32_t *labels;       /* in, see above */
    int64_t labels_per_sequence; /* 0 if labels is NULL */
    double weight;               /* of this batch's mean loss in the gradients, > 0; 0: 1 */
} sa_training_batch;

/* Makes a trainer of what sa_model_open() opens. Quantised weights are widened. The context's threads and path are
 * those of each later call's context. You own it: free it with sa_trainer_destroy().
 *
 * With `initialize` no weights are read: `path` is a config.json or a directory with one, which says family and sizes,
 * and the first weights are drawn, in Hugging Face's names and shapes. Norms are 1 (0 where the family adds 1 to them),
 * biases and other vectors 0; all other numbers are normal, of mean 0 and the deviation `initializer_range` of
 * config.json (or `init_std`; without both 0.02). Each is the sum of twelve draws of Philox 4x32-10 from `seed`, the
 * tensor's name and the place, so it has the same bits everywhere. An encoder alone has no pooler, classifier or output
 * then. Models of sound, experts and layer scales are not drawn (UNSUPPORTED). sa_trainer_save() writes the first model
 * whose weights exist.
 *
 * With `image_size` images have another size than config.json names, as in sa_model_open_with(). A table of positions
 * keeps the size that it has in the file: what it is stretched to is learned through the stretching, and checkpoints
 * are opened with the same image_size for the same results.
 *
 * With `classes` a model of texts or images becomes a classifier, as Transformers' from_pretrained() makes one of a
 * model without: an encoder with the classifier that its family has, behind its pooler, first token or mean; a decoder
 * with a matrix behind the last token. The last matrix is new also where the file has one; a pooler or matrix before it
 * only where it has none. They are drawn as above. Other ends are left out, as the output of words. The names of
 * tensors are those of the class in Transformers, which `architectures` of config.json then names, with the classes in
 * `id2label` and `label2id`. The names have to be different, UTF-8, and not empty; they are copied.
 *
 * Errors as sa_model_open(); UNSUPPORTED also for the models named above, for adapters of GGUF and llama2.c files and
 * of other matrices than blocks', and for what an adapter_config.json asks for beyond rank, alpha, dropout,
 * fan_in_fan_out and use_rslora; VALUE (config; initialize beside resume or lora; classes; a target that no block has,
 * a rank above a side of a matrix); FILE and FORMAT (resume without optimizer.safetensors; an adapter that does not fit
 * the model; an initializer_range that is no number of 0 or more). */
SA_API sa_status sa_trainer_create(sa_ctx *ctx, const char *path, const sa_trainer_config *config,
                                   sa_trainer **trainer) SA_MUST_CHECK;
SA_API void sa_trainer_destroy(sa_trainer **trainer);

/* Writes the mean cross-entropy over all labels of the batch to *loss, and adds `weight` times its gradients to those
 * of the weights. A batch without labels has the loss 0. Errors: NULL, STRUCT_SIZE, VALUE (a number out of range; ids
 * beside images), SHAPE (labels_per_sequence), UNSUPPORTED (a model without logits and classes, or with classes of a
 * decoder's end, of all layers, of an end token's state, or of what attention pools), OVERFLOW, MEMORY, BUSY; after an
 * error in the middle, MEMORY or CANCELLED, gradients are incomplete. One caller at a time per trainer. */
SA_API sa_status sa_trainer_accumulate(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch,
                                       double *loss) SA_MUST_CHECK;

/* The same loss without label smoothing and dropout; no gradient changes. Errors as sa_trainer_accumulate(). */
SA_API sa_status sa_trainer_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_batch *batch,
                                 double *loss) SA_MUST_CHECK;

/* Pairs of texts of which a model learns embeddings: that of a text shall be more like its partner's than like those of
 * all other partners in the batch. */
typedef struct sa_training_pairs {
    uint64_t struct_size;   /* sizeof(sa_training_pairs) */
    int64_t pairs;          /* N, 1 .. 2^30 - 1; one alone has the loss 0 */
    int64_t tokens;         /* T: tokens per text, with padding */
    const int32_t *ids;     /* [2N,T] in: N texts, then their partners in the same order */
    const int64_t *lengths; /* [2N] in: real tokens of each text, 1 .. T; NULL: all */
    double temperature;     /* > 0; 0: 0.05 */
    double weight;          /* of this batch's loss in the gradients, > 0; 0: 1 */
} sa_training_pairs;

/* Writes the loss of pairs to *loss and adds `weight` times its gradients; the second alone writes it, without dropout.
 * With a(i) and b(j) the embeddings of the texts and partners, as modules.json makes them of the states (of the
 * encoder, or of a decoder without one), and cos(x, y) = x y / (|x| |y|):
 *
 *     loss = 1/N sum over i of log( sum over j of exp(cos(a(i), b(j)) / temperature) ) - cos(a(i), b(i)) / temperature
 *
 * (InfoNCE: van den Oord, Li, Vinyals, "Representation learning with contrastive predictive coding", 2018; with other
 * pairs' partners: Henderson et al., "Efficient natural language response suggestion for smart reply", 2017). Memory
 * also for N x N scores. A model needs no output for it. Prompts are the caller's. Errors as sa_trainer_accumulate();
 * UNSUPPORTED for images, and where an embedding takes the largest states, several poolings, a pooler or a Dense
 * module. */
SA_API sa_status sa_trainer_accumulate_pairs(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs,
                                             double *loss) SA_MUST_CHECK;
SA_API sa_status sa_trainer_pairs_loss(sa_ctx *ctx, sa_trainer *trainer, const sa_training_pairs *pairs,
                                       double *loss) SA_MUST_CHECK;

/* Changes the weights by their gradients, and clears these. *gradient_norm, which may be NULL, is the norm of all
 * gradients before clipping. learning_rate is >= 0. Errors: NULL, VALUE, BUSY. */
SA_API sa_status sa_trainer_update(sa_ctx *ctx, sa_trainer *trainer, double learning_rate,
                                   double *gradient_norm) SA_MUST_CHECK;

/* Writes a checkpoint to a directory that exists: model.safetensors and config.json, which sa_model_open() reads, with
 * Hugging Face's names, in the type of `weights`, and optimizer.safetensors. Each file appears as a whole or not at
 * all, the weights last. A trainer that is made of it with `resume` goes on with the same bits.
 *
 * With adapters, adapter_model.safetensors and adapter_config.json, in the form of Hugging Face's PEFT, take the
 * model's place. A trainer of the same model with `resume` and `adapter` goes on with the same bits.
 *
 * Errors: NULL, FILE, MEMORY, BUSY. */
SA_API sa_status sa_trainer_save(sa_ctx *ctx, const sa_trainer *trainer, const char *directory) SA_MUST_CHECK;

/* Writes model.safetensors and config.json of the model with its adapters added, W + alpha / rank B A as float32, sums
 * in double; without adapters, the model as it is. The directory has to exist. Errors as sa_trainer_save(). */
SA_API sa_status sa_trainer_save_merged(sa_ctx *ctx, const sa_trainer *trainer, const char *directory) SA_MUST_CHECK;

/* How many updates were made, those before a resumed checkpoint included; how many parameters learn, with adapters all
 * A and B; 0 for NULL. Sinusoids that a file has, and final_logits_bias, do not learn. */
SA_API int64_t sa_trainer_updates(const sa_trainer *trainer);
SA_API int64_t sa_trainer_parameters(const sa_trainer *trainer);

/* The name of parameter `number`, in the file's names, of an adapter in PEFT's; NULL if there is no such parameter. The
 * arrays, of *count numbers in the file's shape, are the trainer's own: you may read and change them between calls.
 * Where steps read rounded weights, the values are the masters. Each output may be NULL. */
SA_API const char *sa_trainer_parameter(sa_trainer *trainer, int64_t number, float **values, float **gradients,
                                        int64_t *count);

/* What a tokenizer is learned from. */
typedef struct sa_tokenizer_train_args {
    uint64_t struct_size;       /* sizeof(sa_tokenizer_train_args) */
    const char *const *texts;   /* [count] in: UTF-8; a NUL is a character like any other */
    const int64_t *bytes;       /* [count] in */
    int64_t count;              /* of texts, >= 1 */
    int64_t vocabulary;         /* the most tokens: 256 + special_count to 2^20 */
    int64_t least;              /* pairs that stand in the texts less often are not joined, >= 0; 0: 2 */
    const char *const *special; /* [special_count] in: special tokens ("<s>"), NUL-terminated, none twice; or NULL */
    int64_t special_count;      /* 0 to 65536 */
    const char *begin, *end;    /* in: the special tokens that are put before and behind every text; NULL: none */
} sa_tokenizer_train_args;

/* Learns a tokenizer from texts, and writes it as a tokenizer.json, which sa_tokenizer_open() and Hugging Face's
 * tokenizers read: byte-level byte-pair encoding (Sennrich et al., "Neural Machine Translation of Rare Words with
 * Subword Units", 2016), so that every text has tokens and comes back from them byte by byte. Special tokens are cut
 * out of the texts, and these into words as GPT-2 does. At first each byte is a token. Then the pair of neighbours in a
 * word that is the most frequent in all texts becomes a token, again and again, until there are `vocabulary` tokens or
 * no pair stands there `least` times. Of equally frequent pairs that whose left token has the lowest number is taken,
 * then whose right token has; so the same texts in any order give the same file. Numbers: the special tokens from 0 on,
 * then 256 bytes in the order of their characters in GPT-2's alphabet, then the joined pairs in their order. This is
 * what Hugging Face's BpeTrainer does with the alphabet of bytes.
 *
 *   path    the new file, which appears as a whole or not at all
 *   count   out: how many tokens there are; may be NULL
 *
 * Time is O(bytes + n log n), and memory about 40 bytes for each of the n bytes of different words, and for each pair.
 * The progress of sa_ctx_set_progress() is told in "tokens". Errors: NULL, STRUCT_SIZE, VALUE (a number out of range;
 * an empty or repeated special token, or one that is a learned token as well; begin or end is not special), TEXT (a
 * text or special token is not UTF-8), OVERFLOW (different words of more than 2^31 bytes), FILE, MEMORY, CANCELLED,
 * BUSY. */
SA_API sa_status sa_tokenizer_train(sa_ctx *ctx, const sa_tokenizer_train_args *args, const char *path,
                                    int64_t *count) SA_MUST_CHECK;

#define SA_SCHEDULE_CONSTANT 0
#define SA_SCHEDULE_LINEAR   1 /* falls to 0 in a straight line */
#define SA_SCHEDULE_COSINE   2 /* falls to 0 along half a cosine (Loshchilov, Hutter, 2017) */

/* The learning rate of update number `update`, from 0 on: it rises to `peak` in a straight line over `warmup` updates,
 * then stays or falls until `updates` are made. Any thread. */
SA_API double sa_learning_rate(int32_t schedule, int64_t update, int64_t warmup, int64_t updates, double peak);

#ifdef __cplusplus
}
#endif

#endif /* SELFATTN_MODELS_H */
