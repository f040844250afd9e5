# Flags of all targets of the project.
add_library(selfattn_flags INTERFACE)
target_compile_options(selfattn_flags INTERFACE
  -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wconversion)
# Results must not depend on whether the compiler fuses a*b+c, and masks need infinities.
target_compile_options(selfattn_flags INTERFACE -ffp-contract=off -fno-fast-math)
# On s390x the C standard would have sums of floats in double; and GCC 12 forgets the comparison behind a counted loop.
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "s390x" AND CMAKE_C_COMPILER_ID STREQUAL "GNU")
  target_compile_options(selfattn_flags INTERFACE -fexcess-precision=fast -fno-branch-count-reg)
endif()
target_compile_definitions(selfattn_flags INTERFACE _DEFAULT_SOURCE _FILE_OFFSET_BITS=64)
if(SELFATTN_WERROR)
  target_compile_options(selfattn_flags INTERFACE -Werror)
endif()
if(SELFATTN_SANITIZE)
  string(REPLACE ";" "," sanitizers "${SELFATTN_SANITIZE}")
  add_compile_options(-g -fsanitize=${sanitizers} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
endif()
# Threads count at once.
if(SELFATTN_COVERAGE)
  add_compile_options(-g --coverage -fprofile-update=atomic)
  add_link_options(--coverage)
endif()
