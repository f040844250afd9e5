# selfattn_openblas_build(VARIABLE BUILD): the path of libopenblas.so.0 in a folder openblas-BUILD, or NOTFOUND. Debian
# keeps the builds pthread, openmp and serial side by side, in folders below the one of libraries. No other folder is
# looked into, so that the library that happens to be the default is never taken for the build that was asked for.
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
