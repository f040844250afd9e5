/* SPDX-License-Identifier: MIT */
#include "cpu/quota.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Longer paths are taken for groups without a limit: small stacks are promised. */
enum { LONGEST = 512 };

/* A hierarchy of control groups, as a line of /proc/self/mountinfo names it. */
struct hierarchy {
    char root[LONGEST], mount[LONGEST];
    int unified; /* version 2 */
};

static FILE *open_below(const char *root, const char *folder, const char *name) {
    char path[2 * LONGEST];
    const int length = snprintf(path, sizeof path, "%s%s/%s", root, folder, name);
    return length > 0 && (size_t)length < sizeof path ? fopen(path, "re") : NULL;
}

/* The first line of a file without its end; 0 if there is none. */
static int read_line(const char *root, const char *folder, const char *name, char line[LONGEST]) {
    FILE *file = open_below(root, folder, name);
    if (!file) return 0;
    const int read = fgets(line, LONGEST, file) != NULL;
    (void)fclose(file);
    if (read) line[strcspn(line, "\n")] = 0;
    return read;
}

/* Whether a comma-separated list has `word`. */
static int lists(const char *list, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = list; at; at = strchr(at, ',')) {
        if (*at == ',') at++;
        if (!strncmp(at, word, length) && (at[length] == ',' || at[length] == 0)) return 1;
    }
    return 0;
}

/* "36 35 98:0 ROOT MOUNT options [more ...] - TYPE source options": proc_pid_mountinfo(5). */
static int read_mount(char *line, struct hierarchy *h) {
    char type[32], options[LONGEST];
    char *rest = strstr(line, " - ");
    if (!rest || sscanf(line, "%*s %*s %*s %511s %511s", h->root, h->mount) != 2) return 0;
    if (sscanf(rest, " - %31s %*s %511s", type, options) != 2) return 0;
    h->unified = !strcmp(type, "cgroup2");
    return h->unified || (!strcmp(type, "cgroup") && lists(options, "cpu"));
}

/* The process's group in a hierarchy, a line "number:controllers:PATH" of /proc/self/cgroup; 0 if there is none. */
static int read_group(const char *root, const struct hierarchy *h, char path[LONGEST]) {
    char line[LONGEST];
    int found = 0;
    FILE *file = open_below(root, "/proc/self", "cgroup");
    while (file && !found && fgets(line, sizeof line, file)) {
        char *controllers = strchr(line, ':'), *group = controllers ? strchr(controllers + 1, ':') : NULL;
        if (!group) continue;
        *controllers++ = 0, *group++ = 0;
        group[strcspn(group, "\n")] = 0;
        found = h->unified ? !strcmp(line, "0") && *controllers == 0 : lists(controllers, "cpu");
        if (found) memcpy(path, group, strlen(group) + 1);
    }
    if (file) (void)fclose(file);
    return found;
}

/* "QUOTA PERIOD" in microseconds of one group; "max" and -1 are no limit. */
static int32_t group_cpus(const char *root, const char *folder, int unified) {
    char line[LONGEST], period_line[LONGEST];
    char *end;
    if (!read_line(root, folder, unified ? "cpu.max" : "cpu.cfs_quota_us", line)) return INT32_MAX;
    const long long quota = strtoll(line, &end, 10);
    if (end == line || quota <= 0) return INT32_MAX;
    if (!unified && !read_line(root, folder, "cpu.cfs_period_us", period_line)) return INT32_MAX;
    const long long period = strtoll(unified ? end : period_line, NULL, 10);
    if (period <= 0) return INT32_MAX;
    const long long cpus = quota / period + (quota % period != 0);
    return cpus < INT32_MAX ? (int32_t)cpus : INT32_MAX;
}

/* The smallest limit of a group and of those that it lies in. */
static int32_t hierarchy_cpus(const char *root, const struct hierarchy *h) {
    char group[LONGEST], folder[2 * LONGEST];
    if (!read_group(root, h, group)) return INT32_MAX;
    const size_t above = strcmp(h->root, "/") ? strlen(h->root) : 0; /* what is not visible in this mount */
    const char *below = !strncmp(group, h->root, above) ? group + above : "";
    (void)snprintf(folder, sizeof folder, "%s%s", h->mount, strcmp(below, "/") ? below : "");
    const size_t shortest = strlen(h->mount);
    int32_t least = group_cpus(root, folder, h->unified);
    while (strlen(folder) > shortest) {
        *strrchr(folder, '/') = 0;
        const int32_t cpus = group_cpus(root, folder, h->unified);
        if (cpus < least) least = cpus;
    }
    return least;
}

int32_t quota_cpus(const char *root) {
    struct hierarchy h;
    char line[3 * LONGEST];
    int32_t least = INT32_MAX;
    FILE *file = open_below(root, "/proc/self", "mountinfo");
    while (file && fgets(line, sizeof line, file)) {
        const int32_t cpus = read_mount(line, &h) ? hierarchy_cpus(root, &h) : INT32_MAX;
        if (cpus < least) least = cpus;
    }
    if (file) (void)fclose(file);
    return least;
}
