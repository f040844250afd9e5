# The CBLAS that SELFATTN_BLAS names: the target selfattn::cblas; SELFATTN_BLAS_MODULE, what pkg-config calls it, if it
# knows it; and SELFATTN_BLAS_LIBRARY, the name under which the shared library opens it. `none` has none of them.
#
# `generic` is whatever the system calls its BLAS. Under Debian that is libblas.so.3, for which the administrator
# chooses a library (update-alternatives): the reference BLAS, OpenBLAS or BLIS.
set(blas_modules_openblas openblas)
set(blas_modules_blis blis)
set(blas_modules_generic cblas blas)
set(blas_debian_openblas libopenblas-dev)
set(blas_debian_blis libblis-dev)
set(blas_debian_generic libblas-dev)
if(SELFATTN_BLAS STREQUAL "none")
  return()
endif()
if(NOT DEFINED blas_modules_${SELFATTN_BLAS})
  message(FATAL_ERROR "SELFATTN_BLAS is ${SELFATTN_BLAS}, must be openblas, blis, generic or none")
endif()

add_library(selfattn::cblas INTERFACE IMPORTED GLOBAL)
set(cblas CBLAS_${SELFATTN_BLAS})
pkg_search_module(${cblas} IMPORTED_TARGET ${blas_modules_${SELFATTN_BLAS}})
set(SELFATTN_BLAS_MODULE ${${cblas}_MODULE_NAME})
if(SELFATTN_BLAS_MODULE)
  list(GET ${cblas}_LINK_LIBRARIES 0 blas_file)
  target_link_libraries(selfattn::cblas INTERFACE PkgConfig::${cblas})
elseif(SELFATTN_BLAS STREQUAL "blis")
  # Debian's has no file for pkg-config.
  find_library(BLIS_LIBRARY blis)
  find_path(BLIS_INCLUDE_DIR cblas.h PATH_SUFFIXES blis blis-openmp blis-pthread blis-serial)
  mark_as_advanced(BLIS_LIBRARY BLIS_INCLUDE_DIR)
  set(blas_file ${BLIS_LIBRARY})
  if(BLIS_LIBRARY AND BLIS_INCLUDE_DIR)
    set_target_properties(selfattn::cblas PROPERTIES INTERFACE_LINK_LIBRARIES ${BLIS_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${BLIS_INCLUDE_DIR})
  endif()
endif()
if(NOT blas_file)
  message(FATAL_ERROR "SELFATTN_BLAS is ${SELFATTN_BLAS}, which was not found (Debian: "
    "${blas_debian_${SELFATTN_BLAS}}). Without a BLAS: cmake -DSELFATTN_BLAS=none")
endif()

# The name is the one that the linker would note.
if(NOT SELFATTN_BLAS_LINK)
  execute_process(COMMAND ${CMAKE_OBJDUMP} -p ${blas_file} OUTPUT_VARIABLE blas_headers ERROR_QUIET)
  if(NOT blas_headers MATCHES "SONAME +([^ \n]+)")
    message(FATAL_ERROR "${blas_file} has no SONAME, under which it could be loaded when first used. "
      "To link it: cmake -DSELFATTN_BLAS_LINK=ON")
  endif()
  set(SELFATTN_BLAS_LIBRARY ${CMAKE_MATCH_1})
  # What stands in the build tree finds it where it was found now, as if it were linked.
  get_filename_component(blas_folder ${blas_file} DIRECTORY)
  list(APPEND CMAKE_BUILD_RPATH ${blas_folder})
endif()
