/* SPDX-License-Identifier: MIT */
#include "measure/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The text after "key", colon and blanks in a file of such lines; 0 if it is not there. */
static int look_up(const char *path, const char *key, char *value, size_t size) {
    char line[512];
    int found = 0;
    FILE *file = fopen(path, "r");
    if (!file) return 0;
    while (!found && fgets(line, sizeof line, file)) {
        const char *colon = strchr(line, ':');
        if (!colon || strncmp(line, key, strlen(key)) != 0) continue;
        line[strcspn(line, "\n")] = 0;
        snprintf(value, size, "%s", colon + 1 + strspn(colon + 1, " \t"));
        found = 1;
    }
    fclose(file);
    return found;
}

void cpu_name(char *name, size_t size) {
    if (!look_up("/proc/cpuinfo", "model name", name, size)) snprintf(name, size, "unknown CPU");
}

uint64_t memory_available(void) {
    char value[64];
    return look_up("/proc/meminfo", "MemAvailable", value, sizeof value) ? strtoull(value, NULL, 10) * 1024
                                                                         : UINT64_MAX;
}
