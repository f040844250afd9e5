/* SPDX-License-Identifier: MIT */
#include "way/rivals.h"

#include "measure/report.h"
#include "selfattn.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Any python3 in PATH that can import torch: the first one need not be the one that Debian's python3-torch is for. */
void rivals_start_pytorch(struct worker *w, const char *script) {
    char python[4096], path[4096];
    const char *directory = getenv("PATH");
    snprintf(path, sizeof path, "%s/%s", BENCH_RIVALS_DIR, script);
    *w = (struct worker){.absent = "no python3"};
    while (directory && *directory && !*w->name) {
        const int length = (int)strcspn(directory, ":");
        snprintf(python, sizeof python, "%.*s/python3", length, directory);
        directory += length + (directory[length] == ':');
        if (access(python, X_OK) != 0) continue;
        worker_stop(w);
        worker_start(w, (const char *const[]){python, path, NULL});
    }
}

static void start_pytorch(struct worker *w) {
    rivals_start_pytorch(w, "pytorch.py");
}

static void start_onnxruntime(struct worker *w) {
    worker_start(w, (const char *const[]){"node", BENCH_RIVALS_DIR "/onnxruntime.js", NULL});
}

static void start_onednn(struct worker *w) {
#ifdef BENCH_ONEDNN
    worker_start(w, (const char *const[]){BENCH_ONEDNN, NULL});
#else
    *w = (struct worker){.absent = "not there when sa-bench was configured"};
#endif
}

static const struct {
    const char *key, *name;
    void (*start)(struct worker *worker); /* NULL: works in this process */
    int32_t dtypes[2];                    /* SA_F32 and perhaps another */
} kinds[RIVAL_KINDS] = {{"unfused", "unfused", NULL, {SA_F32}},
                        {"pytorch", "PyTorch", start_pytorch, {SA_F32, SA_BF16}},
                        {"onnxruntime", "ONNX Runtime", start_onnxruntime, {SA_F32}},
                        {"onednn", "oneDNN", start_onednn, {SA_F32, SA_BF16}}};

/* Whether the list names rivals alone; marks them. */
static int read_list(const char *list, char wanted[RIVAL_KINDS]) {
    while (*list) {
        const size_t length = strcspn(list, ",");
        int found = 0;
        for (int i = 0; i < RIVAL_KINDS; i++)
            if (strlen(kinds[i].key) == length && strncmp(kinds[i].key, list, length) == 0) {
                wanted[i] = 1;
                found = 1;
            }
        if (!found) return 0;
        list += length + (list[length] == ',');
    }
    return 1;
}

static void note_absent(struct rivals *r, int rival, const char *why) {
    char text[sizeof r->absent[0]];
    snprintf(text, sizeof text, "%s (%s)", kinds[rival].name, why);
    memcpy(r->absent[r->absent_count++], text, sizeof text);
}

static void add_type(struct rivals *r, int rival, int32_t dtype, int threads) {
    struct rival *one = &r->rival[r->count];
    const char *name = kinds[rival].name;
    one->entry = (struct entry){&way_unfused, {.threads = threads, .dtype = dtype}};
    if (kinds[rival].start) {
        kinds[rival].start(&one->worker);
        if (!*one->worker.name) {
            note_absent(r, rival, one->worker.absent);
            worker_stop(&one->worker);
            return;
        }
        name = one->worker.name;
        one->entry.way = &way_remote;
        one->entry.settings.worker = &one->worker;
    }
    snprintf(one->label, sizeof one->label, "%s %s", name, dtype_name(dtype));
    r->count++;
}

static void add_rival(struct rivals *r, int rival, int threads) {
    if (!kinds[rival].start && threads > 1) {
        note_absent(r, rival, "works on one thread");
        return;
    }
    const int before = r->count;
    add_type(r, rival, kinds[rival].dtypes[0], threads);
    if (r->count > before && kinds[rival].dtypes[1] != SA_F32) add_type(r, rival, kinds[rival].dtypes[1], threads);
}

/* What the rivals' libraries ask before they start threads. */
static void limit_threads(int threads) {
    static const char *const variables[] = {"OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"};
    char text[16];
    snprintf(text, sizeof text, "%d", threads);
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) setenv(variables[i], text, 1);
}

int rivals_open(struct rivals *r, const char *list, int threads) {
    char wanted[RIVAL_KINDS] = {0};
    memset(r, 0, sizeof *r);
    if (strcmp(list, "all") == 0)
        memset(wanted, 1, sizeof wanted);
    else if (strcmp(list, "none") != 0 && !read_list(list, wanted))
        return complain(BAD_USAGE,
                        "--rivals is \"%s\"; it has to be all, none, or a list of unfused,pytorch,onnxruntime,onednn",
                        list);
    limit_threads(threads);
    for (int i = 0; i < RIVAL_KINDS; i++)
        if (wanted[i]) add_rival(r, i, threads);
    return DONE;
}

void rivals_close(struct rivals *r) {
    for (int i = 0; i < r->count; i++)
        if (r->rival[i].entry.settings.worker) worker_stop(&r->rival[i].worker);
}
