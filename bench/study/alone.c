/* SPDX-License-Identifier: MIT */
#include "study/alone.h"

#include "measure/harness.h"
#include "measure/report.h"

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static uint64_t peak_resident_bytes(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (uint64_t)usage.ru_maxrss * 1024;
}

static int measure(const struct entry *entry, const struct workload *w, struct alone *result) {
    const struct way *way = entry->way;
    uint64_t before = peak_resident_bytes();
    void *state = way->open(w, &entry->settings);
    if (!state) return FAILED;
    double start = clock_seconds();
    int status = way->run(state);
    result->ms = (clock_seconds() - start) * 1e3;
    result->resident_bytes = peak_resident_bytes() - before;
    result->extra_bytes = way->extra_bytes(state);
    way->close(state);
    return status;
}

static int measure_and_send(const struct entry *entry, const struct workload *w, int pipe_end) {
    struct alone result = {0};
    int status = measure(entry, w, &result);
    if (!status && write(pipe_end, &result, sizeof result) != (ssize_t)sizeof result)
        status = complain(FAILED, "cannot send a result to the parent process: %s", strerror(errno));
    return status;
}

static int receive(pid_t child, int pipe_end, struct alone *result) {
    int how = 0;
    ssize_t got = read(pipe_end, result, sizeof *result);
    if (waitpid(child, &how, 0) != child || !WIFEXITED(how))
        return complain(FAILED, "a measuring process was killed (signal %d)", WIFSIGNALED(how) ? WTERMSIG(how) : 0);
    if (WEXITSTATUS(how)) return WEXITSTATUS(how);
    return got == (ssize_t)sizeof *result ? DONE : complain(FAILED, "a measuring process sent nothing");
}

int run_alone(const struct entry *entry, const struct workload *w, struct alone *result) {
    int ends[2];
    if (pipe(ends)) return complain(FAILED, "no pipe: %s", strerror(errno));
    fflush(NULL);
    malloc_trim(0); /* else the child allocates from pages that earlier workloads left resident */
    pid_t child = fork();
    if (child == 0) _exit(measure_and_send(entry, w, ends[1]));
    close(ends[1]);
    int status = child > 0 ? receive(child, ends[0], result) : complain(FAILED, "no process: %s", strerror(errno));
    close(ends[0]);
    return status;
}
