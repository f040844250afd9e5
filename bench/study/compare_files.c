/* The files of a comparison: numbers and pictures.
 * SPDX-License-Identifier: MIT */
#include "study/compare.h"

#include "measure/report.h"
#include "show/picture.h"
#include "way/half.h"

#include <stdio.h>
#include <string.h>

static void write_result(const struct compare *c, int shape, int i, FILE *file) {
    const struct shape *s = &shapes[shape].shape;
    const struct entrant *e = &c->entrants[i];
    const struct result *r = &c->results[shape][i];
    const int ours = e->entry.way == &way_library;
    const double flops = shape_flops(s), bytes = shape_bytes(s, (double)dtype_size(e->entry.settings.dtype));
    if (r->ms <= 0) return;
    fprintf(file, "%s,%s,%s,%s,%s,%d,%.6g,%.6g,%.6g,%.6g,", shapes[shape].set, shapes[shape].name,
            ours ? "libselfattn" : "rival", e->label, dtype_name(e->entry.settings.dtype), c->threads, r->ms,
            flops / (r->ms * 1e6), bytes / (r->ms * 1e6), flops / bytes);
    if (ours)
        fprintf(file, "%s,%.4g,%.2g\n", compare_bound(c, shape, i).roof, compare_bound(c, shape, i).ms / r->ms,
                r->difference);
    else
        fprintf(file, ",,%.2g\n", r->difference);
}

static int write_csv(const struct compare *c, const char *path) {
    FILE *file = file_create(path);
    if (!file) return FAILED;
    fputs("set,shape,who,name,dtype,threads,ms,gflops,gbps,flops_per_byte,roof,of_roof,difference\n", file);
    for (int shape = 0; shape < SHAPES; shape++)
        for (int i = 0; i < c->count; i++) write_result(c, shape, i, file);
    return file_finish(file, path);
}

/* A picture for each set, one for all of them. */
static int draw_all(const struct compare *c, const char *directory, const char *csv) {
    char fma[32], bf16[32], read[32], name[64];
    snprintf(fma, sizeof fma, "%.3f", c->roofs.rate[ROOF_FMA] * c->threads);
    snprintf(bf16, sizeof bf16, "%.3f", roofs_best_bf16(&c->roofs) * c->threads);
    snprintf(read, sizeof read, "%.3f", c->roofs.rate[ROOF_READ] * c->threads);
    const char *set = "";
    int status = DONE;
    for (int i = 0; i < SHAPES && !status; i++) {
        if (!c->chosen[i] || strcmp(shapes[i].set, set) == 0) continue;
        set = shapes[i].set;
        snprintf(name, sizeof name, "bars-%s", set);
        status = pictures_draw("bars.gp", csv, directory, name, (const char *const[]){fma, bf16, read, set, NULL});
    }
    if (status) return status;
    return pictures_draw("roofline.gp", csv, directory, "roofline", (const char *const[]){fma, bf16, read, NULL});
}

int compare_write(const struct compare *c, const char *directory) {
    const struct path csv = path_in(directory, "compare.csv");
    int status = directory_make(directory);
    if (!status) status = write_csv(c, csv.text);
    if (status) return status;
    fprintf(stderr, "%s\n", csv.text);
    return draw_all(c, directory, csv.text);
}
