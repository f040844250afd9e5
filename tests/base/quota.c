/* cpu/quota: what control groups allow, from trees of files as systems have them.
 * SPDX-License-Identifier: MIT */
#include "cpu/quota.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char tree[] = "/tmp/selfattn-quota-XXXXXX";

static void plant(void) {
    cr_assert(mkdtemp(tree));
}

/* The tree is a few files below one temporary folder. */
static void fell(void) {
    const pid_t child = fork();
    if (child == 0) {
        (void)execlp("rm", "rm", "-r", tree, (char *)NULL);
        _exit(1);
    }
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0);
}

TestSuite(quota, .init = plant, .fini = fell);

/* Writes a file below the tree, and the folders above it. */
static void file(const char *path, const char *text) {
    char whole[512];
    (void)snprintf(whole, sizeof whole, "%s%s", tree, path);
    for (char *at = whole + strlen(tree) + 1; (at = strchr(at, '/')); at++) {
        *at = 0;
        (void)mkdir(whole, 0700);
        *at = '/';
    }
    FILE *f = fopen(whole, "w");
    cr_assert(f);
    (void)fputs(text, f);
    cr_assert_eq(fclose(f), 0);
}

static const char *const version_2 = "21 20 0:5 / /proc rw - proc proc rw\n"
                                     "29 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";
static const char *const version_1 = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                                     "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                                     "32 31 0:29 /docker/ab /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup "
                                     "rw,cpu,cpuacct\n";

Test(quota, none_without_files) {
    cr_expect_eq(quota_cpus(tree), INT32_MAX);
}

Test(quota, version_2_at_the_root_of_a_container) {
    file("/proc/self/mountinfo", version_2);
    file("/proc/self/cgroup", "0::/\n");
    file("/sys/fs/cgroup/cpu.max", "200000 100000\n");
    cr_expect_eq(quota_cpus(tree), 2);
    file("/sys/fs/cgroup/cpu.max", "150000 100000\n");
    cr_expect_eq(quota_cpus(tree), 2, "a part of a CPU counts as one");
    file("/sys/fs/cgroup/cpu.max", "1000 100000\n");
    cr_expect_eq(quota_cpus(tree), 1);
    file("/sys/fs/cgroup/cpu.max", "max 100000\n");
    cr_expect_eq(quota_cpus(tree), INT32_MAX);
}

Test(quota, version_2_takes_the_smallest_on_the_way_up) {
    file("/proc/self/mountinfo", version_2);
    file("/proc/self/cgroup", "0::/a.slice/b.service\n");
    file("/sys/fs/cgroup/a.slice/b.service/cpu.max", "800000 100000\n");
    cr_expect_eq(quota_cpus(tree), 8);
    file("/sys/fs/cgroup/a.slice/cpu.max", "300000 100000\n");
    cr_expect_eq(quota_cpus(tree), 3);
    file("/sys/fs/cgroup/cpu.max", "400000 100000\n");
    cr_expect_eq(quota_cpus(tree), 3);
}

Test(quota, version_1_without_the_part_of_the_path_above_the_mount) {
    file("/proc/self/mountinfo", version_1);
    file("/proc/self/cgroup", "4:cpu,cpuacct:/docker/ab/inner\n3:cpuset:/other\n0::/\n");
    file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us", "-1\n");
    file("/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us", "100000\n");
    cr_expect_eq(quota_cpus(tree), INT32_MAX);
    file("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_quota_us", "250000\n");
    file("/sys/fs/cgroup/cpu,cpuacct/inner/cpu.cfs_period_us", "50000\n");
    cr_expect_eq(quota_cpus(tree), 5);
}

Test(quota, nonsense_is_no_limit) {
    static const char *const values[] = {
        "", "\n", "x y\n", "-5 100000\n", "0 100000\n", "100 0\n", "100 -3\n", "100\n", "999999999999999999999 1\n"};
    file("/proc/self/mountinfo", version_2);
    file("/proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        file("/sys/fs/cgroup/cpu.max", values[i]);
        cr_expect_eq(quota_cpus(tree), INT32_MAX, "\"%s\"", values[i]);
    }
}

Test(quota, broken_lists_are_no_limit) {
    static const char *const lines[] = {"", "cgroup2", " - cgroup2", "1 2 3 / - cgroup2 x\n", "\n\n - \n"};
    file("/proc/self/cgroup", "0\n:\n::\n");
    file("/sys/fs/cgroup/cpu.max", "100000 100000\n");
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        file("/proc/self/mountinfo", lines[i]);
        cr_expect_eq(quota_cpus(tree), INT32_MAX, "\"%s\"", lines[i]);
    }
    file("/proc/self/mountinfo", version_2);
    cr_expect_eq(quota_cpus(tree), INT32_MAX);
}
