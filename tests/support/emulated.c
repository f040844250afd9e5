/* Criterion starts each test as a new process of its program. Where programs of another processor run by an emulator,
 * the system cannot start them, so this execve() starts the emulator.
 * SPDX-License-Identifier: MIT */
#define _GNU_SOURCE
#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MOST_ARGUMENTS = 64 };

int execve(const char *path, char *const argv[], char *const environment[]) {
    static const char *const emulator[] = {EMULATOR};
    enum { WORDS = sizeof emulator / sizeof emulator[0] };
    const char *words[WORDS + MOST_ARGUMENTS + 1];
    int count = WORDS;
    for (int i = 0; i < WORDS; i++) words[i] = emulator[i];
    words[count++] = path;
    for (int i = 1; argv[0] && argv[i]; i++) {
        if (i >= MOST_ARGUMENTS) return errno = E2BIG, -1;
        words[count++] = argv[i];
    }
    words[count] = NULL;
    return (int)syscall(SYS_execve, words[0], words, environment);
}
