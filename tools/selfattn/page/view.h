/* The page's view, from the files in view/, compiled in by cmake/EmbedPage.cmake: what stands in front of its data,
 * what stands behind them, and what its worker runs behind the library's script.
 * SPDX-License-Identifier: MIT */
#ifndef TOOLS_PAGE_VIEW_H
#define TOOLS_PAGE_VIEW_H

#include <stddef.h>

extern const unsigned char page_view_head[], page_view_tail[], page_view_worker[];
extern const size_t page_view_head_size, page_view_tail_size, page_view_worker_size;

#endif
