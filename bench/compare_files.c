/* What a comparison leaves behind: numbers and pictures.
 * SPDX-License-Identifier: MIT */
#include "compare.h"

#include "half.h"
#include "picture.h"
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void write_result(const struct compare *c, int shape, int i, FILE *file) {
    const struct shape *s = &shapes[shape].shape;
    const struct entrant *e = &c->entrants[i];
    const struct result *r = &c->results[shape][i];
    const int ours = e->entry.way == &way_library;
    const double flops = shape_flops(s), bytes = shape_bytes(s, (double)dtype_size(e->entry.settings.dtype));
    if (r->ms <= 0) return;
    fprintf(file, "%s,%s,%s,%s,%s,%d,%.6g,%.6g,%.6g,%.6g,", shapes[shape].set, shapes[shape].name,
            ours ? "libselfattn" : "peer", e->label, dtype_name(e->entry.settings.dtype), c->threads, r->ms,
            flops / (r->ms * 1e6), bytes / (r->ms * 1e6), flops / bytes);
    if (ours)
        fprintf(file, "%s,%.4g,%.2g\n", compare_bound(c, shape, i).roof, compare_bound(c, shape, i).ms / r->ms,
                r->difference);
    else
        fprintf(file, ",,%.2g\n", r->difference);
}

static int write_csv(const struct compare *c, const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) return complain(FAILED, "%s: %s", path, strerror(errno));
    fputs("set,shape,who,name,dtype,threads,ms,gflops,gbps,flops_per_byte,roof,of_roof,difference\n", file);
    for (int shape = 0; shape < SHAPES; shape++)
        for (int i = 0; i < c->count; i++) write_result(c, shape, i, file);
    int failed = ferror(file);
    failed |= fclose(file);
    return failed ? complain(FAILED, "%s: cannot write", path) : DONE;
}

/* plots/NAME.gp for a set of shapes, or for all of them (""), as .png and .svg. */
static int draw(const struct compare *c, const char *directory, const char *name, const char *set) {
    static const char *const terminals[] = {"png", "svg"};
    char csv[4096], picture[4096], script[64], fma[32], amx[32], read[32];
    snprintf(csv, sizeof csv, "%s/compare.csv", directory);
    snprintf(script, sizeof script, "%s.gp", name);
    snprintf(fma, sizeof fma, "%.3f", c->roofs.rate[ROOF_FMA] * c->threads);
    snprintf(amx, sizeof amx, "%.3f", c->roofs.rate[ROOF_AMX] * c->threads);
    snprintf(read, sizeof read, "%.3f", c->roofs.rate[ROOF_READ] * c->threads);
    int status = DONE;
    for (int i = 0; i < 2 && !status; i++) {
        snprintf(picture, sizeof picture, "%s/%s%s%s.%s", directory, name, *set ? "-" : "", set, terminals[i]);
        const char *const arguments[] = {csv, picture, terminals[i], fma, amx, read, set, NULL};
        status = picture_draw(script, arguments);
        if (!status) fprintf(stderr, "%s\n", picture);
    }
    return status;
}

static int draw_all(const struct compare *c, const char *directory) {
    const char *last = "";
    int status = DONE;
    for (int i = 0; i < SHAPES && !status; i++) {
        if (!c->chosen[i] || strcmp(shapes[i].set, last) == 0) continue;
        last = shapes[i].set;
        status = draw(c, directory, "bars", last);
    }
    return status ? status : draw(c, directory, "roofline", "");
}

int compare_write(const struct compare *c, const char *directory) {
    char csv[4096];
    if (mkdir(directory, 0777) && errno != EEXIST) return complain(FAILED, "%s: %s", directory, strerror(errno));
    snprintf(csv, sizeof csv, "%s/compare.csv", directory);
    int status = write_csv(c, csv);
    if (status) return status;
    fprintf(stderr, "%s\n", csv);
    return draw_all(c, directory);
}
