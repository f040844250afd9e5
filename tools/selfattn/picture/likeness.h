/* How well texts fit images, by a model of both: CLIP (Radford et al. 2021), SigLIP (Zhai et al. 2023).
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PICTURE_LIKENESS_H
#define TOOLS_PICTURE_LIKENESS_H

#include "classifier/labels.h"
#include "engine.h"
#include "picture/preprocess.h"
#include "text/sentences.h"

struct likeness {
    struct engine images; /* with the part "vision" */
    char *directory;      /* of the model, which says the preprocessing */
    struct preprocessing preprocessing;
    struct sentences text; /* not owned */
    int64_t width;         /* of an embedding */
    int32_t kind;          /* sa_model_likeness() */
    double scale, bias;
    float *row; /* [text.count,width] embeddings of the texts */
};

/* Opens both parts of the model and embeds the texts. A failure ends the program. */
struct likeness likeness_open(const struct common *common, const char *model, struct sentences texts);
void likeness_close(struct likeness *likeness);

/* The `most` texts that fit the image best. Probabilities are those of the model: a softmax over all texts, or a
 * sigmoid for each. */
struct labels likeness_find(const struct likeness *likeness, const char *image, int64_t most);

#endif
