/* Puts a model's config.json and the description of its family together.
 * SPDX-License-Identifier: MIT */
#ifndef SA_DESCRIBE_SETTINGS_OPEN_H
#define SA_DESCRIBE_SETTINGS_OPEN_H

#include "describe/setting.h"
#include "file/model_files.h"

/* Finds the description that files->config asks for, and takes the part of this name (describe/part.h), whose settings
 * then take the place of files->config. `name` is what failures call the file of the settings. Both `files` and `name`
 * have to live as long as `settings`. On failure, too, settings_close() frees what was found. */
sa_status settings_open(struct report *report, const char *name, struct model_files *files, const char *part,
                        struct settings *settings);
void settings_close(struct settings *settings);

#endif
