# Untested. An overlay port that builds the source tree it lies in:
# vcpkg install selfattn --overlay-ports=packaging/vcpkg
get_filename_component(source "${CURRENT_PORT_DIR}/../.." ABSOLUTE)
vcpkg_check_linkage(ONLY_DYNAMIC_LIBRARY)
vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES models SELFATTN_MODELS)
if("openblas" IN_LIST FEATURES)
  list(APPEND features -DSELFATTN_BLAS=openblas)
else()
  list(APPEND features -DSELFATTN_BLAS=none)
endif()
vcpkg_find_acquire_program(PKGCONFIG)
vcpkg_cmake_configure(SOURCE_PATH "${source}" OPTIONS ${features} -DSELFATTN_MPI=OFF -DSELFATTN_LAPACKE=OFF
  "-DPKG_CONFIG_EXECUTABLE=${PKGCONFIG}")
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/selfattn)
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${source}/LICENSE")
