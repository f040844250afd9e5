/* Weights in safetensors with half floats in the place of floats.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_NARROW_H
#define TOOLS_PAGE_NARROW_H

#include "page/frame.h"

/* Makes F16 of the F32 tensors with two axes or more in a file that the library has opened. A number that F16 has no
 * place for ends the program. */
void narrow(struct page_part *part);

#endif
