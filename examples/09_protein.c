/* A language model of proteins (ESM-2's family): 09_protein MODEL SEQUENCE fills in masked residues, and says how near
 * the embedding of the sequence is to that of the sequence turned round. Any model of that family will do, for example
 * facebook/esm2_t6_8M_UR50D; that of the tests has random weights.
 * SPDX-License-Identifier: MIT */
#include <selfattn_models.h>
#include <stdio.h>
#include <string.h>

enum { MOST = 1024, MOST_WIDTH = 5120, MOST_RESIDUES = 64 };

struct protein {
    sa_ctx *ctx;
    sa_tokenizer *tokenizer;
    sa_model *model;
};

static sa_status encode(struct protein *p, const int32_t *ids, int64_t tokens, float *embedding, float *logits) {
    const sa_encode_args args = {
        .struct_size = sizeof args, .batch = 1, .tokens = tokens, .ids = ids, .embedding = embedding, .logits = logits};
    return sa_model_encode(p->ctx, p->model, &args);
}

static sa_status study(struct protein *p, const char *sequence) {
    static float first[MOST_WIDTH], second[MOST_WIDTH], logits[MOST * MOST_RESIDUES];
    static int32_t ids[MOST], turned[MOST];
    const int64_t V = sa_model_get(p->model, SA_MODEL_OUTPUTS), E = sa_model_get(p->model, SA_MODEL_EMBEDDING_WIDTH);
    int32_t mask;
    int64_t n;
    float cosine = 0;
    if (V > MOST_RESIDUES || E > MOST_WIDTH || sa_tokenizer_find(p->tokenizer, "<mask>", &mask)) return SA_ERR_SHAPE;
    sa_status status = sa_tokenizer_encode(p->ctx, p->tokenizer, sequence, (int64_t)strlen(sequence), ids, MOST, &n);
    if (status == SA_OK) status = encode(p, ids, n, first, logits);
    for (int64_t t = 0; t < n && status == SA_OK; t++) {
        int32_t best = 0;
        for (int32_t v = 1; v < V; v++) best = logits[t * V + v] > logits[t * V + best] ? v : best;
        if (ids[t] == mask) printf("residue %lld: %s\n", (long long)t, sa_tokenizer_token(p->tokenizer, best));
        turned[t] = ids[t == 0 || t == n - 1 ? t : n - 1 - t]; /* <cls> and <eos> stay at the ends */
    }
    if (status == SA_OK) status = encode(p, turned, n, second, NULL);
    for (int64_t i = 0; i < E; i++) cosine += first[i] * second[i]; /* both have length 1 */
    if (status == SA_OK) printf("%lld residues, cosine of both directions %.4f\n", (long long)n - 2, (double)cosine);
    return status;
}

int main(int count, char **arguments) {
    struct protein p = {NULL, NULL, NULL};
    if (count != 3 || sa_ctx_create(NULL, &p.ctx) != SA_OK) return 1;
    sa_status status = sa_tokenizer_open(p.ctx, arguments[1], &p.tokenizer);
    if (status == SA_OK) status = sa_model_open(p.ctx, arguments[1], &p.model);
    if (status == SA_OK) status = study(&p, arguments[2]);
    if (status != SA_OK) puts(sa_ctx_last_error(p.ctx));
    sa_model_destroy(&p.model);
    sa_tokenizer_destroy(&p.tokenizer);
    sa_ctx_destroy(&p.ctx);
    return status != SA_OK;
}
