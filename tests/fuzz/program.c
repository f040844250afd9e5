/* What the program reads beside weights. The first byte says what the rest is; texts are separated by NUL:
 *   t   a chat template, tokenizer_config.json and a conversation, a list of messages in JSON
 *   f   a form of conversations in JSON, tokenizer_config.json and a conversation
 *   p   preprocessor_config.json
 *   i   a picture, PNG or JPEG
 *   w   a recording: WAV, AIFF, FLAC ...
 *   x   the index of a folder
 *   l   preprocessor_config.json and vocab.json of a model that hears letters
 * The program's functions end it with a sentence where they cannot go on. Here they return to the target instead, so
 * what they had allocated is lost.
 * SPDX-License-Identifier: MIT */
#include "chat/chat_template.h"
#include "exit.h"
#include "folder/index.h"
#include "fuzz/files.h"
#include "picture/image.h"
#include "picture/preprocess.h"
#include "sound/letters.h"
#include "sound/sound.h"

#include <math.h>
#include <setjmp.h>
#include <string.h>

#define DATA SELFATTN_SOURCE_DIR "/tests/data/"

static jmp_buf begin;
static struct engine engine, speller;

_Noreturn void usage_error(const char *format, ...) {
    EXPECT(*format, "no sentence");
    longjmp(begin, 1);
}

_Noreturn void failure(const char *format, ...) {
    EXPECT(*format, "no sentence");
    longjmp(begin, 1);
}

void check(sa_status status, const sa_ctx *ctx) {
    if (status) failure("%s", sa_ctx_last_error(ctx));
}

void *allocate(size_t count, size_t size) {
    void *memory = calloc(count ? count : 1, size ? size : 1);
    if (!memory) failure("no memory for %zu times %zu bytes", count, size);
    return memory;
}

void *reallocate(void *memory, size_t count, size_t size) {
    memory = realloc(memory, count && size ? count * size : 1);
    if (!memory) failure("no memory for %zu times %zu bytes", count, size);
    return memory;
}

int LLVMFuzzerInitialize(int *count, char ***arguments) {
    const sa_ctx_options options = {.struct_size = sizeof options, .threads = 1, .path = SA_PATH_PLAIN};
    (void)count, (void)arguments;
    files_begin();
    EXPECT(!sa_ctx_create(&options, &engine.ctx) &&
               !sa_tokenizer_open(engine.ctx, DATA "byte-level/tokenizer.json", &engine.tokenizer) &&
               !sa_model_open(engine.ctx, DATA "architectures/vit-pooler-act", &engine.model),
           "%s", sa_ctx_last_error(engine.ctx));
    speller = engine;
    EXPECT(!sa_model_open(engine.ctx, DATA "architectures/bert_mlm", &speller.model), "%s",
           sa_ctx_last_error(engine.ctx));
    return 0;
}

static void write_part(const char *name, struct input *in) {
    const struct input part = take_part(in);
    files_write(name, part.at, part.left);
}

static void write_conversation(struct input *in, const char *form) {
    json_t *root = NULL;
    char *text = NULL;
    struct tokens tokens = {0};
    write_part(form ? "form.json" : "chat_template.jinja", in);
    write_part("tokenizer_config.json", in);
    write_part("conversation.json", in);
    struct chat_template chat = chat_template_read(&engine, files_path(""), form, "today");
    struct conversation said = conversation_read(files_path("conversation.json"), &root);
    chat_template_write(&chat, &engine, &said, &tokens, &text);
    EXPECT(chat_template_answer(&chat, &engine, tokens.id, tokens.count) <= tokens.count, "an answer behind the end");
    free(text);
    free(tokens.id);
    conversation_clear(&said);
    json_decref(root);
    chat_template_free(&chat);
}

static void prepare_picture(struct input *in) {
    enum { WIDTH = 7, HEIGHT = 5 };
    static unsigned char rgb[WIDTH * HEIGHT * 3];
    const struct image image = {WIDTH, HEIGHT, rgb};
    write_part("preprocessor_config.json", in);
    const struct preprocessing preprocessing = preprocessing_find(&engine, files_path(""));
    struct view view = preprocess(&preprocessing, files_path(""), &image);
    EXPECT(view.width > 0 && view.height > 0, "no part of the picture");
    free(view.features);
}

static void read_picture(const struct input *in) {
    files_write("x", in->at, in->left);
    struct image image = image_read(files_path("x"));
    EXPECT(image.width > 0 && image.height > 0, "an empty picture");
    if ((int64_t)image.width * image.height < 10000) cairo_surface_destroy(image_surface(&image));
    image_free(&image);
}

static void read_recording(const struct input *in) {
    files_write("x", in->at, in->left);
    struct sound sound = sound_read(files_path("x"), 16000);
    EXPECT(sound.count >= 0 && sound.seconds >= 0, "%lld samples", (long long)sound.count);
    sound_free(&sound);
}

static void read_index(const struct input *in) {
    enum { WIDTH = 4, MODEL = 7 };
    const float query[WIDTH] = {1, 2, 3, 4};
    files_write("x", in->at, in->left);
    struct index x = index_open(files_path("x"), WIDTH, MODEL), copy = index_new((int)x.head.int8, WIDTH, MODEL);
    size_t bytes = 0;
    for (int64_t i = 0; i < x.head.files; i++) {
        const struct index_file *f = &x.file[i];
        bytes += strlen(x.strings + f->path);
        index_add_file(&copy, x.strings + f->path, f->size, f->changed);
        index_copy_file(&copy, &x, i);
    }
    for (int64_t i = 0; i < x.head.chunks; i++) {
        bytes += strlen(x.strings + x.chunk[i].text);
        const double own = index_score(&x, i, query), copied = index_score(&copy, i, query);
        EXPECT(!memcmp(&own, &copied, sizeof own) || own != own, "chunk %lld has %g, its copy %g", (long long)i, own,
               copied);
    }
    EXPECT(bytes < in->left * in->left + 1 && copy.head.chunks == x.head.chunks, "%zu bytes of text", bytes);
    index_close(&copy);
    index_close(&x);
}

static void read_letters(struct input *in) {
    write_part("preprocessor_config.json", in);
    write_part("vocab.json", in);
    struct letters letters = letters_open(&speller, files_path(""));
    EXPECT(letters.waves.rate > 0 && letters.count == sa_model_get(speller.model, SA_MODEL_OUTPUTS), "%lld letters",
           (long long)letters.count);
    letters_free(&letters);
}

static void read_file(struct input *in) {
    const uint8_t kind = take(in);
    if (kind == 't') write_conversation(in, NULL);
    if (kind == 'f') write_conversation(in, files_path("form.json"));
    if (kind == 'p') prepare_picture(in);
    if (kind == 'i') read_picture(in);
    if (kind == 'w') read_recording(in);
    if (kind == 'x') read_index(in);
    if (kind == 'l') read_letters(in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct input in = {data, size};
    files_clear();
    if (!setjmp(begin)) read_file(&in);
    return 0;
}
