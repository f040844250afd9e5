/* SPDX-License-Identifier: MIT */
#include "file/foreign.h"

#include "base/compiler.h"
#include "file/lora.h"
#include "file/path.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char *whose(const char *name) {
    static const char torch[] = "pytorch_model";
    static const struct {
        const char *ending, *whose;
    } formats[] = {{".pt", "PyTorch"},    {".pth", "PyTorch"},  {".ckpt", "PyTorch"},
                   {".h5", "TensorFlow"}, {".msgpack", "Flax"}, {".onnx", "ONNX"}};
    if (!strncmp(name, torch, sizeof torch - 1)) return "PyTorch";
    for (int64_t i = 0; i < COUNT_OF(formats); i++)
        if (has_ending(name, formats[i].ending)) return formats[i].whose;
    return NULL;
}

sa_status foreign_refuse(struct report *report, const char *path) {
    const char *format = whose(path);
    if (!format)
        return fail(report, SA_ERR_UNSUPPORTED,
                    "%.300s: is no file of weights: these end in .safetensors, .gguf or .bin, or are an index that "
                    "ends in .json",
                    path);
    return fail(report, SA_ERR_UNSUPPORTED,
                "%.300s: is in the format of %s, which is not read; Transformers' save_pretrained() writes safetensors",
                path, format);
}

sa_status foreign_refuse_directory(struct report *report, const char *directory) {
    char found[256] = "";
    int is_read = 0, has_adapter = 0;
    DIR *listing = opendir(directory);
    for (const struct dirent *item; listing && (item = readdir(listing));) {
        const int is_adapter = !strcmp(item->d_name, LORA_TENSORS);
        has_adapter |= is_adapter;
        is_read |= !is_adapter && (has_ending(item->d_name, ".safetensors") || has_ending(item->d_name, ".gguf"));
        if (!*found && whose(item->d_name)) snprintf(found, sizeof found, "%s", item->d_name);
    }
    if (listing) closedir(listing);
    if (has_adapter && !is_read)
        return fail(report, SA_ERR_FILE, "%.250s: has an adapter and no model; sa_model_open_adapted() adds it to one",
                    directory);
    if (is_read || !*found) return SA_ERR_FILE;
    return fail(report, SA_ERR_UNSUPPORTED,
                "%.200s: has %.80s, in the format of %s, and no weights that are read; Transformers' save_pretrained() "
                "writes them as safetensors",
                directory, found, whose(found));
}
