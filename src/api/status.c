/* SPDX-License-Identifier: MIT */
#include "selfattn.h"

const char *sa_status_string(sa_status status) {
    switch (status) {
    case SA_OK:
        return "SA_OK: success";
    case SA_ERR_NULL:
        return "SA_ERR_NULL: a required pointer is NULL";
    case SA_ERR_STRUCT_SIZE:
        return "SA_ERR_STRUCT_SIZE: struct_size is too small, or unknown trailing bytes are not zero";
    case SA_ERR_VALUE:
        return "SA_ERR_VALUE: a number, option or enum is outside its range";
    case SA_ERR_SHAPE:
        return "SA_ERR_SHAPE: sizes that have to agree do not";
    case SA_ERR_OVERFLOW:
        return "SA_ERR_OVERFLOW: a size or address computation does not fit";
    case SA_ERR_UNSUPPORTED:
        return "SA_ERR_UNSUPPORTED: well-formed, but this version or build does not have it";
    case SA_ERR_MEMORY:
        return "SA_ERR_MEMORY: the allocator returned NULL";
    case SA_ERR_BUSY:
        return "SA_ERR_BUSY: another call is using this context right now";
    case SA_ERR_CANCELLED:
        return "SA_ERR_CANCELLED: sa_ctx_cancel() has ended the call before it was complete";
    case SA_ERR_FILE:
        return "SA_ERR_FILE: a file cannot be opened, read or mapped";
    case SA_ERR_FORMAT:
        return "SA_ERR_FORMAT: a file's content is malformed, truncated or contradicts itself";
    case SA_ERR_TEXT:
        return "SA_ERR_TEXT: a text is not valid UTF-8, or the output buffer is too small for it";
    case SA_ERR_EXCHANGE:
        return "SA_ERR_EXCHANGE: several processes work together, and one of them, or the way to it, failed";
    default:
        return "unknown status";
    }
}
