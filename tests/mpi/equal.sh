#!/bin/sh
# All ranks end well.
# SPDX-License-Identifier: MIT
exec "$@"
