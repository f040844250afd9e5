/* SPDX-License-Identifier: MIT */
#include "fuzz/files.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static void remove_folder(void) {
    files_clear();
    rmdir(folder);
}

void files_begin(void) {
    snprintf(folder, sizeof folder, "%s/selfattn-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    EXPECT(mkdtemp(folder), "no folder %s", folder);
    atexit(remove_folder);
}

const char *files_path(const char *name) {
    static char path[4][400];
    static int at;
    at = (at + 1) % 4;
    snprintf(path[at], sizeof path[at], "%s/%s", folder, name);
    return path[at];
}

void files_write(const char *name, const void *bytes, size_t size) {
    FILE *file = fopen(files_path(name), "wb");
    EXPECT(file && (!size || fwrite(bytes, 1, size, file) == size) && fclose(file) == 0, "cannot write %s", name);
}

void files_clear(void) {
    DIR *listing = opendir(folder);
    for (const struct dirent *item; listing && (item = readdir(listing));)
        if (*item->d_name != '.') unlink(files_path(item->d_name));
    if (listing) closedir(listing);
}

char *files_read(const char *path, size_t *size) {
    struct stat about;
    FILE *file = fopen(path, "rb");
    EXPECT(file && fstat(fileno(file), &about) == 0, "cannot read %s", path);
    char *bytes = malloc((size_t)about.st_size + 1);
    *size = fread(bytes, 1, (size_t)about.st_size, file);
    bytes[*size] = 0;
    fclose(file);
    return bytes;
}

struct input take_part(struct input *in) {
    const uint8_t *end = in->left ? memchr(in->at, 0, in->left) : NULL;
    const struct input part = {in->at, end ? (size_t)(end - in->at) : in->left};
    const size_t taken = part.left + (end ? 1 : 0);
    in->at += taken;
    in->left -= taken;
    return part;
}
