/* What a family adds to a SentencePiece model: numbers, special tokens around a text, language codes.
 * SPDX-License-Identifier: MIT */
#include "text/source/families.h"

#include "api/context.h"
#include "base/compiler.h"
#include "file/json_file.h"
#include "file/path.h"
#include "text/source/sentencepiece.h"

#include <string.h>

/* LANGUAGE stands for the code of the text's language. */
#define LANGUAGE "?"

static const struct family {
    const char *class;
    enum numbering numbering;
    enum pairing pairing;
    int32_t second; /* type of a pair's second text */
    const char *before, *after[3];
    const char *flag_before, *flag_after; /* settings that add or remove these */
    const char *mask;                     /* the token behind all others */
    const char *language;                 /* the code if nothing names one */
    int cleans, lowers; /* whether texts are changed first: see read_cleaning(); whether to small letters, too */
} families[] = {
    {.class = "AlbertTokenizer",
     .pairing = PAIRING_ENDED,
     .second = 1,
     .before = "[CLS]",
     .after = {"[SEP]"},
     .cleans = 1,
     .lowers = 1},
    {.class = "XLNetTokenizer", .after = {"<sep>", "<cls>"}, .cleans = 1},
    {.class = "T5Tokenizer", .pairing = PAIRING_ENDED, .after = {"</s>"}},
    {.class = "LlamaTokenizer",
     .pairing = PAIRING_REPEATED,
     .second = 1,
     .before = "<s>",
     .after = {"</s>"},
     .flag_before = "add_bos_token",
     .flag_after = "add_eos_token"},
    {.class = "GemmaTokenizer",
     .pairing = PAIRING_REPEATED,
     .second = 1,
     .before = "<bos>",
     .after = {"<eos>"},
     .flag_before = "add_bos_token",
     .flag_after = "add_eos_token"},
    {.class = "XLMRobertaTokenizer",
     .pairing = PAIRING_DOUBLED,
     .numbering = NUMBERED_AS_FAIRSEQ,
     .before = "<s>",
     .after = {"</s>"},
     .mask = "<mask>"},
    {.class = "CamembertTokenizer",
     .pairing = PAIRING_DOUBLED,
     .numbering = NUMBERED_AS_CAMEMBERT,
     .before = "<s>",
     .after = {"</s>"},
     .mask = "<mask>"},
    {.class = "PegasusTokenizer", .pairing = PAIRING_PLAIN, .numbering = NUMBERED_AS_PEGASUS, .after = {"</s>"}},
    {.class = "XGLMTokenizer", .numbering = NUMBERED_AS_FAIRSEQ, .before = "</s>"},
    {.class = "MBartTokenizer",
     .pairing = PAIRING_PLAIN,
     .numbering = NUMBERED_AS_FAIRSEQ,
     .after = {"</s>", LANGUAGE},
     .mask = "<mask>",
     .language = "en_XX"},
    {.class = "MBart50Tokenizer",
     .pairing = PAIRING_PLAIN,
     .numbering = NUMBERED_AS_FAIRSEQ,
     .before = LANGUAGE,
     .after = {"</s>"},
     .mask = "<mask>",
     .language = "en_XX"},
    {.class = "NllbTokenizer",
     .pairing = PAIRING_PLAIN,
     .numbering = NUMBERED_AS_FAIRSEQ,
     .before = LANGUAGE,
     .after = {"</s>"},
     .mask = "<mask>",
     .language = "eng_Latn"},
    {.class = "M2M100Tokenizer",
     .pairing = PAIRING_PLAIN,
     .numbering = NUMBERED_BY_NAME,
     .before = LANGUAGE,
     .after = {"</s>"},
     .language = "__en__"},
    {.class = "MarianTokenizer", .pairing = PAIRING_PLAIN, .numbering = NUMBERED_BY_NAME, .after = {"</s>"}},
    {.class = "Speech2TextTokenizer", .pairing = PAIRING_PLAIN, .numbering = NUMBERED_BY_NAME, .after = {"</s>"}},
};

/* A model without a family: nothing stands around a text. */
static const struct family no_family = {.class = "", .pairing = PAIRING_PLAIN};

/* The files beside a model; each may be missing. */
struct beside {
    json_t *config, *specials, *vocab;
};

static sa_status read_beside(sa_ctx *ctx, const char *directory, struct beside *b) {
    const struct {
        const char *name;
        json_t **json;
    } files[] = {
        {"tokenizer_config.json", &b->config}, {"special_tokens_map.json", &b->specials}, {"vocab.json", &b->vocab}};
    sa_status status = SA_OK;
    for (int64_t i = 0; i < COUNT_OF(files) && status == SA_OK; i++)
        status = json_file_beside(&ctx->memory, &ctx->report, directory, files[i].name, 1, files[i].json);
    return status;
}

