# selfattn_openblas_build(VARIABLE BUILD): the path of libopenblas.so.0 in a folder openblas-BUILD, or NOTFOUND. Debian
# keeps the builds pthread, openmp and serial side by side, in folders below that of libraries. Other folders are not
# searched, since they would give the system's default build instead of the requested one.
function(selfattn_openblas_build variable build)
  set(folders)
  foreach(prefix ${CMAKE_SYSTEM_PREFIX_PATH})
    foreach(lib lib/${CMAKE_LIBRARY_ARCHITECTURE} lib lib64)
      list(APPEND folders ${prefix}/${lib}/openblas-${build})
    endforeach()
  endforeach()
  find_library(${variable} NAMES libopenblas.so.0 PATHS ${folders} NO_DEFAULT_PATH)
  mark_as_advanced(${variable})
endfunction()
