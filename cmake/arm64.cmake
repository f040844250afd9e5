# 64-bit ARM; see foreign.cmake. A processor without SVE: that is emulated element by element.
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(foreign_compiler aarch64-linux-gnu)
set(foreign_tuple aarch64-linux-gnu)
set(foreign_emulator qemu-aarch64 -cpu cortex-a72)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
