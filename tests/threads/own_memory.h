/* What this process has in memory, and a limit to it.
 * SPDX-License-Identifier: MIT */
#ifndef TESTS_THREADS_OWN_MEMORY_H
#define TESTS_THREADS_OWN_MEMORY_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* A line of /proc/self/status, as "VmRSS:"; 0: it is not there. */
static inline long own_kib(const char *key) {
    char line[200];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "r");
    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, strlen(key))) kib = atol(line + strlen(key));
    if (file) (void)fclose(file);
    return kib;
}

/* Lets address space grow by so much and no more. 0: done. */
static inline int own_limit(long more_kib) {
    const rlim_t bytes = (rlim_t)(own_kib("VmSize:") + more_kib) << 10;
    const struct rlimit limit = {bytes, bytes};
    return setrlimit(RLIMIT_AS, &limit);
}

#endif
