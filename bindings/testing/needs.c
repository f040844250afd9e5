/* Stands for a library whose dependency is missing. SPDX-License-Identifier: MIT */
int other(void);
int needs(void);

int needs(void) {
    return other();
}
