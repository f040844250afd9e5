/* Stands for a library that is older than the bindings need. SPDX-License-Identifier: MIT */
#include <stdint.h>

int32_t sa_version(void);
const char *sa_version_string(void);

int32_t sa_version(void) {
    return 9;
}

const char *sa_version_string(void) {
    return "0.0.9";
}
