# The library's dependencies. Debian: libopenblas-dev pkg-config, and with models libjansson-dev libutf8proc-dev
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
include(CBLAS)

# Models need JSON and Unicode. A library without models looks for neither.
if(SELFATTN_MODELS)
  pkg_check_modules(JANSSON IMPORTED_TARGET jansson)
  pkg_check_modules(UTF8PROC IMPORTED_TARGET libutf8proc)
  if(NOT JANSSON_FOUND OR NOT UTF8PROC_FOUND)
    message(FATAL_ERROR "models need jansson and libutf8proc (Debian: libjansson-dev libutf8proc-dev). "
      "For attention, layers and caches alone: cmake -DSELFATTN_MODELS=OFF")
  endif()
  # Features of sound. Without FFTW, in double precision, they are refused.
  if(SELFATTN_FFTW)
    pkg_check_modules(FFTW IMPORTED_TARGET fftw3)
  endif()
  # Tokenizers of many models cut words by a regular expression. Debian: libpcre2-dev
  pkg_check_modules(PCRE2 IMPORTED_TARGET libpcre2-8)
  # SentencePiece's files are in protocol buffers. Debian: libprotobuf-c-dev protobuf-c-compiler
  pkg_check_modules(PROTOBUF_C IMPORTED_TARGET libprotobuf-c)
  find_program(PROTOC_C NAMES protoc-c)
  if(NOT PROTOC_C)
    set(PROTOBUF_C_FOUND FALSE)
  endif()
else()
  foreach(option SELFATTN_BUILD_TOOLS SELFATTN_BUILD_BENCH)
    if(${option})
      message(FATAL_ERROR "${option} is ON, but that program runs models: it needs SELFATTN_MODELS=ON")
    endif()
  endforeach()
endif()

# Orthogonal random features need a QR factor. LAPACKE is opened when it is first needed, under the name that the linker
# would note. Debian: liblapacke-dev
if(SELFATTN_LAPACKE)
  find_path(LAPACKE_INCLUDE_DIR lapacke.h PATH_SUFFIXES lapacke)
  find_library(LAPACKE_LIBRARY lapacke)
  if(LAPACKE_INCLUDE_DIR AND LAPACKE_LIBRARY)
    execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${LAPACKE_LIBRARY} OUTPUT_VARIABLE lapacke_headers ERROR_QUIET)
    if(lapacke_headers MATCHES "SONAME +([^ \n]+)")
      set(SELFATTN_LAPACKE_LIBRARY ${CMAKE_MATCH_1})
    endif()
  endif()
endif()

if(SELFATTN_OPENMP)
  find_package(OpenMP COMPONENTS C)
  if(NOT OpenMP_C_FOUND)
    message(WARNING "no OpenMP: SA_PARALLEL_OPENMP will be refused")
  endif()
endif()

# Several machines: libselfattn-mpi. Debian: libopenmpi-dev
if(SELFATTN_MPI AND NOT CMAKE_CROSSCOMPILING)
  find_package(MPI QUIET COMPONENTS C)
  # For tests. Open MPI: as root, with more ranks than processors, without reading memory of other processes, which
  # containers forbid.
  set(SELFATTN_MPI_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
    OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_btl_vader_single_copy_mechanism=none)
endif()
