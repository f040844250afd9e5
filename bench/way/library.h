/* The library under test, through its public header alone: way_library, and what its contexts say.
 * SPDX-License-Identifier: MIT */
#ifndef BENCH_WAY_LIBRARY_H
#define BENCH_WAY_LIBRARY_H

#include "way/settings.h"

/* Replaces threads, precision, isa and path by what a context with these settings really uses: a matrix unit may be
 * missing, an environment variable may cap it. 0, or a complaint was made. */
int settings_resolve(struct settings *settings);

#endif
