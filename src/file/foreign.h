/* Weights in formats that are not read: they are named for what they are.
 * SPDX-License-Identifier: MIT */
#ifndef SA_FILE_FOREIGN_H
#define SA_FILE_FOREIGN_H

#include "base/report.h"

/* Refuses a file, of no ending that is read. */
sa_status foreign_refuse(struct report *report, const char *path);

/* The same for a directory from which no file could be chosen, and for one that has an adapter alone. The report has a
 * sentence, which stays (SA_ERR_FILE) where nothing better is known. */
sa_status foreign_refuse_directory(struct report *report, const char *directory);

#endif
