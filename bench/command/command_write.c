/* sa-bench write: how fast does a language model write, and read its prompt?
 * SPDX-License-Identifier: MIT */
#include "command/commands.h"
#include "command/options.h"
#include "measure/report.h"
#include "show/grid.h"
#include "study/writing.h"
#include "way/settings.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char about[] =
    "Times a language model from a file of llama2.c's weights. Decoding: 64 tokens, one at a time, after a short\n"
    "prompt. Prefill: a prompt of 256 tokens at once. Compares the library, at each precision that this machine has,\n"
    "with the same model in plain C on one thread (loops over float weights, -O3 for this machine). They take turns,\n"
    "round by round; we report the lowest round median. Before that, both generate a text greedily; at precision\n"
    "highest the texts have to be equal.\n"
    "\n"
    "Usage: sa-bench write MODEL.bin";

/* popt's copy of the name goes with its context. */
static int take_path(const char *name, void *to) {
    char **path = to;
    if (*path) return complain(BAD_USAGE, "\"%s\" is one model too many; see sa-bench write --help", name);
    *path = strdup(name);
    return *path ? -1 : complain_memory((double)strlen(name), "a name");
}

static void add_row(struct grid *g, const struct writing *w, const struct writer *l, const char *name) {
    const double decoding = l ? l->decoding_ms : w->plain_decoding_ms,
                 prefill = l ? l->prefill_ms : w->plain_prefill_ms;
    grid_row(g);
    grid_cell(g, "%s", name);
    grid_cell(g, "%.3f", decoding);
    grid_cell(g, "%.0f", 1e3 / decoding);
    grid_cell(g, "%.2f", writing_read_ms(w) / decoding);
    grid_cell(g, l ? "**%.2f**" : "%.2f", w->plain_decoding_ms / decoding);
    grid_cell(g, "%.2f", prefill);
    grid_cell(g, "%.0f", 1e3 * (double)w->prefill / prefill);
    grid_cell(g, l ? "**%.2f**" : "%.2f", w->plain_prefill_ms / prefill);
}

static void print_table(const struct writing *w) {
    static const char *const heading[] = {"",        "decoding, ms a token", "tokens/s", "of its roof",
                                          "speedup", "prefill, ms",          "tokens/s", "speedup"};
    static struct grid grid;
    print_machine();
    print_roofs(&w->roofs);
    printf(
        "%.1f million weights, %.1f MB; reading them once takes %.2f ms at the read bandwidth, the roof of decoding. "
        "Prefill of %d tokens. %d thread%s; rounds for %.0f s, lowest round median.\n\n",
        (double)w->plain.weights / 1e6, (double)w->plain.weights * sizeof(float) / 1e6, writing_read_ms(w),
        (int)w->prefill, w->threads, w->threads > 1 ? "s (plain C: one)" : "", w->seconds);
    grid_titles(&grid, heading, sizeof heading / sizeof heading[0]);
    add_row(&grid, w, NULL, "plain C");
    for (int i = 0; i < w->count; i++) add_row(&grid, w, &w->writers[i], precision_name(w->writers[i].precision));
    grid_print(&grid);
    printf("\nGreedy tokens that agree with plain C from the first on, of %d:", DECODED);
    for (int i = 0; i < w->count; i++)
        printf("%s %s %d", i ? "," : "", precision_name(w->writers[i].precision), (int)w->writers[i].agreed);
    printf(".\n");
}

static json_t *row(const struct writing *w, const struct writer *l, const char *name) {
    const double decoding = l ? l->decoding_ms : w->plain_decoding_ms,
                 prefill = l ? l->prefill_ms : w->plain_prefill_ms;
    return json_pack("{s:s, s:f, s:f, s:f, s:f, s:f, s:i}", "way", name, "decoding_ms", decoding, "decoding_of_roof",
                     writing_read_ms(w) / decoding, "decoding_speedup", w->plain_decoding_ms / decoding, "prefill_ms",
                     prefill, "prefill_speedup", w->plain_prefill_ms / prefill, "same_tokens",
                     l ? (int)l->agreed : DECODED);
}

static int print_json(const struct writing *w) {
    json_t *rows = json_array();
    int failed = json_array_append_new(rows, row(w, NULL, "plain C"));
    for (int i = 0; i < w->count; i++)
        failed |= json_array_append_new(rows, row(w, &w->writers[i], precision_name(w->writers[i].precision)));
    json_t *object =
        json_pack("{s:i, s:I, s:i, s:i, s:f, s:f, s:o}", "threads", w->threads, "weight_bytes",
                  (json_int_t)w->plain.weights * (json_int_t)sizeof(float), "decoded", DECODED, "prefill",
                  (int)w->prefill, "read_gbps", w->roofs.rate[ROOF_READ], "read_ms", writing_read_ms(w), "rows", rows);
    failed = failed || !object || json_dumpf(object, stdout, JSON_REAL_PRECISION(6)) || putchar('\n') == EOF;
    json_decref(object);
    return failed ? complain(FAILED, "cannot write the result") : DONE;
}

static int run_write(struct writing *w, const char *path, int json) {
    int status = writing_open(w, path);
    if (!status) status = writing_measure(w);
    if (!status && json) status = print_json(w);
    if (!status && !json) print_table(w);
    writing_close(w);
    return status;
}

int write_command(int argc, const char **argv) {
    static struct writing w = {.seconds = 20, .threads = 1};
    char *path = NULL;
    int json = 0;
    struct poptOption flags[] = {{"seconds", 0, POPT_ARG_DOUBLE, &w.seconds, 0, "seconds of rounds (20)", "S"},
                                 {"threads", 0, POPT_ARG_INT, &w.threads, 0, "threads of the library (1)", "T"},
                                 {"json", 0, POPT_ARG_NONE, &json, 0, "print one JSON object", NULL},
                                 POPT_TABLEEND};
    int status = options_read_names(flags, about, argc, argv, take_path, &path);
    if (status < 0) status = check_seconds(w.seconds);
    if (status < 0) status = check_range("--threads", w.threads, 1, 1024);
    if (status < 0 && !path) status = complain(BAD_USAGE, "no model is named; see sa-bench write --help");
    if (status < 0) status = run_write(&w, path, json);
    free(path);
    return status;
}
