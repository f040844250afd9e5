/* What a control group allows this process, as containers limit it: `docker run --cpus 2`.
 * SPDX-License-Identifier: MIT */
#ifndef SA_CPU_QUOTA_H
#define SA_CPU_QUOTA_H

#include <stdint.h>

/* CPUs' worth of time that the process's control groups allow it, rounded up; INT32_MAX without a limit. Both versions
 * of control groups are read, from the files below `root`: "" stands for the running system. Linux, cgroups(7). */
int32_t quota_cpus(const char *root);

#endif
