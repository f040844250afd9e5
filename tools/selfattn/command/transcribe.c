/* selfattn transcribe: what is said in a recording.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "clock.h"
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "sound/classes.h"
#include "sound/dictation.h"
#include "sound/letters.h"
#include "sound/sound.h"
#include "table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct options {
    struct common common;
    char *language, *task, *prompt, *prefix;
    int timestamps, srt, keep_text;
};

/* A recording while it is transcribed. */
struct transcript {
    const struct engine *engine;
    const struct options *options;
    const sa_speech *speech;
    double rate;
    int64_t count; /* samples */
    int shows_progress;
    int64_t segments;
    json_t *json_segments, *json_windows;
    char *text; /* of all segments */
};

/* Hours, minutes, seconds and thousandths, as subtitles and tables write them. */
static void print_time(double seconds, char point) {
    const long long t = llround(1000 * seconds);
    printf("%02lld:%02lld:%02lld%c%03lld", t / 3600000, t / 60000 % 60, t / 1000 % 60, point, t % 1000);
}

static void print_subtitle(int64_t number, const sa_speech_segment *s, const char *text) {
    printf("%lld\n", (long long)number);
    print_time(s->begin, ',');
    printf(" --> ");
    print_time(s->end, ',');
    printf("\n%s\n\n", text);
}

static void print_line(const sa_speech_segment *s, const char *text, int with_times) {
    if (with_times) {
        putchar('[');
        print_time(s->begin, '.');
        printf(" --> ");
        print_time(s->end, '.');
        printf("]  ");
    }
    puts(text);
}

static void clear_progress(const struct transcript *t) {
    if (t->shows_progress) fputs("\r\033[K", stderr);
}

static int32_t on_segment(void *user, const sa_speech_segment *s) {
    struct transcript *t = user;
    const struct options *o = t->options;
    char *text = engine_text(t->engine, t->engine->tokenizer, s->ids, s->count);
    const char *trimmed = text + strspn(text, " ");
    clear_progress(t);
    if (o->srt)
        print_subtitle(t->segments + 1, s, trimmed);
    else if (!o->common.json)
        print_line(s, trimmed, o->timestamps);
    fflush(stdout);
    json_array_append_new(t->json_segments,
                          json_pack("{sf sf so so sf sf}", "begin", s->begin, "end", s->end, "text", json_text(text),
                                    "ids", json_numbers(s->ids, s->count), "log_probability", s->log_probability,
                                    "no_speech", s->no_speech));
    t->text = reallocate(t->text, strlen(t->text) + strlen(text) + 1, 1);
    strcat(t->text, text);
    t->segments++;
    free(text);
    return 0;
}

static int32_t on_window(void *user, const sa_speech_window *w) {
    static const char *const kinds[] = {"text", "silent", "speechless"};
    struct transcript *t = user;
    if (t->shows_progress) fprintf(stderr, "\r%3.0f %%", 100 * (double)w->next / (double)t->count);
    json_array_append_new(t->json_windows, json_pack("{sf sf ss so sf sf}", "begin", (double)w->first / t->rate, "end",
                                                     (double)(w->first + w->count) / t->rate, "kind", kinds[w->kind],
                                                     "ids", json_numbers(w->ids, w->tokens), "log_probability",
                                                     w->log_probability, "no_speech", w->no_speech));
    return 0;
}

/* The message names every language that the model knows. */
static void check_language(const sa_speech *speech, const char *language) {
    char all[4000] = "";
    int32_t i = 0;
    if (!language || !sa_speech_language(speech, 0)) return;
    for (const char *code; (code = sa_speech_language(speech, i)); i++) {
        if (!strcmp(code, language)) return;
        snprintf(all + strlen(all), sizeof all - strlen(all), " %s", code);
    }
    usage_error("--language is \"%s\", must be one of%s", language, all);
}

static int32_t task_of(const char *name) {
    if (!name || !strcmp(name, "transcribe")) return SA_TASK_TRANSCRIBE;
    if (!strcmp(name, "translate")) return SA_TASK_TRANSLATE;
    usage_error("--task is \"%s\", must be transcribe or translate", name);
}

/* The tokens of an earlier text, or of a beginning. As in training, a space stands before it. */
static struct tokens read_tokens(const struct engine *e, const char *text) {
    struct tokens prompt = {0};
    if (!text) return prompt;
    char *spaced = allocate(strlen(text) + 2, 1);
    spaced[0] = ' ';
    strcpy(spaced + 1, text + strspn(text, " "));
    engine_add_tokens(e, spaced, SA_ENCODE_NO_TEMPLATE | SA_ENCODE_NO_SPECIAL, &prompt);
    free(spaced);
    return prompt;
}

