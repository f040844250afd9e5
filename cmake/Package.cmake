# What `cmake --install` puts where, and what finds it afterwards: pkg-config (selfattn.pc) and CMake
# (find_package(selfattn)).
include(CMakePackageConfigHelpers)
set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/selfattn)

# Relative directories are relative to selfattn.pc itself, so that the tree may be moved; absolute ones stay absolute.
if(IS_ABSOLUTE "${CMAKE_INSTALL_LIBDIR}")
  set(pc_prefix "${CMAKE_INSTALL_PREFIX}")
else()
  file(RELATIVE_PATH pc_up "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/")
  string(REGEX REPLACE "/$" "" pc_up "${pc_up}")
  set(pc_prefix "\${pcfiledir}/${pc_up}")
endif()
foreach(directory LIBDIR INCLUDEDIR)
  if(IS_ABSOLUTE "${CMAKE_INSTALL_${directory}}")
    set(pc_${directory} "${CMAKE_INSTALL_${directory}}")
  else()
    set(pc_${directory} "\${prefix}/${CMAKE_INSTALL_${directory}}")
  endif()
endforeach()
# `pkg-config --variable=models selfattn` tells a build script whether the library has models.
set(pc_requires openblas)
set(pc_models no)
if(SELFATTN_MODELS)
  set(pc_requires "openblas jansson libutf8proc")
  set(pc_models yes)
  if(FFTW_FOUND)
    string(APPEND pc_requires " fftw3")
  endif()
endif()
configure_file(selfattn.pc.in selfattn.pc @ONLY)

configure_package_config_file(cmake/selfattnConfig.cmake.in selfattnConfig.cmake INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(selfattnConfigVersion.cmake COMPATIBILITY SameMajorVersion)

# Programs find the library relative to their own place.
file(RELATIVE_PATH bin_to_lib "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
foreach(program selfattn_program sa-bench)
  if(TARGET ${program})
    set_target_properties(${program} PROPERTIES INSTALL_RPATH "$ORIGIN/${bin_to_lib}")
    install(TARGETS ${program})
  endif()
endforeach()

# Two export sets: libselfattn.a has to be linked with more libraries than libselfattn.so.
install(TARGETS selfattn EXPORT selfattnTargets)
install(TARGETS selfattn_static EXPORT selfattnStaticTargets)
install(EXPORT selfattnTargets NAMESPACE selfattn:: DESTINATION ${config_dir})
install(EXPORT selfattnStaticTargets NAMESPACE selfattn:: DESTINATION ${config_dir})
install(FILES ${PROJECT_BINARY_DIR}/selfattnConfig.cmake ${PROJECT_BINARY_DIR}/selfattnConfigVersion.cmake
  DESTINATION ${config_dir})
install(FILES ${PROJECT_BINARY_DIR}/selfattn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES include/selfattn.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
if(SELFATTN_MODELS)
  install(FILES include/selfattn_models.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
