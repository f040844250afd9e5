/* SPDX-License-Identifier: MIT */
#include "measure/busy.h"

#include "measure/report.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static void loop_until_killed(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (volatile int going = getppid() == parent; going;) {}
    _exit(0);
}

int busy_begin(struct busy *busy, int count) {
    const pid_t parent = getpid();
    busy->count = 0;
    while (busy->count < count) {
        const pid_t child = fork();
        if (child < 0) return complain(FAILED, "cannot start a busy process: %s", strerror(errno));
        if (child == 0) loop_until_killed(parent);
        busy->process[busy->count++] = child;
    }
    return DONE;
}

void busy_end(struct busy *busy) {
    for (int i = 0; i < busy->count; i++) {
        kill(busy->process[i], SIGKILL);
        waitpid(busy->process[i], NULL, 0);
    }
    busy->count = 0;
}
