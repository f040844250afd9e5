/* SPDX-License-Identifier: MIT */
#include "describe/settings_open.h"

#include "describe/architecture.h"
#include "describe/classes.h"
#include "describe/part.h"

sa_status settings_open(struct report *report, const char *name, struct model_files *files, const char *part,
                        struct settings *settings) {
    const struct json_source source = {report, name};
    json_t *description = NULL, *own = NULL;
    const char *model_type;
    sa_status status = json_member_text(&source, files->config, "", "model_type", &model_type);
    if (status == SA_OK)
        status = architecture_find(&files->memory, &source, files->directory, model_type, files->description,
                                   &description, &own);
    if (status == SA_OK) status = part_choose(&files->memory, &source, part, &files->config, &description, &own);
    if (status == SA_OK) status = classes_apply(report, files->config, description, own);
    *settings = (struct settings){.report = report,
                                  .config_name = name,
                                  .description_name = "architecture.json",
                                  .config = files->config,
                                  .generation = files->generation,
                                  .description = description,
                                  .own = own};
    return status;
}

void settings_close(struct settings *settings) {
    json_decref((json_t *)settings->description);
    json_decref((json_t *)settings->own);
    settings->description = settings->own = NULL;
}
