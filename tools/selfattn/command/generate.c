/* selfattn generate: a model writes on.
 * SPDX-License-Identifier: MIT */
#include "command/command.h"
#include "exit.h"
#include "picture/picture.h"
#include "picture/writing_map.h"
#include "table.h"
#include "text/rewriting_options.h"
#include "text/writing.h"

#include <stdlib.h>
#include <string.h>

/* Each beam is a sequence of the session and looks through the whole vocabulary for every token. */
enum { MOST_BEAMS = 256 };

struct options {
    struct writing writing;
    int layer, head;
    char *map, *stopping;
};

static const char *name_of(int32_t ending) {
    static const char *const names[] = {
        [SA_END_NONE] = "nothing",       [SA_END_MAX_TOKENS] = "max-tokens", [SA_END_TOKEN] = "stop token",
        [SA_END_STRING] = "stop string", [SA_END_CALLER] = "interruption",   [SA_END_FULL] = "no position left"};
    return names[ending];
}

/* Prompts are never empty: a model that has a token that texts begin with writes from that. */
static struct tokens read_prompt(const struct engine *e, const char *text) {
    struct tokens prompt = engine_tokens(e, text);
    int32_t start = (int32_t)sa_model_get(e->model, SA_MODEL_START_TOKEN);
    if (prompt.count) return prompt;
    if (start < 0) failure("the prompt is empty, and the model names no token that a text begins with");
    prompt.id[prompt.count++] = start;
    return prompt;
}

static void print_written(const char *text, const struct tokens *prompt, const struct stream *stream,
                          const struct written *w) {
    json_t *probabilities = json_array();
    for (int64_t i = 0; i < w->count; i++)
        json_array_append_new(probabilities, json_real((double)w->log_probability[i]));
    print_json(json_pack("{ss so so so so ss sf sf}", "prompt", text, "text", json_text(stream->text), "prompt_ids",
                         json_numbers(prompt->id, prompt->count), "ids", json_numbers(w->id, w->count),
                         "log_probabilities", probabilities, "ending", name_of(w->ending), "prompt_seconds",
                         w->prompt_seconds, "tokens_per_second", written_speed(w)));
}

static void draw_map(const struct engine *e, const struct options *o, const struct tokens *prompt,
                     const struct written *w, const char *text, const char *written) {
    struct tokens all = {prompt->count + w->count, allocate((size_t)(prompt->count + w->count), sizeof *all.id)};
    memcpy(all.id, prompt->id, (size_t)prompt->count * sizeof *all.id);
    memcpy(all.id + prompt->count, w->id, (size_t)w->count * sizeof *all.id);
    if (w->ending == SA_END_TOKEN) all.count--;
    char *whole = allocate(strlen(text) + strlen(written) + 1, 1);
    writing_map_draw(e, &all, prompt->count, o->layer, o->head, strcat(strcpy(whole, text), written), o->map);
    free(whole);
    free(all.id);
}

/* The prompt and what follows it, as it comes. */
static void write_one(const struct engine *e, const struct options *o, const char *text) {
    int json = o->writing.common.json;
    struct tokens prompt = read_prompt(e, text);
    struct stream stream = stream_begin(e, json ? NULL : stdout, o->writing.stops, prompt.id[prompt.count - 1]);
    sa_session *session = writing_session(e, 1);
    stream.lead = text;
    struct written w = writing_run(e, session, &o->writing, &prompt, &stream);
    if (json) {
        print_written(text, &prompt, &stream, &w);
    } else {
        putchar('\n');
        fflush(stdout);
        fprintf(stderr, "\n%lld tokens, %.1f tokens/s; prompt of %lld: %.3f s; ended by: %s\n", (long long)w.count,
                written_speed(&w), (long long)prompt.count, w.prompt_seconds, name_of(w.ending));
    }
    if (o->map) draw_map(e, o, &prompt, &w, text, stream.text);
    sa_session_destroy(&session);
    stream_free(&stream);
    written_free(&w);
    free(prompt.id);
}

static json_t *beam_json(const struct engine *e, const int32_t *id, int64_t count, int32_t before, double score) {
    struct stream stream = stream_begin(e, NULL, NULL, before);
    for (int64_t i = 0; i < count; i++) stream_add(&stream, id[i]);
    stream_end(&stream);
    json_t *json =
        json_pack("{so so sf}", "text", json_text(stream.text), "ids", json_numbers(id, count), "score", score);
    stream_free(&stream);
    return json;
}

