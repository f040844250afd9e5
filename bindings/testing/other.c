/* Stands for a library that is not libselfattn. SPDX-License-Identifier: MIT */
int other(void);

int other(void) {
    return 1;
}
