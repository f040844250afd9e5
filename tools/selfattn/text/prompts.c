/* SPDX-License-Identifier: MIT */
#include "text/prompts.h"

#include "exit.h"

#include <stdio.h>
#include <string.h>

/* The first of the model's prompts that it has by one of these names, else its default, else NULL. */
static const char *usual_prompt(const sa_model *model, const char *const names[]) {
    for (int i = 0; names[i]; i++)
        if (sa_model_prompt(model, names[i])) return sa_model_prompt(model, names[i]);
    return sa_model_prompt(model, NULL);
}

const char *prompt_of_query(const sa_model *model, const char *name) {
    static const char *const usual[] = {"query", NULL};
    if (!name) return usual_prompt(model, usual);
    const char *prompt = sa_model_prompt(model, name), *known;
    if (prompt) return prompt;
    char list[300] = "";
    for (int64_t i = 0; (known = sa_model_prompt_name(model, i)); i++)
        snprintf(list + strlen(list), sizeof list - strlen(list), "%s%s", i ? ", " : "", known);
    failure("the model has no prompt \"%s\"; it has %s", name, *list ? list : "none");
}

const char *prompt_of_documents(const sa_model *model) {
    static const char *const usual[] = {"document", "passage", "corpus", NULL};
    return usual_prompt(model, usual);
}
