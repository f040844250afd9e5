# 32-bit x86, whose pointers and size_t have 32 bits; see foreign.cmake. x87 arithmetic would keep more digits than a
# float or double has. OpenBLAS takes the emulator's own processor for one that has 3DNow!, and ends with a segmentation
# fault; this one has no such thing.
set(CMAKE_SYSTEM_PROCESSOR i686)
set(CMAKE_C_FLAGS_INIT "-msse2 -mfpmath=sse")
set(foreign_compiler i686-linux-gnu)
set(foreign_tuple i386-linux-gnu)
set(foreign_emulator qemu-i386 -cpu Nehalem)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