static void release_beside(struct beside *b) {
    json_decref(b->config);
    json_decref(b->specials);
    json_decref(b->vocab);
}

/* Whether a setting is on; if it is missing, `usual`. */
static int is_on(const json_t *config, const char *flag, int usual) {
    const json_t *value = flag ? json_object_get(config, flag) : NULL;
    return json_is_boolean(value) ? json_is_true(value) : usual;
}

/* "NllbTokenizerFast" and "NllbTokenizer" are one. */
static const struct family *family_of_class(const char *class) {
    const char *fast = strstr(class, "Fast");
    const size_t length = fast && !fast[4] ? (size_t)(fast - class) : strlen(class);
    for (int64_t i = 0; i < COUNT_OF(families); i++)
        if (strlen(families[i].class) == length && !strncmp(families[i].class, class, length)) return &families[i];
    return NULL;
}

static sa_status find_family(struct report *report, const struct beside *b, const char *name,
                             const struct family **family) {
    const char *class = json_string_value(json_object_get(b->config, "tokenizer_class"));
    *family = &no_family;
    if (!class && json_object_get(b->config, "do_upper_case")) class = "Speech2TextTokenizer";
    if (!class && !strcmp(name, "sentencepiece.bpe.model"))
        class = b->vocab ? "M2M100Tokenizer" : "XLMRobertaTokenizer";
    if (!class && b->vocab) class = "MarianTokenizer";
    if (!class) return SA_OK;
    const struct family *found = family_of_class(class);
    if (!found)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "tokenizer_config.json: tokenizer_class is \"%.60s\"; of models in SentencePiece's files, those of "
                    "Albert, XLNet, T5, Llama, Gemma, XLMRoberta, Camembert, Pegasus, XGLM, MBart, MBart50, Nllb, "
                    "M2M100, Marian and Speech2Text are supported",
                    class);
    if (found->numbering == NUMBERED_BY_NAME && !b->vocab)
        return fail(report, SA_ERR_FILE, "%s: %s needs vocab.json beside it", name, found->class);
    if (is_on(b->config, "do_upper_case", 0))
        return fail(report, SA_ERR_UNSUPPORTED, "tokenizer_config.json: do_upper_case is true, supported: false");
    *family = found;
    return SA_OK;
}

/* A special token is a text, or an object that has it as "content". */
static void append_texts(json_t *to, const json_t *list) {
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *entry = json_array_get(list, i);
        if (json_is_object(entry)) entry = json_object_get(entry, "content");
        if (json_is_string(entry) && json_string_length(entry)) json_array_append(to, entry);
    }
}

/* T5's sentinels are numbered from the last one down. */
static void append_sentinels(json_t *to) {
    enum { SENTINELS = 100 };
    for (int i = SENTINELS - 1; i >= 0; i--) json_array_append_new(to, json_sprintf("<extra_id_%d>", i));
}

/* XGLM's vocabulary was filled up. */
static void append_madeup_words(json_t *to) {
    enum { MADEUP_WORDS = 7 };
    for (int i = 0; i < MADEUP_WORDS; i++) json_array_append_new(to, json_sprintf("<madeupword%d>", i));
}

/* Pegasus has its extra tokens in front of the pieces. */
static void append_pegasus(json_t *to) {
    json_array_append_new(to, json_string("<mask_1>"));
    json_array_append_new(to, json_string("<mask_2>"));
    for (int i = 2; i < PEGASUS_EXTRA; i++) json_array_append_new(to, json_sprintf("<unk_%d>", i));
}

/* Files of other numbers and other tokens than those. */
static sa_status check_pegasus(struct report *report, const struct beside *b, const json_t *extra) {
    const json_t *offset = json_object_get(b->config, "offset"), *list;
    json_t *given = json_array();
    size_t same = 0;
    list = json_object_get(b->config, "additional_special_tokens");
    append_texts(given, json_array_size(list) ? list : json_object_get(b->specials, "additional_special_tokens"));
    /* The list is without <mask_2>, which is the mask token. */
    while (same < json_array_size(given) &&
           json_equal(json_array_get(given, same), json_array_get(extra, same ? same + 1 : 0)))
        same++;
    const json_t *other = json_array_get(given, same);
    sa_status status = SA_OK;
    if (offset && json_integer_value(offset) != PEGASUS_EXTRA)
        status = fail(report, SA_ERR_UNSUPPORTED, "tokenizer_config.json: offset of a PegasusTokenizer must be %d",
                      PEGASUS_EXTRA);
    else if (other)
        status = fail(report, SA_ERR_UNSUPPORTED,
                      "additional_special_tokens has \"%.60s\", which a PegasusTokenizer does not have there",
                      json_string_value(other));
    json_decref(given);
    return status;
}

