# Debian packages, made by cpack from the components that are installed: cmake --build --preset debian, or in another
# folder configured with the settings of that preset, cmake --build FOLDER --target package. bench and mpi are in no
# package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME selfattn)
set(CPACK_PACKAGE_VENDOR "The libselfattn authors")
# The summary of each package is its own.
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE
  WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL runtime development)
if(TARGET selfattn_program)
  list(APPEND CPACK_COMPONENTS_ALL tools)
endif()
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR}/src)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS ON)

# Who built them, as Debian's tools are told it.
set(name "The libselfattn authors")
if(NOT "$ENV{DEBFULLNAME}" STREQUAL "")
  set(name "$ENV{DEBFULLNAME}")
endif()
set(address root@localhost)
if(NOT "$ENV{DEBEMAIL}" STREQUAL "")
  set(address $ENV{DEBEMAIL})
endif()
set(CPACK_DEBIAN_PACKAGE_MAINTAINER "${name} <${address}>")

# selfattn_debian(COMPONENT PACKAGE SECTION SUMMARY DESCRIPTION)
macro(selfattn_debian component package section summary description)
  string(TOUPPER ${component} upper)
  set(CPACK_DEBIAN_${upper}_PACKAGE_NAME ${package})
  set(CPACK_DEBIAN_${upper}_PACKAGE_SECTION ${section})
  set(CPACK_DEBIAN_${upper}_DESCRIPTION "${summary}\n${description}")
endmacro()
set(library libselfattn${SELFATTN_ABI})
set(what "libselfattn computes exact self- and cross-attention, layers and
trained transformers on CPUs, with kernels that are chosen at run
time.")

selfattn_debian(runtime ${library} libs "exact self-attention for CPUs - library"
  "${what}\n.\nThis package has the shared library.")
# Files that are opened when they are first needed, which dpkg-shlibdeps does not see.
set(blas_openblas libopenblas0 libopenblas-dev)
set(blas_blis libblis4 libblis-dev)
set(blas_generic libblas3 libblas-dev)
set(development ${blas_${SELFATTN_BLAS}})
if(development)
  list(POP_FRONT development CPACK_DEBIAN_RUNTIME_PACKAGE_RECOMMENDS)
endif()
if(SELFATTN_LAPACKE_LIBRARY)
  set(CPACK_DEBIAN_RUNTIME_PACKAGE_SUGGESTS liblapacke)
endif()
set(CPACK_DEBIAN_RUNTIME_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/triggers
  ${PROJECT_BINARY_DIR}/debian/symbols)

# pkg-config asks for the .pc files of what the static library needs, whichever library is linked.
selfattn_debian(development libselfattn-dev libdevel "exact self-attention for CPUs - development files"
  "${what}\n.\nThis package has the headers for C and C++, the static library, and
what pkg-config and CMake ask for.")
set(CPACK_COMPONENT_DEVELOPMENT_DEPENDS runtime)
foreach(pair JANSSON:libjansson-dev UTF8PROC:libutf8proc-dev FFTW:libfftw3-dev PCRE2:libpcre2-dev
    PROTOBUF_C:libprotobuf-c-dev)
  string(REPLACE ":" ";" pair ${pair})
  list(POP_FRONT pair module package)
  if(SELFATTN_MODELS AND ${module}_FOUND)
    list(APPEND development ${package})
  endif()
endforeach()
list(JOIN development ", " CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS)

selfattn_debian(tools selfattn-tools science "run trained transformers and show their attention"
  "${what}\n.\nThis package has the program selfattn, its manual and completion for
bash, zsh and fish.")
set(CPACK_COMPONENT_TOOLS_DEPENDS runtime)

# A wheel has what Python wants to know of a package, and is unpacked.
if(Python3_FOUND)
  list(APPEND CPACK_COMPONENTS_ALL python)
  selfattn_debian(python python3-selfattn python "exact self-attention for CPUs - Python module"
    "${what}\n.\nThis package has the Python module, which takes arrays of NumPy and
PyTorch without copies.")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_ARCHITECTURE all)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= 3.8), ${library} (>= ${PROJECT_VERSION})")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS python3-numpy)
  set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/debian/python/postinst
    ${PROJECT_SOURCE_DIR}/packaging/debian/python/prerm)
  set(wheel ${PROJECT_BINARY_DIR}/debian/wheel)
  install(CODE "
    file(REMOVE_RECURSE ${wheel})
    file(MAKE_DIRECTORY ${wheel})
    execute_process(
      COMMAND ${Python3_EXECUTABLE} -B -c \"import backend; print(backend.build_wheel('${wheel}'), end='')\"
      WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}/bindings/python OUTPUT_VARIABLE file COMMAND_ERROR_IS_FATAL ANY)
    file(ARCHIVE_EXTRACT INPUT ${wheel}/\${file} DESTINATION ${wheel}/files)" COMPONENT python EXCLUDE_FROM_ALL)
  install(DIRECTORY ${wheel}/files/ DESTINATION lib/python3/dist-packages COMPONENT python EXCLUDE_FROM_ALL)
endif()

# What Debian wants in each package is added before it is made.
foreach(component ${CPACK_COMPONENTS_ALL})
  string(TOUPPER ${component} upper)
  list(APPEND CPACK_SELFATTN_PACKAGES ${component}:${CPACK_DEBIAN_${upper}_PACKAGE_NAME})
endforeach()
string(TIMESTAMP day "%a, %d %b %Y %H:%M:%S +0000" UTC)
file(WRITE ${PROJECT_BINARY_DIR}/debian/changelog "selfattn (${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) \
unstable; urgency=medium\n\n  * Version ${PROJECT_VERSION}; changelog.gz says what is new.\n\n\
 -- ${CPACK_DEBIAN_PACKAGE_MAINTAINER}  ${day}\n")
set(CPACK_SELFATTN_SOURCE ${PROJECT_SOURCE_DIR})
set(CPACK_SELFATTN_BINARY ${PROJECT_BINARY_DIR})
set(CPACK_PRE_BUILD_SCRIPTS ${PROJECT_SOURCE_DIR}/cmake/DebianFiles.cmake)
include(CPack)
