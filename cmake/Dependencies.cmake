# The library's dependencies. Debian: libopenblas-dev pkg-config, and with models libjansson-dev libutf8proc-dev
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(OPENBLAS REQUIRED IMPORTED_TARGET openblas)

# Models need JSON and Unicode. A library without models looks for neither.
if(SELFATTN_MODELS)
  pkg_check_modules(JANSSON IMPORTED_TARGET jansson)
  pkg_check_modules(UTF8PROC IMPORTED_TARGET libutf8proc)
  if(NOT JANSSON_FOUND OR NOT UTF8PROC_FOUND)
    message(FATAL_ERROR "models need jansson and libutf8proc (Debian: libjansson-dev libutf8proc-dev). "
      "For attention, layers and caches alone: cmake -DSELFATTN_MODELS=OFF")
  endif()
else()
  foreach(option SELFATTN_BUILD_TOOLS SELFATTN_BUILD_BENCH)
    if(${option})
      message(FATAL_ERROR "${option} is ON, but that program runs models: it needs SELFATTN_MODELS=ON")
    endif()
  endforeach()
endif()

if(SELFATTN_OPENMP)
  find_package(OpenMP COMPONENTS C)
  if(NOT OpenMP_C_FOUND)
    message(WARNING "no OpenMP: SA_PARALLEL_OPENMP will be refused")
  endif()
endif()