static int32_t count_languages(const sa_speech *speech) {
    int32_t n = 0;
    while (sa_speech_language(speech, n)) n++;
    return n;
}

static void print_json_of(const struct transcript *t, const char *language, float probability, double seconds,
                          double took) {
    json_t *object = json_pack("{so so sf so so}", "text", json_text(t->text), "language",
                               language ? json_string(language) : json_null(), "duration", seconds, "segments",
                               json_incref(t->json_segments), "windows", json_incref(t->json_windows));
    if (probability > 0) json_object_set_new(object, "language_probability", json_real((double)probability));
    json_object_set_new(object, "seconds", json_real(took));
    json_object_set_new(object, "real_time_factor", seconds > 0 ? json_real(took / seconds) : json_null());
    print_json(object);
}

/* On stderr, beside the text. */
static void print_summary(const struct transcript *t, const char *language, float probability, double seconds,
                          double took) {
    if (!t->segments) fprintf(stderr, "No speech was found.\n");
    if (probability > 0) fprintf(stderr, "language: %s (%.0f %%)\n", language, 100 * (double)probability);
    fprintf(stderr, "%.1f s of sound in %.2f s: %.1f times faster than real time\n", seconds, took,
            took > 0 ? seconds / took : 0);
}

static void transcribe_sound(struct transcript *t, sa_session *session, const struct sound *sound) {
    const struct options *o = t->options;
    const struct engine *e = t->engine;
    struct tokens prompt = read_tokens(e, o->prompt), beginning = read_tokens(e, o->prefix);
    int32_t found = -1;
    float *probabilities = allocate((size_t)count_languages(t->speech), sizeof *probabilities);
    const sa_transcribe_args args = {.struct_size = sizeof args,
                                     .speech = t->speech,
                                     .samples = sound->samples,
                                     .count = sound->count,
                                     .on_segment = on_segment,
                                     .on_window = on_window,
                                     .user = t,
                                     .language = o->language,
                                     .task = task_of(o->task),
                                     .times = o->timestamps || o->srt ? SA_TIMES_ALWAYS : SA_TIMES_AUTO,
                                     .prompt = prompt.id,
                                     .prompt_tokens = prompt.count,
                                     .keep_text = o->keep_text,
                                     .language_found = &found,
                                     .language_probabilities = probabilities,
                                     .beginning = beginning.id,
                                     .beginning_tokens = beginning.count};
    const double begin = clock_seconds();
    check(sa_transcribe(e->ctx, session, &args), e->ctx);
    const double took = clock_seconds() - begin;
    clear_progress(t);
    (o->common.json ? print_json_of : print_summary)(t, sa_speech_language(t->speech, found),
                                                     found < 0 ? 0 : probabilities[found], sound->seconds, took);
    free(probabilities);
    free(prompt.id);
    free(beginning.id);
}

/* Other models than Whisper know no times and no text before. */
static void check_plain(const struct engine *e, const struct options *o, const char *language) {
    if (language || o->task || o->prompt || o->prefix || o->timestamps || o->srt || o->keep_text)
        usage_error("a %s model hears %s: of the options only %s--json, --threads and --precision hold for it",
                    sa_model_type(e->model), writes_by_ear(e) ? "words without times" : "letters",
                    writes_by_ear(e) ? "--language, " : "");
}

/* Letters that a model without a decoder hears, a line for all of the sound. */
static void transcribe_letters(const struct engine *e, const struct options *o, const char *model, const char *file) {
    check_plain(e, o, o->language);
    struct letters letters = letters_open(e, model);
    struct sound sound = sound_read(file, letters.waves.rate);
    const double begin = clock_seconds();
    char *text = letters_hear(&letters, e, sound.samples, sound.count);
    const double took = clock_seconds() - begin;
    if (o->common.json)
        print_json(json_pack("{so sf sf}", "text", json_text(text), "duration", sound.seconds, "seconds", took));
    else
        puts(text);
    free(text);
    sound_free(&sound);
    letters_free(&letters);
}

/* A line per piece; returns the pieces. */
static json_t *hear_pieces(const struct dictation *d, const struct sound *sound, int json) {
    json_t *pieces = json_array();
    for (int64_t at = 0, count; at < sound->count; at += count) {
        count = dictation_piece(d, sound->samples + at, sound->count - at);
        struct dictated said = dictation_hear(d, sound->samples + at, count);
        json_array_append_new(pieces, json_pack("{sf sf so so}", "begin", (double)at / (double)d->rate, "end",
                                                (double)(at + count) / (double)d->rate, "text", json_text(said.text),
                                                "ids", json_numbers(said.tokens.id, said.tokens.count)));
        if (!json && *said.text) puts(said.text);
        fflush(stdout);
        dictated_free(&said);
    }
    return pieces;
}

