# Manual pages of the programs, and completion of their commands and options for bash, zsh and fish. The programs write
# them, since they know their options (tools/manual.py); so they need Python and a program that runs here.
set(SELFATTN_ZSH_DIR ${CMAKE_INSTALL_DATADIR}/zsh/site-functions CACHE STRING
  "Where completion for zsh is installed (Debian: share/zsh/vendor-completions)")
find_package(Python3 QUIET COMPONENTS Interpreter)
if(NOT Python3_FOUND OR CMAKE_CROSSCOMPILING OR SELFATTN_SANITIZE)
  return()
endif()
set(writer ${PROJECT_SOURCE_DIR}/tools/manual.py)
set(SELFATTN_MANUAL ${PROJECT_BINARY_DIR}/manual)
file(MAKE_DIRECTORY ${SELFATTN_MANUAL})

# selfattn_manual(TARGET COMPONENT TITLE)
function(selfattn_manual target component title)
  get_target_property(name ${target} OUTPUT_NAME)
  if(NOT name)
    set(name ${target})
  endif()
  set(files)
  foreach(pair man:${name}.1:${CMAKE_INSTALL_MANDIR}/man1
      bash:${name}:${CMAKE_INSTALL_DATADIR}/bash-completion/completions zsh:_${name}:${SELFATTN_ZSH_DIR}
      fish:${name}.fish:${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
    string(REPLACE ":" ";" pair ${pair})
    list(POP_FRONT pair kind file folder)
    set(output ${SELFATTN_MANUAL}/${file})
    add_custom_command(OUTPUT ${output} DEPENDS ${target} ${writer} VERBATIM
      COMMAND ${CMAKE_COMMAND} -E env VERSION=${PROJECT_VERSION} ${Python3_EXECUTABLE} ${writer} ${kind}
        $<TARGET_FILE:${target}> ${title} > ${output})
    list(APPEND files ${output})
    if(SELFATTN_INSTALL)
      install(FILES ${output} DESTINATION ${folder} COMPONENT ${component})
    endif()
  endforeach()
  add_custom_target(${target}_manual ALL DEPENDS ${files})
endfunction()

if(TARGET selfattn_program)
  selfattn_manual(selfattn_program tools "run a trained transformer and show its attention")
endif()
if(TARGET selfattn_mpi_program AND SELFATTN_INSTALL)
  install(FILES ${PROJECT_SOURCE_DIR}/tools/selfattn-mpi.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT mpi)
endif()
if(TARGET sa-bench)
  selfattn_manual(sa-bench bench "time attention against the roofs of the machine")
endif()
