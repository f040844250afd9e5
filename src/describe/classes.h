/* What a description says of single classes of a framework: config.json names the one that a file was saved from.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_CLASSES_H
#define SA_DESCRIBE_CLASSES_H

#include "base/report.h"

#include <jansson.h>

/* Lays the members of "classes" that name config.json's class over the description, and over what is its own without
 * "like". Removes "classes". */
sa_status classes_apply(struct report *report, const json_t *config, json_t *description, json_t *own);

#endif
