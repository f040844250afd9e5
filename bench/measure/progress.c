/* SPDX-License-Identifier: MIT */
#include "measure/progress.h"

#include "measure/harness.h"

#include <stdio.h>
#include <unistd.h>

void progress_start(struct progress *p, double total) {
    *p =
        (struct progress){.total = total > 0 ? total : 1, .started = clock_seconds(), .visible = isatty(STDERR_FILENO)};
}

static void draw(const struct progress *p) {
    enum { WIDTH = 32 };
    static const char full[] = "################################", empty[] = "................................";
    double part = p->done < p->total ? p->done / p->total : 1;
    int filled = (int)(part * WIDTH);
    double elapsed = clock_seconds() - p->started, left = part > 0 ? elapsed / part - elapsed : 0;
    fprintf(stderr, "\r[%.*s%.*s] %3.0f %%", filled, full, WIDTH - filled, empty, part * 100);
    if (part > 0.02) fprintf(stderr, "  %.0f s left", left);
    fprintf(stderr, "  %s\033[K", p->what);
    fflush(stderr);
}

void progress_say(struct progress *p, const char *what) {
    if (!p || !p->visible) return;
    snprintf(p->what, sizeof p->what, "%s", what);
    draw(p);
}

void progress_step(struct progress *p, double units) {
    if (!p || !p->visible) return;
    p->done += units;
    draw(p);
}

void progress_end(struct progress *p) {
    if (p && p->visible) fputs("\r\033[K", stderr);
}