/* With --model-defaults beams obey the model's rules; what draws or weighs tokens is not for them. */
static void check_model_defaults(const sa_sampling *s) {
    if (s->temperature > 0)
        failure("--beams: the model's generation_config.json has do_sample, and beams draw nothing");
    if (s->repetition_penalty > 0)
        failure("--beams: the model's generation_config.json has repetition_penalty %g, which beams do not have",
                s->repetition_penalty);
}

static void write_beams(const struct engine *e, const struct options *o, const char *text) {
    int64_t R = o->writing.beams;
    check_model_defaults(&o->writing.sampling);
    struct tokens prompt = read_prompt(e, text);
    const int64_t N = most_new_tokens(o->writing.max_tokens, o->writing.max_length, prompt.count);
    int32_t *id = allocate((size_t)(R * N), sizeof *id);
    int64_t *counts = allocate((size_t)R, sizeof *counts);
    double *scores = allocate((size_t)R, sizeof *scores);
    sa_session *session = writing_session(e, R);
    const sa_beam_args args = {.struct_size = sizeof args,
                               .tokens = prompt.count,
                               .ids = prompt.id,
                               .max_tokens = N,
                               .results = R,
                               .length_penalty = o->writing.length_penalty,
                               .generated = id,
                               .counts = counts,
                               .scores = scores,
                               .model_rules = o->writing.model_defaults,
                               .early_stopping = o->writing.early_stopping};
    check(sa_beam_search(e->ctx, session, &args), e->ctx);
    json_t *texts = json_array();
    for (int64_t r = 0; r < R && counts[r]; r++) {
        json_t *one = beam_json(e, id + r * N, counts[r], prompt.id[prompt.count - 1], scores[r]);
        json_array_append_new(texts, one);
        if (!o->writing.common.json)
            printf("%8.3f  %s%s\n", scores[r], text, json_string_value(json_object_get(one, "text")));
    }
    json_t *object = json_pack("{ss so}", "prompt", text, "texts", texts);
    if (o->writing.common.json) print_json(json_incref(object));
    json_decref(object);
    sa_session_destroy(&session);
    free(id);
    free(counts);
    free(scores);
    free(prompt.id);
}

static void check_options(struct options *o) {
    writing_check(&o->writing);
    if (o->writing.beams < 0 || o->writing.beams > MOST_BEAMS)
        usage_error("--beams is %d, must be 1 to %d", o->writing.beams, MOST_BEAMS);
    const sa_sampling *s = &o->writing.sampling;
    if (o->writing.beams && (s->temperature > 0 || s->repetition_penalty > 0 || o->writing.stops || o->map))
        usage_error("--beams cannot be combined with --temperature, --repeat-penalty, --stop or --map");
    if (!o->writing.beams && o->writing.length_penalty != NO_PENALTY) usage_error("--length-penalty needs --beams");
    if (!o->writing.beams && o->stopping) usage_error("--early-stopping needs --beams");
    early_stopping_take(o->stopping, &o->writing.early_stopping);
    if (o->map) picture_check_name(o->map);
    if (!o->map && (o->layer != NOT_GIVEN || o->head != NOT_GIVEN)) usage_error("--layer and --head need --map");
}

int command_generate(int argc, const char **argv) {
    struct options o = {.writing = writing_defaults, .layer = NOT_GIVEN, .head = NOT_GIVEN};
    const struct poptOption table[] = {
        WRITING_OPTIONS(o.writing),
        {"beams", 0, POPT_ARG_INT, &o.writing.beams, 0, "Search with N beams and show the N most probable texts", "N"},
        {"length-penalty", 0, POPT_ARG_DOUBLE, &o.writing.length_penalty, 0,
         "Divide the log-probability of a text by its length to the power of X (default: 1)", "X"},
        EARLY_STOPPING_OPTION(o.stopping),
        {"map", 'm', POPT_ARG_STRING, &o.map, 0,
         "Draw into FILE (.png or .svg) which earlier words each new word attends to", "FILE"},
        {"layer", 'l', POPT_ARG_INT, &o.layer, 0, "Draw this layer, counted from 0 (default: the mean of all)", "L"},
        {"head", 'h', POPT_ARG_INT, &o.head, 0, "Draw this head, counted from 0 (default: the mean of all)", "H"},
        ADAPTER_OPTION(o.writing.common),
        COMMON_OPTIONS(o.writing.common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL PROMPT", 2, 2);
    check_options(&o);
    struct engine engine = writing_open(&o.writing, a.word[0]);
    if (o.map) writing_map_check(&engine, o.layer, o.head);
    if (o.writing.beams)
        write_beams(&engine, &o, a.word[1]);
    else
        write_one(&engine, &o, a.word[1]);
    engine_close(&engine);
    arguments_free(&a, &o.writing.common);
    writing_free(&o.writing);
    free(o.map);
    return 0;
}
