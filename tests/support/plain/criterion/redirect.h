/* See criterion.h.
 * SPDX-License-Identifier: MIT */
#include <criterion/criterion.h>
