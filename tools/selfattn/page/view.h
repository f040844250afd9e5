/* The page's view, from the files in view/, compiled in by cmake/EmbedPage.cmake: what stands in front of its data, and
 * what stands behind them.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_VIEW_H
#define TOOLS_PAGE_VIEW_H

#include <stddef.h>

extern const unsigned char page_view_head[], page_view_tail[];
extern const size_t page_view_head_size, page_view_tail_size;

#endif
