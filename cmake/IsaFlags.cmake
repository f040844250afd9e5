# The flags of each instruction-set unit. Everything else is built for the platform's baseline. If the compiler lacks
# the flags of a unit, the unit is empty and its kernels are not available.
include(CheckCCompilerFlag)
# A module of WebAssembly has SIMD or not as a whole.
if(EMSCRIPTEN)
  set(SELFATTN_HAVE_simd128 TRUE)
  add_compile_options(-msimd128)
endif()
set(isa_flags_avx2 -mavx2 -mfma -mf16c)
set(isa_flags_avx512 ${isa_flags_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl)
# Without optimisation, GCC's intrinsics that take constants are macros, whose masks change sign where they are used.
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  list(APPEND isa_flags_avx512 -Wno-sign-conversion)
endif()
set(isa_flags_avx512_bf16 ${isa_flags_avx512} -mavx512bf16 -mavx512vnni)
set(isa_flags_amx ${isa_flags_avx512_bf16} -mamx-tile -mamx-bf16)
# GCC's first scheduling would load factors so early that sums are spilled.
set(isa_flags_neon "")
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  set(isa_flags_neon -fno-schedule-insns)
endif()

# selfattn_isa_unit(ISA PROCESSORS SOURCE): PROCESSORS is a regular expression of names that CMake has for them.
function(selfattn_isa_unit isa processors source)
  string(REPLACE ";" " " flags "${isa_flags_${isa}}")
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "${processors}")
    check_c_compiler_flag("${flags}" SELFATTN_HAVE_${isa})
  endif()
  if(SELFATTN_HAVE_${isa})
    set_source_files_properties(${source} PROPERTIES COMPILE_OPTIONS "${isa_flags_${isa}}")
  endif()
endfunction()
