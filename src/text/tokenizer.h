/* The contents of sa_tokenizer, and the interface to the kinds of model that cut words into tokens.
 * SPDX-License-Identifier: MIT */
#ifndef SA_TEXT_TOKENIZER_H
#define SA_TEXT_TOKENIZER_H

#include "file/gguf.h"
#include "file/json.h"
#include "selfattn_models.h"
#include "text/added_tokens.h"
#include "text/step/decoder.h"
#include "text/step/normaliser.h"
#include "text/step/splitter.h"
#include "text/vocabulary.h"

/* Receives token numbers: counts all, and writes them while there is room. */
struct token_sink {
    int32_t *ids;
    int64_t capacity, count;
    int64_t *offsets; /* [capacity][2] the first byte of a token, and the one behind it; may be NULL */
};

/* Puts a token that stands for nothing in the text. */
void token_put(struct token_sink *sink, int32_t id);

struct encoder;

/* The visible space of SentencePiece and of what came from it. */
extern const char visible_space[];
enum { VISIBLE_SPACE = 3 };

/* The text of the token of a byte: "<0xE4>". */
enum { BYTE_TEXT = 7 };
void byte_text(int byte, char text[BYTE_TEXT]);

/* A kind of tokenizer: how a word, which is not empty, is cut into tokens. */
struct token_model {
    const char *type; /* as tokenizer.json names it */
    sa_status (*read)(const struct json_source *source, const json_t *model, struct sa_tokenizer *tokenizer);
    void (*tokenize)(struct encoder *encoder, const char *word, int64_t bytes);
};

extern const struct token_model token_model_wordpiece, token_model_word_level, token_model_bpe, token_model_unigram,
    token_model_scored;

/* Data of wordpiece.c; `unknown` of word_level.c too. */
struct wordpiece {
    char *prefix; /* of pieces that do not begin a word: "##" */
    int64_t prefix_bytes;
    int32_t unknown;
    int64_t most_characters; /* longer words are unknown */
};

/* Data of bpe.c. */
enum { MOST_AFFIX = 16 };
struct bpe {
    int takes_bytes;       /* words are bytes, and tokens are written in the alphabet of bytes */
    int32_t byte_ids[256]; /* the token of a byte; with byte_fallback, of "<0xE4>" */
    int byte_fallback;
    int32_t unknown; /* of a character that is not in the vocabulary; -1: it is left out */
    int fuse_unknown;
    int joins_words; /* some merge joins a visible space to something before it */
    int has_words;   /* no token crosses the beginning of a run of visible spaces */
    int whole_words; /* a word that is in the vocabulary is one token, independent of the merges */
    char prefix[MOST_AFFIX], suffix[MOST_AFFIX]; /* of characters that do not begin a word; of the last one */
    struct merge *merges;                        /* hash table: a power of two, open addressing */
    int64_t merge_slots;
};

/* Data of scored.c. */
struct scored {
    float *scores; /* by token number */
    int64_t count;
    int32_t byte_ids[256]; /* -1: none */
    const char *space;     /* tokens have it in front alone, so it begins a word; NULL: not so */
    int has_unknown; /* characters without a token are symbols too, and unknown in the end; then `unknown` is used */
    int32_t unknown;
};

/* Data of unigram.c. */
struct unigram {
    double *scores; /* by token number, of the model's own tokens */
    int64_t count;
    double unknown_score;
    int32_t unknown;     /* -1: none */
    int32_t shown_below; /* tokens from this number on are unknown; 0: all are known */
    int single;          /* the best sums are kept as floats, as SentencePiece does */
    int byte_fallback;
    int32_t byte_ids[256];
    unsigned char *beginnings; /* a set of bits, by the hash of a text: see unigram.c */
    int64_t beginning_bytes;
};

/* Tokens that stand beside a text, and their types (segments): 0 beside a single text. */
enum { MOST_AROUND = 8 };
struct around {
    int32_t ids[MOST_AROUND], types[MOST_AROUND];
    int count;
};

/* How two texts stand as one input. */
struct pair_frame {
    enum { PAIR_UNSAID, PAIR_KNOWN, PAIR_SWAPPED } state; /* SWAPPED: the second text comes first */
    struct around before, between, after;
    int32_t types[2]; /* of the texts' tokens */
};

