/*
 * What every public header needs: export marks, attribute macros, a hint to load memory ahead,
 * and what the processor can do.
 *
 * This is the one compiler header of the house: GNU extensions stand here (and in os/), nowhere
 * else.
 */
#ifndef WAVU_API_H
#define WAVU_API_H

#if defined(__GNUC__) || defined(__clang__)
#define WAVU_API __attribute__((visibility("default")))
#define WARN_UNUSED __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument)                                                  \
    __attribute__((format(printf, format_index, first_argument)))
#define NO_RETURN __attribute__((noreturn))
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define WAVU_API
#define WARN_UNUSED
#define PRINTF_LIKE(format_index, first_argument)
#define NO_RETURN
#define PREFETCH(address) ((void)(address))
#endif

/* Whether this processor and its system have AVX2: asked once, when the program was started. */
#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
#define CPU_HAS_AVX2 (__builtin_cpu_supports("avx2") != 0)
#else
#define CPU_HAS_AVX2 0
#endif

#ifdef __cplusplus /* functions of C, for programs in C++ */
#define WAVU_BEGIN extern "C" {
#define WAVU_END }
#else
#define WAVU_BEGIN
#define WAVU_END
#endif

#endif
