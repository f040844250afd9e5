/* oneDNN as a rival: ../README.md has what is said here. f32 and bf16, attention alone.
 * SPDX-License-Identifier: MIT */
#include "attention.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct rival {
    dnnl_engine_t engine;
    dnnl_stream_t stream;
    struct problem problem;
    struct attention *attention; /* NULL: nothing is open */
};

static void say(json_t *answer) {
    json_dumpf(answer, stdout, JSON_COMPACT);
    putchar('\n');
    fflush(stdout);
    json_decref(answer);
}

static double clock_ms(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec * 1e-6;
}

/* A call's milliseconds; below 0 if it failed. */
static double timed_run(struct attention *a) {
    const double start = clock_ms();
    return attention_run(a) ? -1 : clock_ms() - start;
}

static void close_problem(struct rival *r) {
    attention_close(r->attention);
    free(r->problem.q);
    r->attention = NULL;
    r->problem.q = NULL;
}

/* All arrays in one block, inputs from the file. */
static const char *read_problem(struct problem *p, const json_t *request, const char *file_name) {
    int64_t *const sizes[] = {&p->B, &p->H, &p->K, &p->T, &p->S, &p->D};
    static const char *const letters[] = {"B", "H", "K", "T", "S", "D"};
    for (int i = 0; i < 6; i++) *sizes[i] = json_integer_value(json_object_get(request, letters[i]));
    p->causal = json_integer_value(json_object_get(request, "causal")) != 0;
    const int64_t queries = p->B * p->H * p->T * p->D, keys = p->B * p->K * p->S * p->D;
    const size_t inputs = (size_t)(queries + 2 * keys);
    p->q = malloc((inputs + (size_t)queries) * sizeof *p->q);
    if (!p->q) return "no memory";
    p->k = p->q + queries;
    p->v = p->k + keys;
    p->o = p->v + keys;
    FILE *file = fopen(file_name, "rb");
    if (!file) return "no inputs";
    const size_t got = fread(p->q, sizeof *p->q, inputs, file);
    fclose(file);
    return got == inputs ? NULL : "not all inputs";
}

/* Keeps the fastest of what can be chosen; the second call of each counts. Returns its name, NULL if none works. */
static const char *open_fastest(struct rival *r) {
    static const struct {
        struct choice choice;
        const char *how;
    } ways[] = {{{0, dnnl_f32}, "head by head, f32 scores"},
                {{1, dnnl_f32}, "all heads at once, f32 scores"},
                {{0, dnnl_bf16}, "head by head, bf16 scores"},
                {{1, dnnl_bf16}, "all heads at once, bf16 scores"}};
    const char *how = NULL;
    double best = 0;
    for (int i = 0; i < (r->problem.type == dnnl_f32 ? 2 : 4); i++) {
        struct attention *a = attention_open(&r->problem, &ways[i].choice, r->engine, r->stream);
        double ms = a && timed_run(a) >= 0 ? timed_run(a) : -1;
        const int better = ms >= 0 && (!how || ms < best);
        attention_close(better ? r->attention : a);
        if (!better) continue;
        r->attention = a;
        best = ms;
        how = ways[i].how;
    }
    return how;
}

static const char *write_output(struct rival *r, const char *file_name) {
    const struct problem *p = &r->problem;
    const size_t count = (size_t)(p->B * p->H * p->T * p->D);
    if (attention_output(r->attention)) return "no output";
    FILE *file = fopen(file_name, "ab");
    if (!file) return "the output cannot be written";
    const size_t written = fwrite(p->o, sizeof *p->o, count, file);
    return fclose(file) == 0 && written == count ? NULL : "the output cannot be written";
}

static void open_problem(struct rival *r, const json_t *request) {
    const char *type = json_string_value(json_object_get(request, "dtype"));
    const char *file_name = json_string_value(json_object_get(request, "file"));
    const char *why = NULL, *how = NULL;
    close_problem(r);
    r->problem.type = type && strcmp(type, "bf16") == 0 ? dnnl_bf16 : dnnl_f32;
    if (json_integer_value(json_object_get(request, "layer")))
        why = "attention alone is set up here";
    else
        why = file_name ? read_problem(&r->problem, request, file_name) : "no file";
    if (!why && !(how = open_fastest(r))) why = "no kernel takes it";
    if (!why) why = write_output(r, file_name);
    say(why ? json_pack("{s:s}", "absent", why) : json_pack("{s:s}", "how", how));
}

static void answer(struct rival *r, const json_t *request) {
    const char *what = json_string_value(json_object_get(request, "do"));
    if (what && strcmp(what, "run") == 0)
        say(json_pack("{s:f}", "ms", r->attention ? timed_run(r->attention) : -1.0));
    else
        open_problem(r, request);
}

static void serve(struct rival *r) {
    char *line = NULL;
    size_t size = 0;
    while (getline(&line, &size, stdin) > 0) {
        json_t *request = json_loads(line, 0, NULL);
        if (!request) break;
        answer(r, request);
        json_decref(request);
    }
    free(line);
}

int main(void) {
    struct rival rival = {0};
    const dnnl_version_t *version = dnnl_version();
    if (dnnl_engine_create(&rival.engine, dnnl_cpu, 0) ||
        dnnl_stream_create(&rival.stream, rival.engine, dnnl_stream_default_flags)) {
        say(json_pack("{s:s}", "absent", "no CPU engine"));
        return 0;
    }
    char name[64];
    snprintf(name, sizeof name, "oneDNN %d.%d.%d", version->major, version->minor, version->patch);
    say(json_pack("{s:s}", "name", name));
    serve(&rival);
    close_problem(&rival);
    dnnl_stream_destroy(rival.stream);
    dnnl_engine_destroy(rival.engine);
    return 0;
}
