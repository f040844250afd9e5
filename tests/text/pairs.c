/* Two texts as one input: numbers and types are those of Hugging Face's tokenizers
 * (tests/data/tokenizers/make_pairs.mjs), and the families of older files have their own frames.
 * SPDX-License-Identifier: MIT */
#include "kinds.h"
#include "support/paths.h"
#include "support/reference.h"

#include <criterion/criterion.h>
#include <string.h>

static struct folder folder;
static sa_ctx *ctx;

static void make(void) {
    folder = folder_make();
    ctx = ctx_open(NULL);
}

static void clean(void) {
    sa_ctx_destroy(&ctx);
    folder_remove(&folder);
}

TestSuite(pairs, .init = make, .fini = clean);

static void write_json(const char *name, const json_t *json) {
    cr_assert_eq(json_dump_file(json, folder_path(&folder, name), JSON_ENCODE_ANY), 0);
}

/* A tokenizer of kinds.json; post_processor NULL: its own. */
static json_t *kind_of(const char *name, json_t *post_processor) {
    json_t *kinds = json_of(data_path("tokenizers/kinds.json"));
    json_t *kind = json_deep_copy(json_object_get(json_object_get(kinds, name), "tokenizer"));
    cr_assert_not_null(kind);
    if (post_processor) json_object_set(kind, "post_processor", post_processor);
    json_decref(kinds);
    return kind;
}

static sa_tokenizer *open_kind(const char *name, json_t *post_processor) {
    sa_tokenizer *t = NULL;
    json_t *kind = kind_of(name, post_processor);
    write_json("tokenizer.json", kind);
    json_decref(kind);
    const sa_status status = sa_tokenizer_open(ctx, folder.path, &t);
    cr_assert(status == SA_OK || strstr(sa_ctx_last_error(ctx), "built without PCRE2"), "%s: %s", name,
              sa_ctx_last_error(ctx));
    return t;
}

/* Draws numbers as make_pairs.mjs does. */
static void expect_digests(const sa_tokenizer *t, const char *name, const json_t *fragments, const json_t *digests) {
    static char first[KINDS_MOST_TEXT], second[KINDS_MOST_TEXT];
    static int32_t ids[2 * KINDS_MOST_TOKENS], types[2 * KINDS_MOST_TOKENS];
    uint64_t state = 1, lengths = 2, hash = 0xcbf29ce484222325u;
    int64_t beside;
    cr_assert_eq(json_array_size(digests), KINDS_TEXTS / 2 / KINDS_GROUP);
    cr_assert_eq(sa_tokenizer_encode_pair(ctx, t, "", 0, "", 0, 0, 0, NULL, NULL, 0, &beside), SA_OK);
    for (int i = 0; i < KINDS_TEXTS / 2; i++) {
        const int64_t first_bytes = kinds_text(fragments, &state, first),
                      second_bytes = kinds_text(fragments, &state, second);
        const int64_t most = kinds_next(&lengths) % 3 ? beside + 2 + 2 * (int64_t)(kinds_next(&lengths) % 30) : 0;
        int64_t count, wanted;
        cr_assert_eq(
            sa_tokenizer_encode_pair(ctx, t, first, first_bytes, second, second_bytes, 0, most, NULL, NULL, 0, &wanted),
            SA_OK, "%s: %s", name, sa_ctx_last_error(ctx));
        memset(types, 0x55, sizeof types);
        cr_assert_eq(sa_tokenizer_encode_pair(ctx, t, first, first_bytes, second, second_bytes, 0, most, ids, types,
                                              2 * KINDS_MOST_TOKENS, &count),
                     SA_OK);
        cr_assert_eq(count, wanted);
        hash = kinds_digest_numbers(hash, ids, count);
        hash = kinds_digest_numbers(hash, types, count);
        if (i % KINDS_GROUP != KINDS_GROUP - 1) continue;
        const int agrees = kinds_agree(hash, json_array_get(digests, (size_t)(i / KINDS_GROUP)));
        cr_expect(agrees, "%s: pairs %d to %d differ from the reference's", name, i + 1 - KINDS_GROUP, i);
        if (!agrees) return;
    }
}

Test(pairs, agree_with_hugging_face) {
    json_t *frames = json_of(data_path("tokenizers/pairs.json")), *frame;
    json_t *fragments = json_load_file(data_path("tokenizers/fragments.json"), JSON_ALLOW_NUL, NULL);
    const char *name;
    cr_assert(fragments && json_object_size(frames) == 9);
    json_object_foreach(frames, name, frame) {
        sa_tokenizer *t =
            open_kind(json_string_value(json_object_get(frame, "kind")), json_object_get(frame, "post_processor"));
        if (t) expect_digests(t, name, fragments, json_object_get(frame, "digests"));
        sa_tokenizer_destroy(&t);
    }
    json_decref(fragments);
    json_decref(frames);
}

