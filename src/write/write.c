/* Writes a model as a GGUF file: settings and the list of tensors first, then one tensor after the other.
 * SPDX-License-Identifier: MIT */
#include "api/context.h"
#include "base/arith.h"
#include "file/gguf_family.h"
#include "file/path.h"
#include "file/quantise/quantise.h"
#include "model/make.h"
#include "write/file.h"
#include "write/settings.h"
#include "write/tokens.h"

#include <stdio.h>
#include <string.h>

struct writing {
    sa_ctx *ctx;
    struct conversion conversion;
    const struct sa_model *model;
    const char *directory;
    const struct tensor_file *tensors; /* the model's, or also those that are settings */
    struct tensor_file listed;         /* of a GGUF file */
    struct gguf gguf;                  /* {0}: the model is from another file */
    json_t *family;                    /* GGUF's names */
    int pairs_rows;                    /* rows of queries and keys are reordered */
    int plus_one;                      /* 1 is added to norms */
    struct gguf_out out;
};

/* The format has no pooler. */
static int is_unused(const struct sa_model *model, const char *name) {
    if (!model->decoder.config.name && strstr(name, "pooler.dense.")) return 1;
    for (int64_t i = 0; i < model->unused.count; i++)
        if (!strcmp(model->unused.names[i], name)) return 1;
    return 0;
}

/* GPT-2's matrices have a row per input, but not its tables. */
static int is_turned(const struct writing *w, const struct tensor *t) {
    return !w->gguf.file && w->model->decoder.config.in_out && t->axes == 2 && strstr(t->name, ".c_");
}

/* Hugging Face's names may lack the model's prefix; BERT's may have one. */
static int find_own_name(const struct writing *w, const char *name, char own[TENSOR_NAME_BYTES]) {
    static const char *const prefixes[] = {"", "model.", "transformer."};
    char whole[TENSOR_NAME_BYTES + 20];
    if (!w->gguf.file && !strncmp(name, "bert.", 5)) name += 5;
    for (int i = 0; i < 3; i++) {
        snprintf(whole, sizeof whole, "%s%.*s", prefixes[i], TENSOR_NAME_BYTES, name);
        if (gguf_own_name(w->family, whole, own)) return 1;
    }
    return 0;
}

/* The type that a tensor has in the new file. Tables of positions, and of types of tokens, are added as they are. */
static int32_t written_type(const struct writing *w, const struct tensor *t) {
    char own[TENSOR_NAME_BYTES];
    if (t->axes < 2) return SA_F32;
    if (find_own_name(w, t->name, own) && (!strcmp(own, "position_embd.weight") || !strcmp(own, "token_types.weight")))
        return t->type;
    const int64_t row = is_turned(w, t) ? t->size[0] : t->size[t->axes - 1];
    return w->conversion.wanted ? quantised_type_for(w->conversion.dtype, row) : t->type;
}

static sa_status list_tensors(struct writing *w) {
    const struct tensor_file *f = w->tensors;
    char own[TENSOR_NAME_BYTES];
    for (int64_t i = 0; i < f->count; i++) {
        const struct tensor *t = &f->tensors[i];
        if (is_unused(w->model, t->name)) continue;
        const int64_t turned[2] = {t->size[1], t->size[0]};
        if (!find_own_name(w, t->name, own))
            return fail(&w->ctx->report, SA_ERR_UNSUPPORTED,
                        "tensor \"%.100s\" has no name in a GGUF file of this architecture", t->name);
        gguf_out_tensor(&w->out, own, t->axes, is_turned(w, t) ? turned : t->size, written_type(w, t));
    }
    return SA_OK;
}

/* Settings that say how the old file was made. */
static int is_of_the_file(const struct writing *w, struct gguf_text key) {
    return (w->conversion.wanted && gguf_is(key, "general.file_type")) ||
           gguf_is(key, "general.quantization_version") || gguf_is(key, "general.alignment") ||
           (key.length > 6 && !memcmp(key.bytes, "split.", 6));
}

static sa_status put_settings(struct writing *w) {
    for (int64_t i = 0; i < w->gguf.value_count; i++)
        if (!is_of_the_file(w, w->gguf.values[i].key)) gguf_out_copy(&w->out, &w->gguf.values[i]);
    sa_status status = SA_OK;
    if (!w->gguf.file) {
        const struct written_form *form;
        status = write_form(&w->ctx->report, w->model, &form);
        if (status == SA_OK) status = gguf_family_find(&w->ctx->report, form->architecture, &w->family);
        if (status != SA_OK) return status;
        w->pairs_rows =
            gguf_is_interleaved(w->family) && w->model->decoder.config.positions.style != SA_ROPE_INTERLEAVED;
        w->plus_one = form->plus_one;
        write_settings(w->model, form->architecture, w->family, &w->out);
        status = write_tokenizer(w->ctx, w->model, w->directory, &w->out);
    }
    if (w->conversion.wanted) gguf_out_integer(&w->out, "general.file_type", gguf_file_type(w->conversion.dtype));
    gguf_out_integer(&w->out, "general.quantization_version", 2);
    return status;
}

static int is_query_or_key(const char *name) {
    return strstr(name, ".self_attn.q_proj.") || strstr(name, ".self_attn.k_proj.");
}

