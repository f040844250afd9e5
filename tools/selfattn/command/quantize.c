/* selfattn quantize: writes a model as a GGUF file, with weights of another type.
 * SPDX-License-Identifier: MIT */
#include "arguments.h"
#include "command/command.h"
#include "engine.h"
#include "exit.h"
#include "table.h"
#include "weights.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* One line on a terminal, written again for every percent. */
static void show(void *user, int64_t done, int64_t all) {
    int *shown = user, percent = all > 0 ? (int)(100 * (double)done / (double)all) : 100;
    if (percent == *shown) return;
    *shown = percent;
    fprintf(stderr, "\r%3d %%", percent);
    if (done == all) fputs("\r     \r", stderr);
}

static long long bytes_of(const char *path) {
    struct stat facts;
    return stat(path, &facts) ? -1 : (long long)facts.st_size;
}

int command_quantize(int argc, const char **argv) {
    struct common common = {0};
    char *to = NULL;
    int shown = -1;
    const struct poptOption table[] = {
        {"to", 0, POPT_ARG_STRING, &to, 0, "Give the weights this type: " WEIGHT_TYPES, "TYPE"},
        COMMON_OPTIONS(common)};
    struct arguments a = arguments_read(argc, argv, table, "MODEL FILE", 2, 2);
    sa_model_options options = {.struct_size = sizeof options, .progress_user = &shown};
    if (to) options.convert = 1, options.weights = weights_of("--to", to);
    if (isatty(STDERR_FILENO)) options.progress = show;
    struct engine engine = engine_begin(&common);
    check(sa_model_write(engine.ctx, a.word[0], &options, a.word[1]), engine.ctx);
    if (common.json)
        print_json(json_pack("{so sI}", "file", json_text(a.word[1]), "bytes", (json_int_t)bytes_of(a.word[1])));
    else
        printf("%s: %lld bytes\n", a.word[1], bytes_of(a.word[1]));
    engine_close(&engine);
    arguments_free(&a, &common);
    free(to);
    return 0;
}
