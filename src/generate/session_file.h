/* Sessions as files: eight bytes of magic; then numbers of 8 bytes, little-endian (enum session_number); the caller's
 * note; the bytes of the session's cache and, with an encoder, of that of the encoder's tokens (plan/cache_bytes.h);
 * and the checksum of all that.
 * SPDX-License-Identifier: MIT */
#ifndef SA_GENERATE_SESSION_FILE_H
#define SA_GENERATE_SESSION_FILE_H

#include <stdint.h>

static const char session_magic[8] = {'S', 'A', 'S', 'E', 'S', 'S', '\r', '\n'};

enum { SESSION_VERSION = 1, SUM_BYTES = 8 };

/* In this order. VERSION stays first, in all versions. */
enum session_number {
    NUMBER_VERSION,
    NUMBER_MODEL, /* its fingerprint */
    NUMBER_BATCH,
    NUMBER_WINDOW,
    NUMBER_KEEP_FIRST,
    NUMBER_DTYPE, /* of the caches, SA_F32 ... */
    NUMBER_NOTE,  /* bytes of the note */
    SESSION_NUMBERS
};

enum { SESSION_HEAD = sizeof session_magic + 8 * SESSION_NUMBERS };

#endif
