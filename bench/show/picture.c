/* SPDX-License-Identifier: MIT */
#include "show/picture.h"

#include "measure/report.h"

#include <errno.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

struct path path_in(const char *directory, const char *name) {
    struct path p;
    snprintf(p.text, sizeof p.text, "%s/%s", directory, name);
    return p;
}

int directory_make(const char *directory) {
    return mkdir(directory, 0777) && errno != EEXIST ? complain(FAILED, "%s: %s", directory, strerror(errno)) : DONE;
}

FILE *file_create(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) complain(FAILED, "%s: %s", path, strerror(errno));
    return file;
}

int file_finish(FILE *file, const char *path) {
    int failed = ferror(file);
    failed |= fclose(file);
    return failed ? complain(FAILED, "%s: cannot write", path) : DONE;
}

static int run_gnuplot(char *const command[]) {
    pid_t child;
    int error = posix_spawnp(&child, command[0], NULL, NULL, command, environ), how = 0;
    if (error) return complain(FAILED, "no picture: gnuplot: %s", strerror(error));
    if (waitpid(child, &how, 0) != child || how)
        return complain(FAILED, "no picture: gnuplot failed on %s", command[2]);
    return DONE;
}

static int draw(const char *script, const char *csv, const char *picture, const char *terminal,
                const char *const more[]) {
    enum { FIXED = 6, MOST = 5 };
    struct path path = path_in(BENCH_PLOTS_DIR, script);
    const char *command[FIXED + MOST + 1] = {"gnuplot", "-c", path.text, csv, picture, terminal};
    for (int i = 0; i < MOST && more[i]; i++) command[FIXED + i] = more[i];
    int status = run_gnuplot((char *const *)command);
    if (!status) fprintf(stderr, "%s\n", picture);
    return status;
}

int pictures_draw(const char *script, const char *csv, const char *directory, const char *name,
                  const char *const more[]) {
    static const char *const terminals[] = {"png", "svg"};
    int status = DONE;
    for (int i = 0; i < 2 && !status; i++) {
        char file[256];
        snprintf(file, sizeof file, "%s.%s", name, terminals[i]);
        status = draw(script, csv, path_in(directory, file).text, terminals[i], more);
    }
    return status;
}