/* The texts of pieces, with spaces between them; json_decref() it. */
static json_t *joined(const json_t *pieces) {
    char *all = allocate(1, 1);
    for (size_t i = 0; i < json_array_size(pieces); i++) {
        const char *text = json_string_value(json_object_get(json_array_get(pieces, i), "text"));
        all = reallocate(all, strlen(all) + strlen(text) + 2, 1);
        if (*all && *text) strcat(all, " ");
        strcat(all, text);
    }
    json_t *text = json_string(all);
    free(all);
    return text;
}

/* A model that writes words by ear alone. */
static void transcribe_words(struct engine *e, const struct options *o, const char *model, const char *file) {
    check_plain(e, o, NULL);
    engine_load_tokenizer(e, model, NULL);
    struct dictation d = dictation_open(e, model, o->language);
    struct sound sound = sound_read(file, d.rate);
    const double begin = clock_seconds();
    json_t *pieces = hear_pieces(&d, &sound, o->common.json);
    const double took = clock_seconds() - begin;
    if (o->common.json)
        print_json(json_pack("{so sf sO sf}", "text", joined(pieces), "duration", sound.seconds, "pieces", pieces,
                             "seconds", took));
    json_decref(pieces);
    sound_free(&sound);
    dictation_close(&d);
}

/* A model that writes tokens. */
static void transcribe_tokens(struct engine *e, const struct options *o, const char *model, const char *file) {
    sa_speech *speech;
    sa_session *session;
    check(sa_speech_open(e->ctx, e->model, model, &speech), e->ctx);
    engine_load_tokenizer(e, model, NULL);
    check_language(speech, o->language);
    check(sa_session_create(e->ctx, e->model, NULL, &session), e->ctx);
    const int64_t rate = sa_mel_get(sa_speech_mel(speech), SA_MEL_RATE);
    struct sound sound = sound_read(file, rate);
    struct transcript t = {.engine = e,
                           .options = o,
                           .speech = speech,
                           .rate = (double)rate,
                           .count = sound.count,
                           .shows_progress = isatty(STDERR_FILENO) && !o->common.json,
                           .json_segments = json_array(),
                           .json_windows = json_array(),
                           .text = allocate(1, 1)};
    transcribe_sound(&t, session, &sound);
    json_decref(t.json_segments);
    json_decref(t.json_windows);
    free(t.text);
    sound_free(&sound);
    sa_session_destroy(&session);
    sa_speech_destroy(&speech);
}

static void transcribe(const struct options *o, const char *model, const char *file) {
    struct engine engine = engine_begin(&o->common);
    engine_load(&engine, model);
    if (hears_letters(&engine))
        transcribe_letters(&engine, o, model, file);
    else if (writes_by_ear(&engine))
        transcribe_words(&engine, o, model, file);
    else if (hears_sound(&engine) && !sa_model_get(engine.model, SA_MODEL_DECODER))
        failure("%s: this %s model hears sound, but writes no text: its file has neither letters nor a decoder", model,
                sa_model_type(engine.model));
    else
        transcribe_tokens(&engine, o, model, file);
    engine_close(&engine);
}

int command_transcribe(int argc, const char **argv) {
    struct options o = {0};
    const struct poptOption table[] = {
        {"language", 'l', POPT_ARG_STRING, &o.language, 0,
         "What is spoken, as a code: en, de, ... (default: it is detected); by speech_to_text, what is written",
         "CODE"},
        {"task", 0, POPT_ARG_STRING, &o.task, 0, "transcribe (the default), or translate into English", "TASK"},
        {"timestamps", 's', POPT_ARG_NONE, &o.timestamps, 0, "Show when each segment begins and ends", NULL},
        {"srt", 0, POPT_ARG_NONE, &o.srt, 0, "Print subtitles in the format of .srt files", NULL},
        {"prompt", 'p', POPT_ARG_STRING, &o.prompt, 0, "Names and words that may be said, as if said before", "TEXT"},
        {"prefix", 0, POPT_ARG_STRING, &o.prefix, 0, "The words that the transcript begins with", "TEXT"},
        {"keep-text", 'k', POPT_ARG_NONE, &o.keep_text, 0, "Let each window of sound see the text before it", NULL},
        COMMON_OPTIONS(o.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL SOUND", 2, 2);
    if (o.srt && o.common.json) usage_error("--srt and --json cannot be combined");
    task_of(o.task);
    transcribe(&o, a.word[0], a.word[1]);
    arguments_free(&a, &o.common);
    free(o.language);
    free(o.task);
    free(o.prompt);
    free(o.prefix);
    return 0;
}
