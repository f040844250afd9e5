/* What single words of a text are (names of people and places, parts of speech), by a classifier of tokens.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLASSIFIER_TAGGING_H
#define TOOLS_CLASSIFIER_TAGGING_H

#include "engine.h"

/* Words that belong together. */
struct entity {
    int64_t begin, end; /* bytes of the text */
    const char *label;  /* without B- or I-; the tagger's */
    double probability; /* the mean of the words' */
};

struct entities {
    int64_t count;
    struct entity *entity; /* [count] in the text's order; free() it */
};

struct tagger {
    const struct engine *engine;
    int64_t classes;
    char **name; /* [classes] of id2label in config.json, or LABEL_ and the number */
};

struct tagger tagger_open(const struct engine *engine, const char *model);
void tagger_close(struct tagger *tagger);

/* A word is what its first token is most probably taken for; "O" is nothing. An entity begins with B-, or where the
 * word before is another thing (Ramshaw and Marcus, "Text chunking", 1995). A text that is longer than the model reads
 * is read in windows that overlap by a third; a word counts where it stands farther from their ends. */
struct entities entities_find(const struct tagger *tagger, const char *text);

#endif
