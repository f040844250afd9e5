/* Forms in which conversations are written down for models that bring no template, as data: one per family.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CHAT_CHAT_FORM_H
#define TOOLS_CHAT_CHAT_FORM_H

#include "selfattn_models.h"

/* Where a system message stands: in a turn of its own; before the text of the first or of the last question; nowhere,
 * because the template refuses it. */
enum { SYSTEM_TURN, SYSTEM_IN_FIRST, SYSTEM_IN_LAST, SYSTEM_REFUSED };

/* What happens to white space around texts: kept; removed around each; around answers only; around a question together
 * with the system message before it, and around answers. */
enum { TRIM_NOTHING, TRIM_ALL, TRIM_ANSWERS, TRIM_TOGETHER };

/* What stands before and after a text. */
struct chat_marks {
    const char *before, *after;
};

/* Texts may hold {bos} and {eos}, the model's tokens of that name, and {date}. All are "" where they are not named,
 * except those that may be NULL. */
struct chat_form {
    const char *name;
    const char *begin; /* before everything */
    struct chat_marks system, user, assistant;
    const char *begin_end;   /* after the system message, whether there is one or not */
    const char *answer;      /* where the model goes on; NULL: assistant.before */
    const char *bos, *eos;   /* where no file names them */
    const char *end;         /* the token that ends an answer */
    const char *needs;       /* a token without which the tokenizer is not of this form; NULL: none */
    const char *thought_end; /* a token; an answer's text up to it is not repeated later; NULL: all is */
    const char *date;        /* strftime's format of {date}, which is today */
    int system_place, trim;
};

/* The form of this name; NULL if there is none. */
const struct chat_form *chat_form_named(const char *name);

/* The first form whose tokens a tokenizer has; NULL: none. */
const struct chat_form *chat_form_fitting(const sa_tokenizer *tokenizer);

/* All names, separated by ", ". */
const char *chat_form_names(void);

#endif
