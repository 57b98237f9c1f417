#ifndef TAILRACE_SIM_DENORMALS_H
#define TAILRACE_SIM_DENORMALS_H

/* Denormal numbers cost a hundred cycles each and carry nothing here: the far tails of
 * option values. The mode belongs to the thread, and a pool thread keeps whatever it had,
 * so every parallel region sets and restores it. Results never rest on it. */

#include <stdint.h>
#if defined(__SSE2__)
#include <xmmintrin.h>
#endif

/* Takes denormal arguments and results for zero from here on; returns the mode of before.
 * Does nothing on machines other than x86-64 and aarch64. */
static inline uint64_t denormals_flush(void)
{
#if defined(__SSE2__)
    const unsigned int before = _mm_getcsr();

    _mm_setcsr(before | 0x8040); /* flush to zero, denormals are zero */
    return before;
#elif defined(__aarch64__)
    uint64_t before;

    __asm__ volatile("mrs %0, fpcr" : "=r"(before)::"memory");
    __asm__ volatile("msr fpcr, %0" ::"r"(before | UINT64_C(1) << 24) : "memory"); /* FZ */
    return before;
#else
    return 0;
#endif
}

static inline void denormals_restore(uint64_t mode)
{
#if defined(__SSE2__)
    _mm_setcsr((unsigned int)mode);
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(mode) : "memory");
#else
    (void)mode;
#endif
}

#endif
