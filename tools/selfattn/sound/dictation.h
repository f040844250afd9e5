/* Models that write what is said, without times or rules of their own: an encoder of sound of any length and a decoder.
 * Moonshine hears waves, speech_to_text Kaldi's filter banks.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_SOUND_DICTATION_H
#define TOOLS_SOUND_DICTATION_H

#include "engine.h"
#include "sound/waves.h"
#include "text/rewriting_options.h"

struct dictation {
    const struct engine *engine;
    int64_t rate; /* of the samples */
    sa_mel *mel;  /* NULL: the model hears waves */
    struct waves waves;
    struct beam_defaults makers; /* how its makers generate; at least 1 beam */
    sa_session *session;
    struct tokens prompt; /* the start token, and perhaps a language */
};

/* Whether the model is of that kind. */
int writes_by_ear(const struct engine *engine);

/* Reads preprocessor_config.json and generation_config.json beside the model, and finds the token <lang:CODE> of a
 * language to write; NULL: none is asked for. A failure ends the program. */
struct dictation dictation_open(const struct engine *engine, const char *model, const char *language);
void dictation_close(struct dictation *dictation);

/* How many of these samples [count], at least 1, are heard at once: all of up to 30 s, else 20 to 30 s, up to the
 * quietest place there. */
int64_t dictation_piece(const struct dictation *dictation, const float *samples, int64_t count);

/* What is said in the samples of a piece. Too few are heard as nothing. */
struct dictated {
    struct tokens tokens; /* without prompt and stop token */
    char *text;           /* without spaces around it */
};
struct dictated dictation_hear(const struct dictation *dictation, const float *samples, int64_t count);
void dictated_free(struct dictated *dictated);

#endif
