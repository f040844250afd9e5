/* A conversation with the session that has read it, as a file: what sa_session_save() writes, with the conversation in
 * its note.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_CHAT_SESSION_H
#define TOOLS_CHAT_CHAT_SESSION_H

#include "chat/chat_template.h"

struct chat_session {
    sa_session *session;
    struct conversation said;
    char *system;      /* of this conversation; NULL: none was said */
    struct tokens run; /* what the session holds */
    int64_t answers;   /* that were written so far, those of conversations before this one included */
};

/* Reads the file into *chat, all of which is owned; 0 if there is none. A file that is no conversation of this model
 * ends the program. */
int chat_session_read(const struct engine *engine, const char *path, struct chat_session *chat);

void chat_session_free(struct chat_session *chat);

/* Writes the file; a failure is told on stderr, and the file stays as it was. */
void chat_session_write(const struct engine *engine, const char *path, const struct chat_session *chat);

#endif
