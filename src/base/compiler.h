/* What differs between compilers, and the promises that the build has to keep.
 * SPDX-License-Identifier: MIT */
#ifndef SA_BASE_COMPILER_H
#define SA_BASE_COMPILER_H

#if defined(__FAST_MATH__) || (defined(__FINITE_MATH_ONLY__) && __FINITE_MATH_ONLY__)
#error "libselfattn needs IEEE infinities and NaN: masks are -infinity. Build without -ffast-math."
#endif

#if defined(__GNUC__)
#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#else
#define PRINTF_LIKE(text, first)
#endif

/* Unrolls the following loop, whose bounds are constants once inlined, so that arrays of registers really are
 * registers. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define UNROLL _Pragma("GCC unroll 32")
#else
#define UNROLL
#endif

/* Keeps the following loop, whose body is large, from being unrolled. */
#if defined(__clang__)
#define ROLLED _Pragma("nounroll")
#elif defined(__GNUC__)
#define ROLLED _Pragma("GCC unroll 1")
#else
#define ROLLED
#endif

#if defined(__GNUC__)
#define ALWAYS_INLINE inline __attribute__((always_inline))
#else
#define ALWAYS_INLINE inline
#endif

/* Lets an object be read from memory where it was just written. GCC would make broadcasts of its numbers from
 * registers, by shuffles, where a load costs nothing. */
#define LEAVE_IN_MEMORY(object) __asm__("" : "+m"(object))

/* Lets a vector stay in its register. GCC would read it from memory again for each use, to save registers. */
#if defined(__x86_64__)
#define LEAVE_IN_REGISTER(vector) __asm__("" : "+v"(vector))
#elif defined(__aarch64__)
#define LEAVE_IN_REGISTER(vector) __asm__("" : "+w"(vector))
#else
#define LEAVE_IN_REGISTER(vector) (void)(vector)
#endif

/* Whether this is built with the address sanitizer. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER 1
#endif
#endif

#define COUNT_OF(array) ((int64_t)(sizeof(array) / sizeof((array)[0])))

#endif
