# Run by cpack when the files of all components are staged: compresses manual pages, and adds to each package what
# Debian wants there. Needs gzip and dpkg-gensymbols (dpkg-dev).
if(NOT CPACK_GENERATOR STREQUAL "DEB")
  return()
endif()
if(NOT CPACK_PACKAGING_INSTALL_PREFIX STREQUAL "/usr")
  message(FATAL_ERROR "Debian packages are for /usr, and this build is for ${CPACK_PACKAGING_INSTALL_PREFIX}: "
    "cmake --preset debian")
endif()

# The lines of a field of the file that Debian has licences in: indented, and a dot where a line is empty.
file(READ ${CPACK_SELFATTN_SOURCE}/LICENSE license)
string(REGEX MATCH "Copyright \\(c\\) ([^\n]+)" _ "${license}")
set(holder "${CMAKE_MATCH_1}")
string(REGEX REPLACE "^.*Copyright[^\n]*\n+" "" license "${license}")
string(STRIP "${license}" license)
string(REPLACE "\n\n" "\n.\n" license "${license}")
string(REPLACE "\n" "\n " license "${license}")
set(copyright "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: libselfattn\n\nFiles: *\nCopyright: ${holder}\nLicense: Expat\n ${license}\n")

function(compressed from to)
  execute_process(COMMAND gzip -9nc ${from} OUTPUT_FILE ${to} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

foreach(pair ${CPACK_SELFATTN_PACKAGES})
  string(REPLACE ":" ";" pair ${pair})
  list(POP_FRONT pair component package)
  set(staged ${CPACK_TEMPORARY_DIRECTORY}/${component}/usr)
  set(folder ${staged}/share/doc/${package})
  file(MAKE_DIRECTORY ${folder})
  file(WRITE ${folder}/copyright "${copyright}")
  # The library as WebAssembly, if it was there.
  file(GLOB engine ${staged}/share/selfattn/*)
  if(engine)
    file(APPEND ${folder}/copyright "Comment: Other libraries are linked into selfattn.wasm, too; their licences are in
 /usr/share/selfattn/NOTICE.md.\n")
  else()
    file(REMOVE_RECURSE ${staged}/share/selfattn)
  endif()
  compressed(${CPACK_SELFATTN_SOURCE}/CHANGELOG.md ${folder}/changelog.gz)
  compressed(${CPACK_SELFATTN_BINARY}/debian/changelog ${folder}/changelog.Debian.gz)
  file(GLOB manuals ${staged}/share/man/man*/*.[1-9])
  foreach(manual ${manuals})
    compressed(${manual} ${manual}.gz)
    file(REMOVE ${manual})
  endforeach()
  file(GLOB_RECURSE library ${staged}/lib/libselfattn.so.*.*)
  if(component STREQUAL "runtime")
    execute_process(COMMAND dpkg-gensymbols -q -p${package} -v${CPACK_PACKAGE_VERSION} -e${library} -P${staged}
      -O${CPACK_SELFATTN_BINARY}/debian/symbols COMMAND_ERROR_IS_FATAL ANY)
  endif()
endforeach()
