/* A trained decoder generates tokens: 04_model MODEL TOKEN TOKEN ... prints the most probable next tokens.
 * Token numbers keep this example small; sa_tokenizer_encode() and sa_tokenizer_decode() turn text into them and back.
 * SPDX-License-Identifier: MIT */
#include <selfattn_models.h>
#include <stdio.h>
#include <stdlib.h>

enum { PROMPT = 64, NEW = 8 };

static sa_status write_on(sa_ctx *ctx, const char *path, const int32_t *prompt, int64_t tokens) {
    int32_t written[NEW];
    int64_t count = 0;
    sa_model *model = NULL;
    sa_session *session = NULL;
    sa_generate_args args = {.struct_size = sizeof args,
                             .tokens = tokens,
                             .ids = prompt,
                             .max_tokens = NEW,
                             .generated = written,
                             .counts = &count};
    sa_status status = sa_model_open(ctx, path, &model);
    if (status == SA_OK) {
        printf("%s: %lld layers of width %lld, %lld tokens in the vocabulary\n", sa_model_type(model),
               (long long)sa_model_get(model, SA_MODEL_LAYERS), (long long)sa_model_get(model, SA_MODEL_WIDTH),
               (long long)sa_model_get(model, SA_MODEL_VOCABULARY));
        status = sa_session_create(ctx, model, NULL, &session);
    }
    if (status == SA_OK) status = sa_generate(ctx, session, &args); /* no sampling: takes the largest logit */
    for (int64_t i = 0; i < count && status == SA_OK; i++) printf("%d%s", written[i], i == count - 1 ? "\n" : " ");
    sa_session_destroy(&session); /* before its model */
    sa_model_destroy(&model);
    return status;
}

int main(int count, char **arguments) {
    int32_t prompt[PROMPT];
    sa_ctx *ctx = NULL;
    if (count < 3 || count - 2 > PROMPT) {
        puts("usage: 04_model MODEL TOKEN ...");
        return 1;
    }
    for (int i = 2; i < count; i++) prompt[i - 2] = (int32_t)strtol(arguments[i], NULL, 10);
    if (sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    const sa_status status = write_on(ctx, arguments[1], prompt, count - 2);
    if (status != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
