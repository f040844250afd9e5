/* The part of the template language Jinja that chat templates use, as Jinja2 has it with trim_blocks and lstrip_blocks.
 * What it does not know is a failure() that names the template and the line.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_JINJA_JINJA_H
#define TOOLS_JINJA_JINJA_H

#include "jinja/value.h"

/* `name` is for sentences. Both texts are copied. jinja_free() it. */
struct jinja *jinja_parse(const char *name, const char *text);

/* What the template makes of variables, which are a dictionary and end with the run; g_free() it. `date` is what
 * strftime_now() gives; NULL: today. */
char *jinja_render(struct jinja *j, struct value variables, const char *date);

void jinja_free(struct jinja *j);

#endif
