/* A prompt that several texts begin with is computed once: 06_prefix MODEL FILE TOKEN TOKEN ... reads it, and goes on
 * with three different tokens. Then a session from FILE does the same, as another program could on another day.
 * SPDX-License-Identifier: MIT */
#include <selfattn_models.h>
#include <stdio.h>
#include <stdlib.h>

enum { TEXTS = 3, PROMPT = 64, NEW = 6 };

/* Sequence 0 has read the prompt. The others become copies of it, which share its memory. */
static sa_status write_texts(sa_ctx *ctx, sa_session *session) {
    const int32_t first[TEXTS] = {3, 14, 15};
    int32_t written[TEXTS * NEW] = {0};
    int64_t counts[TEXTS];
    const sa_generate_args args = {.struct_size = sizeof args,
                                   .tokens = 1,
                                   .ids = first,
                                   .max_tokens = NEW,
                                   .generated = written,
                                   .counts = counts};
    for (int b = 1; b < TEXTS; b++)
        if (sa_session_fork(session, 0, b) != SA_OK) return SA_ERR_MEMORY;
    const sa_status status = sa_generate(ctx, session, &args);
    for (int b = 0; b < TEXTS && status == SA_OK; b++) {
        printf("... %d:", first[b]);
        for (int64_t i = 0; i < counts[b]; i++) printf(" %d", written[b * NEW + i]);
        puts("");
    }
    return status;
}

static sa_status run(sa_ctx *ctx, const sa_model *model, const char *path, const int32_t *prompt, int64_t tokens) {
    const int64_t lengths[TEXTS] = {tokens};
    sa_session *session = NULL, *loaded = NULL;
    const sa_session_config config = {.struct_size = sizeof config, .batch = TEXTS};
    const sa_session_args args = {.struct_size = sizeof args, .tokens = tokens, .ids = prompt, .lengths = lengths};
    sa_status status = sa_session_create(ctx, model, &config, &session);
    if (status == SA_OK) status = sa_session_run(ctx, session, &args); /* the prompt, in sequence 0 alone */
    if (status == SA_OK) status = sa_session_save(ctx, session, path, NULL, 0);
    if (status == SA_OK) status = write_texts(ctx, session);
    if (status == SA_OK) status = sa_session_load(ctx, model, path, 0, &loaded);
    if (status == SA_OK) puts("from a file:");
    if (status == SA_OK) status = write_texts(ctx, loaded);
    sa_session_destroy(&loaded);
    sa_session_destroy(&session);
    return status;
}

int main(int count, char **arguments) {
    int32_t prompt[TEXTS * PROMPT] = {0};
    sa_ctx *ctx = NULL;
    sa_model *model = NULL;
    if (count < 4 || count - 3 > PROMPT || sa_ctx_create(NULL, &ctx) != SA_OK) return 1;
    for (int i = 3; i < count; i++) prompt[i - 3] = (int32_t)strtol(arguments[i], NULL, 10);
    sa_status status = sa_model_open(ctx, arguments[1], &model);
    if (status == SA_OK) status = run(ctx, model, arguments[2], prompt, count - 3);
    if (status != SA_OK) puts(sa_ctx_last_error(ctx));
    sa_model_destroy(&model);
    sa_ctx_destroy(&ctx);
    return status != SA_OK;
}
