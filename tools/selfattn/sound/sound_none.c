/* Where libsndfile or libsamplerate was not found.
 * SPDX-License-Identifier: MIT */
#include "exit.h"
#include "sound/sound.h"

struct sound sound_read(const char *path, int64_t rate) {
    (void)rate;
    failure("%s: recordings cannot be read: this program was built without libsndfile or libsamplerate", path);
}

void sound_free(struct sound *sound) {
    (void)sound;
}
