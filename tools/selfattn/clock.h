/* How long things take.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_CLOCK_H
#define TOOLS_CLOCK_H

/* Seconds of a clock that nobody sets. */
double clock_seconds(void);

#endif
