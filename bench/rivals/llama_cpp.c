/* SPDX-License-Identifier: MIT */
#include "rivals/llama_cpp.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int llama_cpp_reads(const char *path) {
    const size_t length = strlen(path);
    return length > 5 && !strcmp(path + length - 5, ".gguf");
}

static double larger(double a, double b) {
    return a > b ? a : b;
}

/* The best repetition of one line of its output. */
static double best_of(const json_t *line) {
    double best = 0;
    size_t i;
    json_t *rate;
    json_array_foreach(json_object_get(line, "samples_ts"), i, rate) best = larger(best, json_number_value(rate));
    return best;
}

/* Other lines than JSON tell of its back ends. */
static void take_line(struct llama_cpp *l, const char *text) {
    json_t *line = json_loads(text, 0, NULL);
    const int reads = json_integer_value(json_object_get(line, "n_prompt")) > 0;
    double *rate = reads ? &l->prefill : &l->decoding;
    if (json_is_object(line)) *rate = larger(*rate, best_of(line));
    const json_int_t build = json_integer_value(json_object_get(line, "build_number"));
    if (build) snprintf(l->name, sizeof l->name, "llama.cpp %lld", (long long)build);
    json_decref(line);
}

static void read_lines(struct llama_cpp *l, int from) {
    char *text = NULL;
    size_t size = 0;
    FILE *file = fdopen(from, "r");
    while (file && getline(&text, &size, file) > 0) take_line(l, text);
    free(text);
    if (file) fclose(file);
}

static int spawn(pid_t *child, const char *const command[], int output) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
    if (!error) error = posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    if (!error) error = posix_spawnp(child, command[0], &actions, NULL, (char *const *)command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

static void say_absent(struct llama_cpp *l, const char *program, const char *why) {
    snprintf(l->absent, sizeof l->absent, "%s: %s", program, why);
}

static void run_program(struct llama_cpp *l, const char *const command[]) {
    int ends[2], status = 0;
    pid_t child;
    if (pipe(ends)) {
        say_absent(l, command[0], strerror(errno));
        return;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    const int error = spawn(&child, command, ends[1]);
    close(ends[1]);
    read_lines(l, ends[0]);
    if (!error) waitpid(child, &status, 0);
    if (error)
        say_absent(l, command[0], strerror(error));
    else if (status || l->decoding <= 0 || l->prefill <= 0)
        say_absent(l, command[0], "it does not run this file");
}

void llama_cpp_measure(struct llama_cpp *l, const char *program, const char *file, int threads, int decoded, int depth,
                       int prompt) {
    char t[16], n[16], d[16], p[16];
    const char *const command[] = {program, "-m", file, "-t", t,    "-fa", "1",  "-n",    n,
                                   "-d",    d,    "-p", p,    "-r", "2",   "-o", "jsonl", NULL};
    snprintf(t, sizeof t, "%d", threads);
    snprintf(n, sizeof n, "%d", decoded);
    snprintf(d, sizeof d, "%d", depth);
    snprintf(p, sizeof p, "%d", prompt);
    *l = (struct llama_cpp){.decoding = 0};
    run_program(l, command);
    if (*l->absent) l->decoding = l->prefill = 0;
}