static sa_tokenizer *open_older(const char *config) {
    sa_tokenizer *t = NULL;
    folder_write_text(&folder, "tokenizer_config.json", config);
    cr_assert_eq(sa_tokenizer_open(ctx, folder.path, &t), SA_OK, "%s", sa_ctx_last_error(ctx));
    return t;
}

Test(pairs, vocab_json_and_merges_txt) {
    static const struct {
        const char *config, *frame;
        int32_t last_type;
    } families[] = {{"{\"tokenizer_class\": \"RobertaTokenizer\"}", "<s> A </s> </s> B </s>", 0},
                    {"{\"tokenizer_class\": \"BartTokenizer\"}", "<s> A </s> </s> B </s>", 0},
                    {"{\"tokenizer_class\": \"GPT2Tokenizer\"}", "A B", 1}};
    json_t *kind = kind_of("starcoder", NULL), *model = json_object_get(kind, "model"), *merge;
    FILE *f = fopen(folder_path(&folder, "merges.txt"), "w");
    size_t i;
    cr_assert_not_null(f);
    json_array_foreach(json_object_get(model, "merges"), i, merge) {
        if (json_is_array(merge))
            fprintf(f, "%s %s\n", json_string_value(json_array_get(merge, 0)),
                    json_string_value(json_array_get(merge, 1)));
        else
            fprintf(f, "%s\n", json_string_value(merge));
    }
    fclose(f);
    json_t *vocab = json_object_get(model, "vocab");
    const json_int_t count = (json_int_t)json_object_size(vocab);
    json_object_set_new(vocab, "<s>", json_integer(count));
    json_object_set_new(vocab, "</s>", json_integer(count + 1));
    write_json("vocab.json", vocab);
    json_decref(kind);
    for (int k = 0; k < 3; k++) {
        sa_tokenizer *t = open_older(families[k].config);
        kinds_expect_pair(ctx, t, families[k].frame, families[k].last_type);
        sa_tokenizer_destroy(&t);
    }
    sa_tokenizer *t = open_older("{\"tokenizer_class\": \"BlenderbotTokenizer\"}");
    int64_t n;
    cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, "a", 1, "b", 1, 0, 0, NULL, NULL, 0, &n), SA_ERR_UNSUPPORTED);
    cr_expect(strstr(sa_ctx_last_error(ctx), "do not say how two texts stand together") != NULL);
    sa_tokenizer_destroy(&t);
}

Test(pairs, vocab_txt) {
    folder_write_text(&folder, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nmat\non\n");
    sa_tokenizer *t = open_older("{}");
    kinds_expect_pair(ctx, t, "[CLS] A [SEP] B [SEP]", 1);
    sa_tokenizer_destroy(&t);
    folder_write_text(&folder, "vocab.txt", "<cls>\n<pad>\n<eos>\n<unk>\nt\nh\ne\nc\na\nm\no\nn\n<mask>\n");
    t = open_older("{}");
    kinds_expect_pair(ctx, t, "<cls> A <eos> B <eos>", 0);
    sa_tokenizer_destroy(&t);
}

/* A template that has the second text in front, one without pairs, and pairs that are not right. */
Test(pairs, templates_that_are_refused) {
    static const struct {
        const char *pair, *words;
        sa_status opened;
    } cases[] = {
        {"[{\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"A\", \"type_id\": 1}}]",
         "puts the second text before the first", SA_OK},
        {"null", "do not say how two texts stand together", SA_OK},
        {"[{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}]", "do not say how two texts stand together", SA_OK},
        {"[{\"Sequence\": {\"id\": \"A\", \"type_id\": 0}}, {\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}, "
         "{\"Sequence\": {\"id\": \"B\", \"type_id\": 0}}]",
         "must have the texts \"A\" and \"B\" once each", SA_ERR_FORMAT},
        {"[{\"Sequence\": {\"id\": \"C\", \"type_id\": 0}}]", "must have the texts \"A\" and \"B\" once each",
         SA_ERR_FORMAT},
        {"[{\"Sequence\": {\"id\": \"A\", \"type_id\": -1}}]", "post_processor.pair[].type_id is -1", SA_ERR_FORMAT},
        {"7", "post_processor.pair is an integer, must be an array", SA_ERR_FORMAT},
        {"[{\"SpecialToken\": {\"id\": \"[X]\", \"type_id\": 0}}]", "post_processor.special_tokens.[X] is missing",
         SA_ERR_FORMAT}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_t *frame =
            json_pack("{s:s,s:[{s:{s:s,s:i}}],s:o,s:{}}", "type", "TemplateProcessing", "single", "Sequence", "id", "A",
                      "type_id", 0, "pair", json_loads(cases[i].pair, JSON_DECODE_ANY, NULL), "special_tokens");
        json_t *kind = kind_of("word_piece", frame);
        sa_tokenizer *t = NULL;
        int64_t count;
        write_json("tokenizer.json", kind);
        cr_expect_eq(sa_tokenizer_open(ctx, folder.path, &t), cases[i].opened, "case %zu: %s", i,
                     sa_ctx_last_error(ctx));
        if (t)
            cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, "a", 1, "b", 1, 0, 0, NULL, NULL, 0, &count),
                         SA_ERR_UNSUPPORTED);
        cr_expect(strstr(sa_ctx_last_error(ctx), cases[i].words) != NULL, "case %zu: %s", i, sa_ctx_last_error(ctx));
        sa_tokenizer_destroy(&t);
        json_decref(kind);
        json_decref(frame);
    }
}

