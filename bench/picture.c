/* SPDX-License-Identifier: MIT */
#include "picture.h"

#include "report.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

extern char **environ;

int picture_draw(const char *script, const char *const arguments[]) {
    enum { MOST = 8 };
    char path[4096], *command[MOST + 4] = {(char[]){"gnuplot"}, (char[]){"-c"}, path};
    snprintf(path, sizeof path, "%s/%s", BENCH_PLOTS_DIR, script);
    for (int i = 0; i < MOST && arguments[i]; i++) command[3 + i] = (char *)arguments[i];
    pid_t child;
    int error = posix_spawnp(&child, command[0], NULL, NULL, command, environ), how = 0;
    if (error) return complain(FAILED, "no picture: gnuplot: %s", strerror(error));
    if (waitpid(child, &how, 0) != child || how) return complain(FAILED, "no picture: gnuplot failed on %s", path);
    return DONE;
}
