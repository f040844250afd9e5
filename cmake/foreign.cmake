# Cross-compiles for another processor by Debian's compilers, against the Debian packages in SELFATTN_FOREIGN_ROOT
# (scripts/foreign-root makes it), and runs programs by an emulator of qemu-user. The files beside this one that include
# it set CMAKE_SYSTEM_PROCESSOR, foreign_compiler (what stands before "-gcc"), foreign_tuple (the folder of Debian's
# libraries) and foreign_emulator (a program and its options).
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_C_COMPILER ${foreign_compiler}-gcc)
set(CMAKE_CXX_COMPILER ${foreign_compiler}-g++)
if(NOT DEFINED SELFATTN_FOREIGN_ROOT)
  set(SELFATTN_FOREIGN_ROOT $ENV{SELFATTN_FOREIGN_ROOT})
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SELFATTN_FOREIGN_ROOT)
set(CMAKE_SYSROOT ${SELFATTN_FOREIGN_ROOT})
set(CMAKE_LIBRARY_ARCHITECTURE ${foreign_tuple})
list(GET foreign_emulator 0 foreign_program)
find_program(SELFATTN_QEMU_${CMAKE_SYSTEM_PROCESSOR} ${foreign_program} REQUIRED)
list(REMOVE_AT foreign_emulator 0)
set(CMAKE_CROSSCOMPILING_EMULATOR ${SELFATTN_QEMU_${CMAKE_SYSTEM_PROCESSOR}} ${foreign_emulator}
  -L ${SELFATTN_FOREIGN_ROOT})
set(CMAKE_FIND_ROOT_PATH ${SELFATTN_FOREIGN_ROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR}
  ${SELFATTN_FOREIGN_ROOT}/usr/lib/${foreign_tuple}/pkgconfig:${SELFATTN_FOREIGN_ROOT}/usr/share/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${SELFATTN_FOREIGN_ROOT})
