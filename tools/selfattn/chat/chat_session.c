/* SPDX-License-Identifier: MIT */
#include "chat/chat_session.h"
#include "exit.h"
#include "table.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static json_t *messages_of(const struct chat_session *c) {
    json_t *messages = json_array();
    if (c->said.system)
        json_array_append_new(messages, json_pack("{ss so}", "role", "system", "content", json_text(c->said.system)));
    for (int i = 0; i < c->said.count; i++)
        json_array_append_new(messages, json_pack("{ss so}", "role", i % 2 ? "assistant" : "user", "content",
                                                  json_text(c->said.text[i])));
    return messages;
}

void chat_session_write(const struct engine *e, const char *path, const struct chat_session *c) {
    json_t *note = json_pack("{so so sI}", "messages", messages_of(c), "tokens", json_numbers(c->run.id, c->run.count),
                             "answers", (json_int_t)c->answers);
    char *text = json_dumps(note, JSON_COMPACT);
    if (!text) failure("no memory for the conversation");
    if (sa_session_save(e->ctx, c->session, path, text, (int64_t)strlen(text)))
        fprintf(stderr, "(The conversation was not saved: %s.)\n", sa_ctx_last_error(e->ctx));
    free(text);
    json_decref(note);
}

void chat_session_free(struct chat_session *c) {
    conversation_clear(&c->said);
    sa_session_destroy(&c->session);
    free(c->system);
    free(c->run.id);
}

static void read_tokens(const json_t *list, struct tokens *tokens) {
    for (size_t i = 0; i < json_array_size(list); i++)
        tokens_add(tokens, (int32_t)json_integer_value(json_array_get(list, i)));
}

int chat_session_read(const struct engine *e, const char *path, struct chat_session *c) {
    int64_t bytes;
    if (access(path, F_OK) && errno == ENOENT) return 0;
    check(sa_session_load(e->ctx, e->model, path, 0, &c->session), e->ctx);
    const char *text = sa_session_note(c->session, &bytes);
    json_t *note = json_loadb(text, (size_t)bytes, 0, NULL);
    const json_t *messages = json_object_get(note, "messages");
    if (!messages || sa_session_batch(c->session) != 1)
        failure("%s: is the file of a session, but no conversation", path);
    c->said = conversation_of(messages, path);
    if (c->said.system) c->said.system = c->system = strdup(c->said.system);
    read_tokens(json_object_get(note, "tokens"), &c->run);
    c->answers = json_integer_value(json_object_get(note, "answers"));
    json_decref(note);
    return 1;
}
