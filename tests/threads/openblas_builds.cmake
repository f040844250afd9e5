# Where only one build of OpenBLAS is installed, only that one is found, although the default library lies beside it:
# cmake -DMODULE=OpenBLASBuilds.cmake -DROOT=folder -P openblas_builds.cmake
include(${MODULE})
file(REMOVE_RECURSE ${ROOT})
file(MAKE_DIRECTORY ${ROOT}/lib/openblas-serial)
file(TOUCH ${ROOT}/lib/libopenblas.so.0 ${ROOT}/lib/openblas-serial/libopenblas.so.0)
set(CMAKE_SYSTEM_PREFIX_PATH ${ROOT})
foreach(build pthread openmp serial)
  selfattn_openblas_build(found_${build} ${build})
endforeach()
if(NOT found_serial STREQUAL "${ROOT}/lib/openblas-serial/libopenblas.so.0" OR found_pthread OR found_openmp)
  message(FATAL_ERROR "serial is ${found_serial}, pthread ${found_pthread}, openmp ${found_openmp}")
endif()
