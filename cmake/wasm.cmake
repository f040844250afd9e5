# Builds the module of WebAssembly by Debian's emscripten, with the libraries in SELFATTN_WASM_ROOT (scripts/wasm-root
# makes it).
if(NOT DEFINED SELFATTN_WASM_ROOT)
  set(SELFATTN_WASM_ROOT $ENV{SELFATTN_WASM_ROOT})
endif()
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES SELFATTN_WASM_ROOT)
include(/usr/share/emscripten/cmake/Modules/Platform/Emscripten.cmake)
# What pkg-config says are paths of this machine.
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY BOTH)
set(ENV{PKG_CONFIG_PATH} "")
set(ENV{PKG_CONFIG_LIBDIR} ${SELFATTN_WASM_ROOT}/lib/pkgconfig)