static sa_status put_tensor(struct writing *w, struct new_file *file, const struct tensor *t) {
    static const char zeros[GGUF_ALIGNMENT] = {0};
    const int32_t type = written_type(w, t);
    /* A vector is a row. */
    struct matrix_source source = whole_matrix(t, is_turned(w, t));
    struct tensor row = *t;
    if (t->axes < 2) row.axes = 2, row.size[0] = 1, row.size[1] = t->elements, source = whole_matrix(&row, 0);
    if (w->pairs_rows && is_query_or_key(t->name) && t->axes < 2)
        row.size[0] = t->elements, row.size[1] = 1, source = whole_matrix(&row, 0);
    if (w->pairs_rows && t->axes <= 2 && is_query_or_key(t->name))
        source.pairs = w->model->decoder.config.head_size / 2;
    const int64_t bytes = weight_bytes(type, t->elements);
    char *data = memory_allocate(&w->ctx->memory, bytes, 1);
    if (!data) return fail_memory(&w->ctx->report, bytes, "a tensor");
    sa_status status = SA_OK;
    if (type == t->type && is_quantised(type))
        memcpy(data, t->data, (size_t)bytes); /* as it is: rounding again might change it */
    else if (!convert_rows(&w->ctx->machine.parallel, &source, type, data))
        status =
            fail(&w->ctx->report, SA_ERR_UNSUPPORTED,
                 "tensor \"%.100s\" cannot be quantised: a number in it is not finite, or larger than 65504", t->name);
    if (status == SA_OK && w->plus_one && t->axes < 2 && has_ending(t->name, "norm.weight"))
        for (int64_t i = 0; i < t->elements; i++) ((float *)(void *)data)[i] += 1;
    if (status == SA_OK) status = new_file_put(&w->ctx->report, file, data, bytes);
    if (status == SA_OK) status = new_file_put(&w->ctx->report, file, zeros, round_up(bytes, GGUF_ALIGNMENT) - bytes);
    memory_release(&w->ctx->memory, data, bytes, 1);
    return status;
}

static sa_status put_tensors(struct writing *w, struct new_file *file) {
    const struct tensor_file *f = w->tensors;
    int64_t done = 0;
    sa_status status = SA_OK;
    struct watch *told = watch_begin(&w->ctx->watch, "tensors", w->out.data_bytes);
    for (int64_t i = 0; i < f->count && status == SA_OK; i++) {
        const struct tensor *t = &f->tensors[i];
        if (is_unused(w->model, t->name)) continue;
        status = put_tensor(w, file, t);
        done += round_up(weight_bytes(written_type(w, t), t->elements), GGUF_ALIGNMENT);
        if (w->conversion.progress) w->conversion.progress(w->conversion.user, done, w->out.data_bytes);
        watch_tell(told, done);
        if (status == SA_OK && watch_stops(&w->ctx->watch)) status = context_cancelled(w->ctx);
    }
    watch_end(told);
    return status;
}

static sa_status put_file(struct writing *w, const char *to) {
    struct new_file file;
    struct gguf_out head;
    gguf_out_head(&w->out, &head);
    if (head.failed) {
        gguf_out_release(&head);
        return fail_memory_for(&w->ctx->report, "the settings of a GGUF file");
    }
    sa_status status = new_file_open(&w->ctx->memory, &w->ctx->report, to, &file);
    if (status == SA_OK) {
        status = new_file_put(&w->ctx->report, &file, head.settings.bytes, head.settings.used);
        if (status == SA_OK) status = put_tensors(w, &file);
        status = new_file_close(&w->ctx->report, &file, status);
    }
    gguf_out_release(&head);
    return status;
}

/* A GGUF file is read once more, for its settings. */
static sa_status read_gguf(struct writing *w) {
    const struct mapped_file *file = &w->model->file.file;
    w->tensors = &w->model->file;
    if (!has_ending(file->name, ".gguf")) return SA_OK;
    w->listed.memory = w->ctx->memory;
    sa_status status = gguf_read(&w->ctx->memory, &w->ctx->report, file, &w->gguf);
    if (status == SA_OK) status = gguf_list_tensors(&w->gguf, &w->listed);
    w->family = json_incref(w->listed.family);
    w->tensors = &w->listed;
    return status;
}

static sa_status write_opened(struct writing *w, const char *to) {
    w->out.memory = w->ctx->memory;
    sa_status status = read_gguf(w);
    if (status == SA_OK) status = put_settings(w);
    if (status == SA_OK) status = list_tensors(w);
    if (status == SA_OK) status = put_file(w, to);
    gguf_out_release(&w->out);
    json_decref(w->family);
    if (w->listed.memory.allocate) tensors_close(&w->listed);
    if (w->gguf.file) gguf_release(&w->gguf);
    return status;
}

static sa_status write_model(sa_ctx *ctx, const char *path, const sa_model_options *options, const char *to) {
    struct writing w = {.ctx = ctx};
    struct model_files files;
    sa_model *model;
    if (!path) return fail_null(&ctx->report, "path");
    if (!to) return fail_null(&ctx->report, "to");
    if (!has_ending(to, ".gguf"))
        return fail(&ctx->report, SA_ERR_VALUE, "%s: a GGUF file's name has to end in .gguf, or nobody reads it as one",
                    to);
    sa_status status = take_model_options(&ctx->report, options, &w.conversion);
    if (status == SA_OK) status = model_files_open(&ctx->memory, &ctx->report, path, w.conversion.is_read, &files);
    if (status != SA_OK) return status;
    const struct conversion none = {.part = w.conversion.part};
    status = model_make(ctx, &files, &none, &model);
    if (status == SA_OK) {
        w.model = model, w.directory = files.directory;
        status = write_opened(&w, to);
        sa_model_destroy(&model);
    }
    model_files_close(&files);
    return status;
}

sa_status sa_model_write(sa_ctx *ctx, const char *path, const sa_model_options *options, const char *to) {
    sa_status status = context_enter(ctx);
    return status == SA_OK ? context_leave(ctx, write_model(ctx, path, options, to)) : status;
}