/* The same for families whose files do not say it: what stands beside single texts, ... */
enum pairing {
    PAIRING_UNSAID,
    PAIRING_PLAIN,   /* around both: b A B a */
    PAIRING_ENDED,   /* b A a B a: [CLS] A [SEP] B [SEP] */
    PAIRING_DOUBLED, /* b A a a B a: <s> A </s></s> B </s> */
    PAIRING_REPEATED /* around each: b A a b B a */
};

struct sa_tokenizer {
    struct allocator memory;
    struct vocabulary vocabulary;
    struct added_tokens literal;    /* searched in the text as it is given */
    struct added_tokens normalised; /* searched in the normalised text */
    struct normaliser normaliser;
    struct splitter splitter;
    struct decoder decoder;
    struct around before, after;
    struct pair_frame pair;
    const struct token_model *model;
    struct wordpiece wordpiece;
    struct bpe bpe;
    struct scored scored;
    struct unigram unigram;
    char *chat_template; /* NULL: none */
    int64_t chat_template_bytes;
    int64_t piece_bytes; /* see tokenizer_piece_bytes() */
};

/* sa_tokenizer_open() for callers that have entered the context. */
sa_status tokenizer_open(sa_ctx *ctx, const char *path, sa_tokenizer **tokenizer);

/* Fills in a tokenizer from a parsed tokenizer.json. On failure it is left for tokenizer_release() to free. */
sa_status tokenizer_read(sa_ctx *ctx, const struct json_source *source, const json_t *root,
                         struct sa_tokenizer *tokenizer);

/* The same from other files: llama2.c's tokenizer.bin; GGUF's settings "tokenizer.ggml.", byte-level pair encoding,
 * Llama's by scores, unigram models or WordPiece. */
sa_status llama2c_read_tokenizer(struct report *report, const struct mapped_file *file, struct sa_tokenizer *tokenizer);
sa_status gguf_read_tokenizer(sa_ctx *ctx, const struct gguf *gguf, struct sa_tokenizer *tokenizer);

/* The section that says which tokens stand before and after a text; the vocabulary is there already. */
sa_status post_processor_read(const struct json_source *source, const json_t *root, struct sa_tokenizer *tokenizer);

/* Makes the frame of pairs out of that of a single text; the second text's tokens, and all behind them, have the type
 * `second`. */
void tokenizer_pair_up(struct sa_tokenizer *tokenizer, enum pairing pairing, int32_t second);

/* A section of tokenizer.json that has to be there, and its type; `path` is its name with a dot. And a refusal of a
 * type, with the words for those that are supported. */
sa_status take_section(const struct json_source *source, const json_t *root, const char *section, const char *path,
                       json_t **json, const char **type);
sa_status fail_kind(const struct json_source *source, const char *section, const char *type, const char *known);
#define fail_steps(source, section, most)                                                                              \
    fail((source)->report, SA_ERR_UNSUPPORTED, "%s: %s has more than %d steps", (source)->file, section, (int)(most))

/* A member that may be missing, then the flag stays as it is; and a text of fewer than `room` bytes. */
sa_status take_flag(const struct json_source *source, const json_t *json, const char *path, const char *key, int *flag);
sa_status take_mark(const struct json_source *source, const json_t *json, const char *path, const char *key, char *mark,
                    int64_t room);

/* Adds the text of a token, nothing if it is special; *decoded, zeros in the beginning, has what came before. 0 if
 * there is no such token. */
int tokenizer_put(const struct sa_tokenizer *tokenizer, int32_t id, struct decoded *decoded, struct text_sink *sink);

/* Adds the text of a token that follows `previous` (-1: none). Adds nothing if the token is special or does not exist.
 * And the most bytes that this can be. */
void tokenizer_put_next(const struct sa_tokenizer *tokenizer, int32_t previous, int32_t id, struct text_sink *sink);
int64_t tokenizer_piece_bytes(const struct sa_tokenizer *tokenizer);

/* Of wordpiece.c, for readers of other files. */
sa_status wordpiece_set_prefix(struct sa_tokenizer *tokenizer, struct report *report, const char *prefix);

/* The number of the model's token with this text, -1 if there is none. */
int32_t tokenizer_find(const struct sa_tokenizer *tokenizer, const char *text, int64_t bytes);

/* The token of a language: its code ("deu_Latn"), or that with the marks that some models put around it ("__de__",
 * ">>de<<"). -1: there is none. */
int32_t tokenizer_language(const struct sa_tokenizer *tokenizer, const char *code);

/* Frees the contents of a tokenizer, also of an incomplete one. */
void tokenizer_release(struct sa_tokenizer *tokenizer);

#endif
