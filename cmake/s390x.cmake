# IBM Z, whose bytes are in big-endian order; see foreign.cmake.
set(CMAKE_SYSTEM_PROCESSOR s390x)
set(foreign_compiler s390x-linux-gnu)
set(foreign_tuple s390x-linux-gnu)
set(foreign_emulator qemu-s390x)
include(${CMAKE_CURRENT_LIST_DIR}/foreign.cmake)
