/* SPDX-License-Identifier: MIT */
#include "way/worker.h"

#include "measure/report.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void say_absent(struct worker *w, const char *why) {
    snprintf(w->absent, sizeof w->absent, "%s", why);
}

/* Standard input and output of the child are the far ends of two pipes. */
static int spawn(pid_t *child, const char *const command[], const int to[2], const int from[2]) {
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error) return error;
    error = posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO);
    if (!error) error = posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO);
    if (!error) error = posix_spawnp(child, command[0], &actions, NULL, (char *const *)command, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* No child inherits them but as standard input and output: a worker whose pipe a later one held open would never see
 * its end. */
static int open_pipe(int ends[2]) {
    if (pipe(ends)) return errno;
    for (int i = 0; i < 2; i++) fcntl(ends[i], F_SETFD, FD_CLOEXEC);
    return 0;
}

static int connect_child(struct worker *w, const char *const command[]) {
    int to[2], from[2];
    int error = open_pipe(to);
    if (error) return error;
    if ((error = open_pipe(from))) {
        close(to[0]);
        close(to[1]);
        return error;
    }
    signal(SIGPIPE, SIG_IGN); /* a worker that has died is noticed by what it does not answer */
    error = spawn(&w->process, command, to, from);
    close(to[0]);
    close(from[1]);
    w->to = fdopen(to[1], "w");
    w->from = fdopen(from[0], "r");
    return error;
}

static json_t *read_line(struct worker *w) {
    char *line = NULL;
    size_t size = 0;
    json_t *answer = w->from && getline(&line, &size, w->from) > 0 ? json_loads(line, 0, NULL) : NULL;
    free(line);
    return answer;
}

void worker_start(struct worker *w, const char *const command[]) {
    *w = (struct worker){.process = 0};
    int error = connect_child(w, command);
    if (error) {
        w->process = 0;
        say_absent(w, strerror(error));
        return;
    }
    json_t *hello = read_line(w);
    const char *name = json_string_value(json_object_get(hello, "name"));
    const char *absent = json_string_value(json_object_get(hello, "absent"));
    if (name)
        snprintf(w->name, sizeof w->name, "%s", name);
    else
        say_absent(w, absent ? absent : "it does not say its name");
    json_decref(hello);
}

void worker_stop(struct worker *w) {
    if (w->to) fclose(w->to);
    if (w->from) fclose(w->from);
    if (w->process) waitpid(w->process, NULL, 0);
    w->to = w->from = NULL;
    w->process = 0;
}

json_t *worker_ask(struct worker *w, json_t *request) {
    int sent = request && w->to && json_dumpf(request, w->to, JSON_COMPACT) == 0 && fputc('\n', w->to) != EOF &&
               fflush(w->to) == 0;
    json_decref(request);
    return sent ? read_line(w) : NULL;
}

json_t *worker_open(struct worker *w, json_t *request, char absent[WORKER_ABSENT]) {
    json_t *answer = worker_ask(w, request);
    const char *why = answer ? json_string_value(json_object_get(answer, "absent")) : "its process ended";
    if (!why) return answer;
    snprintf(absent, WORKER_ABSENT, "%s", why);
    json_decref(answer);
    return NULL;
}

int worker_run(struct worker *w, json_t *request, double *ms) {
    json_t *answer = worker_ask(w, request);
    if (!answer) return complain(FAILED, "%s does not answer", w->name);
    *ms = json_number_value(json_object_get(answer, "ms"));
    json_decref(answer);
    return *ms > 0 ? DONE : complain(FAILED, "%s does not say how long it took", w->name);
}

void worker_print(const struct worker *w, const char *kind) {
    printf("%s%s%s%s", *w->name ? w->name : kind, *w->name ? "" : " is not there", *w->absent ? ": " : "", w->absent);
}

FILE *worker_file(char *name, size_t size) {
    const char *directory = getenv("TMPDIR");
    snprintf(name, size, "%s/sa-bench-XXXXXX", directory ? directory : P_tmpdir);
    const int descriptor = mkstemp(name);
    FILE *file = descriptor < 0 ? NULL : fdopen(descriptor, "w+b");
    if (!file) complain(FAILED, "%s: %s", name, strerror(errno));
    return file;
}