static void expect_error(sa_status status, sa_status wanted, const char *words) {
    cr_expect_eq(status, wanted, "%s", sa_ctx_last_error(ctx));
    cr_expect(strstr(sa_ctx_last_error(ctx), words) != NULL, "%s", sa_ctx_last_error(ctx));
}

Test(pairs, wrong_arguments) {
    int32_t ids[20], types[20];
    int64_t count = -1;
    folder_write_text(&folder, "vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nthe\ncat\nmat\non\n");
    sa_tokenizer *t = open_older("{}");
    const struct {
        const char *first;
        int64_t first_bytes;
        const char *second;
        int64_t second_bytes;
        int32_t flags;
        sa_status status;
        int64_t most, capacity;
        const char *words;
    } cases[] = {{"the", 3, NULL, 3, 0, SA_ERR_NULL, 0, 20, "second text is NULL"},
                 {NULL, 1, "on", 2, 0, SA_ERR_NULL, 0, 20, "first text is NULL"},
                 {"the", -1, "on", 2, 0, SA_ERR_VALUE, 0, 20, "the bytes of the first text are -1"},
                 {"the", 3, "o\xff", 2, 0, SA_ERR_TEXT, 0, 20, "the second text is not UTF-8 at byte 1, which is 0xff"},
                 {"the", 3, "on", 2, SA_ENCODE_NO_TEMPLATE, SA_ERR_VALUE, 0, 20, "flags is 1, must be 0 or"},
                 {"the", 3, "on", 2, 0, SA_ERR_VALUE, 2, 20, "most is 2, must be 0 or at least 3"},
                 {"the", 3, "on", 2, 0, SA_ERR_VALUE, INT64_MIN, 20, "most is -9223372036854775808"},
                 {"the", 3, "on", 2, 0, SA_ERR_VALUE, 0, -1, "capacity is -1"},
                 {"the", 3, "on", 2, 0, SA_ERR_TEXT, 0, 4, "the texts have 5 tokens, ids has room for 4"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        expect_error(sa_tokenizer_encode_pair(ctx, t, cases[i].first, cases[i].first_bytes, cases[i].second,
                                              cases[i].second_bytes, cases[i].flags, cases[i].most, ids, types,
                                              cases[i].capacity, &count),
                     cases[i].status, cases[i].words);
    cr_expect_eq(count, 5);
    expect_error(sa_tokenizer_encode_pair(ctx, NULL, "a", 1, "b", 1, 0, 0, ids, types, 20, &count), SA_ERR_NULL,
                 "tokenizer is NULL");
    expect_error(sa_tokenizer_encode_pair(ctx, t, "a", 1, "b", 1, 0, 0, NULL, types, 20, &count), SA_ERR_NULL,
                 "ids is NULL");
    expect_error(sa_tokenizer_encode_pair(ctx, t, "a", 1, "b", 1, 0, 0, ids, types, 20, NULL), SA_ERR_NULL,
                 "count is NULL");
    /* Nothing but the frame; two empty texts; room for a part. */
    cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, "the cat", 7, "on", 2, 0, 3, ids, NULL, 20, &count), SA_OK);
    cr_expect(count == 3 && ids[0] == 2 && ids[1] == 3 && ids[2] == 3);
    cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, NULL, 0, NULL, 0, 0, 0, ids, types, 20, &count), SA_OK);
    cr_expect(count == 3 && types[1] == 0 && types[2] == 1);
    ids[3] = 77;
    cr_expect_eq(sa_tokenizer_encode_pair(ctx, t, "the cat", 7, "on", 2, 0, 0, ids, types, 3, &count), SA_ERR_TEXT);
    cr_expect(count == 6 && ids[0] == 2 && ids[1] == 5 && ids[2] == 6 && ids[3] == 77);
    sa_tokenizer_destroy(&t);
}
