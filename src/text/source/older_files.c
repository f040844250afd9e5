/* Files from before tokenizer.json become one, with the rules that their family has.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "base/compiler.h"
#include "file/json_file.h"
#include "file/path.h"
#include "text/characters.h"
#include "text/source/families.h"

#include <string.h>

/* A file's lines, one after the other, without their ends. */
struct lines {
    const char *text;
    int64_t bytes, at;
};

static int next_line(struct lines *l, const char **line, int64_t *length) {
    if (l->at >= l->bytes) return 0;
    *line = l->text + l->at;
    const char *end = memchr(*line, '\n', (size_t)(l->bytes - l->at));
    *length = end ? end - *line : l->bytes - l->at;
    l->at += *length + 1;
    if (*length && (*line)[*length - 1] == '\r') --*length;
    return 1;
}

static sa_status check_lines(struct report *report, const struct mapped_file *file) {
    const char *text = (const char *)file->bytes;
    const int64_t wrong = invalid_utf8(text, file->size);
    if (wrong >= 0)
        return fail(report, SA_ERR_FORMAT, "%s: is no list of texts: byte %lld is not UTF-8", file->name,
                    (long long)wrong);
    if (file->size > JSON_MOST_BYTES || (file->size && memchr(text, 0, (size_t)file->size)))
        return fail(report, SA_ERR_FORMAT, "%s: is no list of texts: it has a NUL, or more than %d bytes", file->name,
                    JSON_MOST_BYTES);
    return SA_OK;
}

/* Families of byte-level pair encoding, and the rules of their texts. */
#define SPLIT(regex)                                                                                                   \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex                    \
    "\"},\"behavior\":\"Isolated\",\"invert\":false},{\"type\":\"ByteLevel\",\"add_prefix_space\":false,"              \
    "\"use_regex\":false}]}"
