/* A trained decoder goes on with a text, which appears while it is written: 22_text MODEL PROMPT.
 * SPDX-License-Identifier: MIT */
#include <selfattn_models.h>
#include <stdio.h>
#include <string.h>

enum { PROMPT = 256, NEW = 40, ROOM = 4096 };

/* What the callback needs. */
struct screen {
    sa_ctx *ctx;
    sa_text_stream *text;
    sa_status status;
};

/* Shows what is new and whole with a token; the number that it returns ends the text, or not. */
static int32_t show(void *user, int64_t sequence, int32_t token, float log_probability) {
    struct screen *s = user;
    char text[ROOM];
    int64_t bytes = 0;
    (void)sequence, (void)log_probability;
    s->status = sa_text_stream_add(s->ctx, s->text, token, text, ROOM, &bytes);
    fwrite(text, 1, (size_t)bytes, stdout);
    fflush(stdout);
    return s->status != SA_OK || sa_text_stream_ended(s->text);
}

static sa_status write_on(sa_ctx *ctx, const sa_model *model, const sa_tokenizer *tokenizer, const char *prompt) {
    static const char *const stops[] = {"\n", "\u2615"}; /* the text ends before the first of them */
    int32_t ids[PROMPT], written[NEW];
    int64_t tokens = 0, count = 0, bytes = 0;
    char rest[ROOM] = "";
    sa_session *session = NULL;
    struct screen screen = {.ctx = ctx};
    sa_status status = sa_tokenizer_encode(ctx, tokenizer, prompt, (int64_t)strlen(prompt), ids, PROMPT, &tokens);
    if (status == SA_OK) status = sa_session_create(ctx, model, NULL, &session);
    if (status == SA_OK)
        status = sa_text_stream_create(ctx, tokenizer, tokens ? ids[tokens - 1] : -1, stops, 2, &screen.text);
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = tokens,
                                   .ids = ids,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = &count,
                                   .on_token = show,
                                   .user = &screen};
    printf("%s", prompt);
    if (status == SA_OK) status = sa_generate(ctx, session, &args);
    if (status == SA_OK) status = screen.status;
    if (status == SA_OK) status = sa_text_stream_rest(ctx, screen.text, rest, ROOM, &bytes);
    printf("%.*s\n%lld tokens\n", (int)bytes, rest, (long long)count);
    sa_text_stream_destroy(&screen.text);
    sa_session_destroy(&session);
    return status;
}

int main(int count, char **arguments) {
    sa_ctx *ctx = NULL;
    sa_model *model = NULL;
    sa_tokenizer *tokenizer = NULL;
    if (count != 3) {
        puts("usage: 22_text MODEL PROMPT");
        return 1;
    }
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    sa_status status = sa_model_open(ctx, arguments[1], &model);
    if (status == SA_OK) status = sa_tokenizer_open(ctx, arguments[1], &tokenizer);
    if (status == SA_OK) status = write_on(ctx, model, tokenizer, arguments[2]);
    if (status != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_tokenizer_destroy(&tokenizer);
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