static sa_status make_extra(struct report *report, const struct family *f, const struct beside *b, json_t **extra) {
    *extra = json_array();
    if (!*extra) return fail_memory_for(report, "a list of tokens");
    const json_t *list = json_object_get(b->config, "additional_special_tokens");
    if (!json_array_size(list)) list = json_object_get(b->specials, "additional_special_tokens");
    if (!strcmp(f->class, "T5Tokenizer"))
        append_sentinels(*extra);
    else if (!strcmp(f->class, "XGLMTokenizer"))
        append_madeup_words(*extra);
    else if (f->language)
        append_texts(*extra, list);
    if (f->mask) json_array_append_new(*extra, json_string(f->mask));
    if (f->numbering != NUMBERED_AS_PEGASUS) return SA_OK;
    append_pegasus(*extra);
    return check_pegasus(report, b, *extra);
}

static sa_status put_around(struct report *report, const struct sa_tokenizer *t, const struct family *f,
                            const struct beside *b, const char *name, struct around *around) {
    const char *language = json_string_value(json_object_get(b->config, "src_lang"));
    if (!name) return SA_OK;
    const int is_language = !strcmp(name, LANGUAGE);
    if (is_language) name = language ? language : f->language;
    const int32_t id = tokenizer_language(t, name);
    if (id < 0 && is_language) return SA_OK;
    if (id < 0)
        return fail(report, SA_ERR_FORMAT, "the model has no \"%.60s\", which %s puts beside a text", name, f->class);
    around->ids[around->count++] = id;
    return SA_OK;
}

static sa_status take_around(struct report *report, const struct family *f, const struct beside *b,
                             struct sa_tokenizer *t) {
    sa_status status = SA_OK;
    if (is_on(b->config, f->flag_before, 1)) status = put_around(report, t, f, b, f->before, &t->before);
    for (int i = 0; i < 3 && status == SA_OK && is_on(b->config, f->flag_after, !f->flag_after); i++)
        status = put_around(report, t, f, b, f->after[i], &t->after);
    return status;
}

/* What ALBERT's and XLNet's tokenizers do before SentencePiece: quotes become one character, accents go, and perhaps
 * capitals. */
static sa_status read_cleaning(struct report *report, const struct family *f, const struct beside *b,
                               struct sa_tokenizer *t) {
    static const char *const forms[] = {"NFKD", "StripAccents"}, *const quotes[] = {"``", "''"};
    const struct json_source source = {report, "tokenizer_config.json"};
    json_t *steps = json_array();
    for (int i = 0; i < 2; i++)
        json_array_append_new(
            steps, json_pack("{ss s{ss} ss}", "type", "Replace", "pattern", "String", quotes[i], "content", "\""));
    for (int i = 0; i < 2 && !is_on(b->config, "keep_accents", 0); i++)
        json_array_append_new(steps, json_pack("{ss}", "type", forms[i]));
    if (is_on(b->config, "do_lower_case", f->lowers))
        json_array_append_new(steps, json_pack("{ss}", "type", "Lowercase"));
    json_t *root = json_pack("{s{ss so}}", "normalizer", "type", "Sequence", "normalizers", steps);
    sa_status status = root ? normaliser_read(&t->memory, &source, root, &t->normaliser)
                            : fail_memory_for(report, "the rules of a text");
    json_decref(root);
    return status;
}

sa_status families_open_sentencepiece(sa_ctx *ctx, const char *path, const struct mapped_file *file,
                                      struct sa_tokenizer *t) {
    struct report *report = &ctx->report;
    struct beside b = {0};
    const struct family *family = NULL;
    char *directory = NULL;
    json_t *extra = NULL;
    sa_status status = path_parent(&ctx->memory, report, path, &directory);
    if (status == SA_OK) status = read_beside(ctx, directory, &b);
    if (status == SA_OK) status = find_family(report, &b, file->name, &family);
    if (status == SA_OK) status = make_extra(report, family, &b, &extra);
    if (status == SA_OK && family->cleans) status = read_cleaning(report, family, &b, t);
    if (status == SA_OK) {
        const struct sentencepiece_layout layout = {.numbering = family->numbering,
                                                    .vocab = family->numbering == NUMBERED_BY_NAME ? b.vocab : NULL,
                                                    .extra = extra,
                                                    .shows_unknown = family == &no_family,
                                                    .parts_commas = family->cleans};
        status = sentencepiece_read(report, file, &layout, t);
    }
    if (status == SA_OK) status = take_around(report, family, &b, t);
    if (status == SA_OK) tokenizer_pair_up(t, family->pairing, family->second);
    json_decref(extra);
    release_beside(&b);
    path_release(&ctx->memory, directory);
    return status;
}