#define QWEN                                                                                                           \
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}| ?[^\\\\s\\\\p{L}\\\\p{N}]+"        \
    "[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"
#define GPT2 "{\"type\":\"ByteLevel\",\"add_prefix_space\":false}"
/* CLIP keeps the words that match, in small letters, with single spaces. */
#define CLIP                                                                                                           \
    "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"Split\",\"pattern\":{\"Regex\":\"'s|'t|'re|'ve|'m|'ll|'d|"  \
    "[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+\"},\"behavior\":\"Removed\",\"invert\":true},{\"type\":"         \
    "\"ByteLevel\","                                                                                                   \
    "\"add_prefix_space\":false,\"use_regex\":false}]}"
#define SMALL_LETTERS                                                                                                  \
    "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s+" \
    "\"},"                                                                                                             \
    "\"content\":\" \"},{\"type\":\"Lowercase\"}]}"

static const struct pair_family {
    const char *class, *normalizer, *pre_tokenizer, *begin, *end;
    const char *second; /* token behind the first one */
    const char *unknown, *suffix;
    enum pairing pairing;
} families[] = {
    {.class = "GPT2Tokenizer", .normalizer = "null", .pre_tokenizer = GPT2, .pairing = PAIRING_PLAIN},
    {.class = "RobertaTokenizer",
     .normalizer = "null",
     .pre_tokenizer = GPT2,
     .begin = "<s>",
     .end = "</s>",
     .pairing = PAIRING_DOUBLED},
    {.class = "BartTokenizer",
     .normalizer = "null",
     .pre_tokenizer = GPT2,
     .begin = "<s>",
     .end = "</s>",
     .pairing = PAIRING_DOUBLED},
    {.class = "LongformerTokenizer",
     .normalizer = "null",
     .pre_tokenizer = GPT2,
     .begin = "<s>",
     .end = "</s>",
     .pairing = PAIRING_DOUBLED},
    {.class = "BlenderbotTokenizer",
     .normalizer = "null",
     .pre_tokenizer = "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}",
     .end = "</s>"},
    {.class = "CodeGenTokenizer", .normalizer = "null", .pre_tokenizer = GPT2, .pairing = PAIRING_PLAIN},
    {.class = "GPTNeoXTokenizer", .normalizer = "null", .pre_tokenizer = GPT2, .pairing = PAIRING_PLAIN},
    {.class = "Qwen2Tokenizer",
     .normalizer = "{\"type\":\"NFC\"}",
     .pre_tokenizer = SPLIT(QWEN),
     .pairing = PAIRING_PLAIN},
    {.class = "CLIPTokenizer",
     .normalizer = SMALL_LETTERS,
     .pre_tokenizer = CLIP,
     .begin = "<|startoftext|>",
     .end = "<|endoftext|>",
     .unknown = "<|endoftext|>",
     .suffix = "</w>",
     .pairing = PAIRING_DOUBLED},
    {.class = "WhisperTokenizer",
     .normalizer = "null",
     .pre_tokenizer = GPT2,
     .begin = "<|startoftranscript|>",
     .second = "<|notimestamps|>",
     .end = "<|endoftext|>",
     .pairing = PAIRING_PLAIN},
};

static const struct pair_family *pair_family_of(const char *class) {
    const char *fast = strstr(class, "Fast");
    const size_t length = fast && !fast[4] ? (size_t)(fast - class) : strlen(class);
    for (int64_t i = 0; i < COUNT_OF(families); i++)
        if (strlen(families[i].class) == length && !strncmp(families[i].class, class, length)) return &families[i];
    return NULL;
}

/* The files beside vocab.json. */
struct pair {
    json_t *vocab, *config, *added, *merges;
};

/* merges.txt has a line per merge; the first one may be a comment. */
static sa_status read_merges(sa_ctx *ctx, const char *directory, json_t **merges) {
    struct mapped_file file = {0};
    char *path = NULL;
    const char *line;
    int64_t length;
    sa_status status = path_join(&ctx->memory, &ctx->report, directory, "merges.txt", &path);
    if (status == SA_OK) status = file_read(&ctx->memory, &ctx->report, path, JSON_MOST_BYTES, &file);
    if (status == SA_OK) status = check_lines(&ctx->report, &file);
    struct lines l = {(const char *)file.bytes, file.size, 0};
    if (status == SA_OK && !(*merges = json_array())) status = fail_memory_for(&ctx->report, "a list of merges");
    while (status == SA_OK && next_line(&l, &line, &length)) {
        if (!length || (length >= 8 && !memcmp(line, "#version", 8))) continue;
        if (json_array_append_new(*merges, json_stringn(line, (size_t)length)))
            status = fail_memory_for(&ctx->report, "a list of merges");
    }
    file_close(&file);
    path_release(&ctx->memory, path);
    return status;
}

/* added_tokens.json has more tokens with their numbers. They, and the special tokens that the configuration names, are
 * found in a text. */
static void add_token(json_t *list, const json_t *numbers, const char *name, int special) {
    const json_t *id = json_object_get(numbers, name);
    if (json_is_integer(id))
        json_array_append_new(list, json_pack("{s:O,s:s,s:b,s:b,s:b,s:b,s:b}", "id", id, "content", name, "single_word",
                                              0, "lstrip", 0, "rstrip", 0, "normalized", 0, "special", special));
}

static void add_found(json_t *list, const json_t *numbers, const char *name) {
    add_token(list, numbers, name, 1);
}

static json_t *list_found(const struct pair *p) {
    static const char *const names[] = {"bos_token", "eos_token", "unk_token", "sep_token",
                                        "pad_token", "cls_token", "mask_token"};
    json_t *list = json_array(), *id;
    const char *name;
    json_t *seen = json_object();
    for (int64_t i = 0; i < COUNT_OF(names); i++) {
        const json_t *value = json_object_get(p->config, names[i]);
        if (json_is_object(value)) value = json_object_get(value, "content");
        name = json_string_value(value);
        if (name && !json_object_get(seen, name) && !json_object_get(p->added, name)) add_found(list, p->vocab, name);
        if (name) json_object_set_new(seen, name, json_true());
    }
    json_object_foreach(p->added, name, id) add_found(list, p->added, name);
    json_decref(seen);
    return list;
}

/* The number of a token of the vocabulary or of the added ones, which may be missing. */
static const json_t *number_of(const json_t *vocab, const json_t *added, const char *name) {
    const json_t *id = name ? json_object_get(vocab, name) : NULL;
    return id || !name ? id : json_object_get(added, name);
}

static json_t *frame_of(const json_t *vocab, const json_t *added, const char *begin, const char *second,
                        const char *end) {
    json_t *single = json_array(), *specials = json_object();
    const char *names[] = {begin, second, NULL, end};
    const json_t *ids[4];
    for (int i = 0; i < 4; i++) {
        ids[i] = number_of(vocab, added, names[i]);
        if (i == 2) json_array_append_new(single, json_pack("{s:{s:s,s:i}}", "Sequence", "id", "A", "type_id", 0));
        if (!names[i] || !ids[i]) continue;
        json_array_append_new(single, json_pack("{s:{s:s,s:i}}", "SpecialToken", "id", names[i], "type_id", 0));
        json_object_set_new(specials, names[i],
                            json_pack("{s:s,s:[O],s:[s]}", "id", names[i], "ids", ids[i], "tokens", names[i]));
    }
    return json_pack("{s:s,s:o,s:o}", "type", "TemplateProcessing", "single", single, "special_tokens", specials);
}

/* `second`: the type of a pair's second text. */
static sa_status read_made(sa_ctx *ctx, const char *file, json_t *root, enum pairing pairing, int32_t second,
                           struct sa_tokenizer *t) {
    const struct json_source source = {&ctx->report, file};
    if (!root) return fail_memory_for(&ctx->report, "a tokenizer");
    sa_status status = tokenizer_read(ctx, &source, root, t);
    if (status == SA_OK) tokenizer_pair_up(t, pairing, second);
    json_decref(root);
    return status;
}

static sa_status make_pair(sa_ctx *ctx, const struct pair *p, struct sa_tokenizer *t) {
    const char *class = json_string_value(json_object_get(p->config, "tokenizer_class"));
    const struct pair_family *f = class ? pair_family_of(class) : &families[0];
    if (!f)
        return fail(
            &ctx->report, SA_ERR_UNSUPPORTED,
            "tokenizer_config.json: tokenizer_class is \"%.60s\"; of models in vocab.json and merges.txt, those "
            "of GPT2, Roberta, Bart, Longformer, Blenderbot, CodeGen, GPTNeoX, Qwen2, CLIP and Whisper are supported",
            class);
    json_t *root =
        json_pack("{s:{s:s,s:O,s:O,s:s?,s:s?},s:o,s:o,s:o,s:o,s:{s:s}}", "model", "type", "BPE", "vocab", p->vocab,
                  "merges", p->merges, "unk_token", f->unknown, "end_of_word_suffix", f->suffix, "added_tokens",
                  list_found(p), "normalizer", json_loads(f->normalizer, JSON_DECODE_ANY, NULL), "pre_tokenizer",
                  json_loads(f->pre_tokenizer, 0, NULL), "post_processor",
                  frame_of(p->vocab, p->added, f->begin, f->second, f->end), "decoder", "type", "ByteLevel");
    return read_made(ctx, "vocab.json", root, f->pairing, f->pairing == PAIRING_PLAIN, t);
}

sa_status families_open_pair(sa_ctx *ctx, const char *path, struct sa_tokenizer *t) {
    struct report *report = &ctx->report;
    struct pair p = {0};
    char *directory = NULL;
    sa_status status = path_parent(&ctx->memory, report, path, &directory);
    if (status == SA_OK) status = json_file_beside(&ctx->memory, report, directory, "vocab.json", 0, &p.vocab);
    if (status == SA_OK)
        status = json_file_beside(&ctx->memory, report, directory, "tokenizer_config.json", 1, &p.config);
    if (status == SA_OK) status = json_file_beside(&ctx->memory, report, directory, "added_tokens.json", 1, &p.added);
    if (status == SA_OK) status = read_merges(ctx, directory, &p.merges);
    if (status == SA_OK) status = make_pair(ctx, &p, t);
    json_decref(p.vocab);
    json_decref(p.config);
    json_decref(p.added);
    json_decref(p.merges);
    path_release(&ctx->memory, directory);
    return status;
}

/* The lines as numbers by text. A line that is there twice counts once, with its first number. */
static json_t *vocabulary_of(const struct mapped_file *file, int64_t *count, int *all_single) {
    struct lines l = {(const char *)file->bytes, file->size, 0};
    json_t *vocab = json_object();
    const char *line;
    int64_t length;
    int32_t c;
    *all_single = 1;
    for (*count = 0; next_line(&l, &line, &length); ++*count) {
        if (!length || json_object_getn(vocab, line, (size_t)length)) continue;
        json_object_setn_new(vocab, line, (size_t)length, json_integer(*count));
        *all_single &= *line == '<' || next_character(line, length, &c) == length;
    }
    return vocab;
}

static int config_flag(const json_t *config, const char *key, int usual) {
    const json_t *value = json_object_get(config, key);
    return json_is_boolean(value) ? json_is_true(value) : usual;
}

/* BERT's vocab.txt. */
static json_t *make_bert(json_t *vocab, const json_t *config) {
    static const char *const specials[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
    const json_t *strip = json_object_get(config, "strip_accents");
    json_t *found = json_array();
    for (int64_t i = 0; i < COUNT_OF(specials); i++) add_found(found, vocab, specials[i]);
    json_t *frame = frame_of(vocab, NULL, "[CLS]", NULL, "[SEP]");
    return json_pack("{s:{s:s,s:o,s:s,s:s,s:i},s:o,s:{s:s,s:b,s:b,s:b,s:O?},s:{s:s},s:o,s:{s:s,s:s,s:b}}", "model",
                     "type", "WordPiece", "vocab", vocab, "unk_token", "[UNK]", "continuing_subword_prefix", "##",
                     "max_input_chars_per_word", 100, "added_tokens", found, "normalizer", "type", "BertNormalizer",
                     "clean_text", 1, "handle_chinese_chars", config_flag(config, "tokenize_chinese_chars", 1),
                     "lowercase", config_flag(config, "do_lower_case", 1), "strip_accents",
                     json_is_boolean(strip) ? strip : NULL, "pre_tokenizer", "type", "BertPreTokenizer",
                     "post_processor", frame, "decoder", "type", "WordPiece", "prefix", "##", "cleanup", 1);
}

/* ESM's alphabet of residues. Each token is found wherever it stands; what is left between spaces is unknown. */
static json_t *make_residues(json_t *vocab) {
    static const char *const specials[] = {"<cls>", "<pad>", "<eos>", "<unk>", "<mask>"};
    json_t *found = json_array(), *id;
    const char *name;
    json_object_foreach(vocab, name, id) {
        int special = 0;
        for (int64_t i = 0; i < COUNT_OF(specials); i++) special |= !strcmp(specials[i], name);
        add_token(found, vocab, name, special);
    }
    json_t *frame = frame_of(vocab, NULL, "<cls>", NULL, "<eos>");
    return json_pack("{s:{s:s,s:o,s:s},s:o,s:{s:s},s:o,s:{s:s}}", "model", "type", "WordLevel", "vocab", vocab,
                     "unk_token", "<unk>", "added_tokens", found, "pre_tokenizer", "type", "WhitespaceSplit",
                     "post_processor", frame, "decoder", "type", "Fuse");
}

sa_status families_read_bert(sa_ctx *ctx, const char *file, json_t *vocab, const json_t *config,
                             struct sa_tokenizer *t) {
    return read_made(ctx, file, make_bert(vocab, config), PAIRING_ENDED, 1, t);
}

/* A word list of a translation toolkit. If every token is one character, so is every word. The unknown token is the
 * last one if it is not in the list. */
static json_t *make_words(json_t *vocab, int64_t count, int all_single) {
    static const char *const specials[] = {"<unk>", "<s>", "</s>", "<blank>", "<pad>"};
    json_t *found = json_array();
    if (!json_object_get(vocab, "<unk>")) json_object_set_new(vocab, "<unk>", json_integer(count));
    for (int64_t i = 0; i < COUNT_OF(specials); i++) add_found(found, vocab, specials[i]);
    json_t *split = json_pack("{s:s}", "type", "WhitespaceSplit");
    if (all_single)
        split = json_pack("{s:s,s:[o,{s:s,s:i}]}", "type", "Sequence", "pretokenizers", split, "type", "FixedLength",
                          "length", 1);
    return json_pack("{s:{s:s,s:o,s:s},s:o,s:o,s:o}", "model", "type", "WordLevel", "vocab", vocab, "unk_token",
                     "<unk>", "added_tokens", found, "pre_tokenizer", split, "decoder",
                     all_single ? json_pack("{s:s}", "type", "Fuse") : json_null());
}

sa_status families_open_list(sa_ctx *ctx, const char *path, const struct mapped_file *file, struct sa_tokenizer *t) {
    struct report *report = &ctx->report;
    char *directory = NULL;
    json_t *config = NULL;
    int64_t count = 0;
    int all_single;
    sa_status status = check_lines(report, file);
    if (status == SA_OK && !file->size)
        status = fail(report, SA_ERR_FORMAT, "%s: has no tokens: it is empty", file->name);
    if (status == SA_OK) status = path_parent(&ctx->memory, report, path, &directory);
    if (status == SA_OK)
        status = json_file_beside(&ctx->memory, report, directory, "tokenizer_config.json", 1, &config);
    if (status == SA_OK) {
        json_t *vocab = vocabulary_of(file, &count, &all_single);
        const int is_bert = json_object_get(vocab, "[UNK]") && json_object_get(vocab, "[CLS]"),
                  is_esm = json_object_get(vocab, "<cls>") && json_object_get(vocab, "<eos>") &&
                           json_object_get(vocab, "<unk>");
        json_t *made = is_bert  ? make_bert(vocab, config)
                       : is_esm ? make_residues(vocab)
                                : make_words(vocab, count, all_single);
        status = read_made(ctx, file->name, made, is_bert || is_esm ? PAIRING_ENDED : PAIRING_PLAIN, is_bert, t);
    }
    json_decref(config);
    path_release(&ctx->memory, directory);
    return status;
}
