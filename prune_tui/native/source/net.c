/* A pruned network, written by prune-tui: only weights that are not zero are stored and multiplied.
   In: ${input}. Out: ${output}. Build with -O3 -march=native -ffp-contract=fast -lm; see the Makefile. */
#include "net.h"
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* How many examples lie side by side: as many as a vector register of this processor holds. */
#if defined __AVX512F__
#define LANES 16
#elif defined __AVX__
#define LANES 8
#else
#define LANES 4
#endif

/* Up to so many examples run one by one, where that is faster than side by side. */
#define FEW (${few} * LANES / 16)
#define SIDE_BY_SIDE ${side_by_side}
#define SCRATCH ${size}
#define MEMORY (LARGER((size_t)${size} * (SIDE_BY_SIDE ? LANES : 1), (size_t)${one_size}) * sizeof(float))
#define LARGER(a, b) ((a) > (b) ? (a) : (b))

/* With OpenMP, examples are split among threads, or the channels of a layer where there is but one example. */
#ifdef _OPENMP
#define PRAGMA(text) _Pragma(#text)
#define SPLIT(condition) PRAGMA(omp parallel for schedule(dynamic) if (condition))
#define PARALLEL PRAGMA(omp parallel for schedule(static))
#else
#define SPLIT(condition)
#define PARALLEL
#endif

${operations}
${constants}

${functions}

#if SIDE_BY_SIDE
static void run_batch(const float *restrict in, float *restrict out, int count, float *restrict m)
{
${load_batch}
${batch}
${store_batch}
}
#endif

static void run_one(const float *restrict in, float *restrict out, float *restrict m)
{
${load_one}
${one}
${store_one}
}

/* Each thread keeps its memory until the program ends. */
static float *memory(void)
{
    static _Thread_local float *kept;
    if (!kept)
        kept = aligned_alloc(64, MEMORY);
    return kept;
}

void net(const float *in, float *out, int n)
{
    int first_alone = 0;
#if SIDE_BY_SIDE
    const int batches = n / LANES + (n % LANES > FEW);
    SPLIT(batches > 1)
    for (int b = 0; b < batches; b++) {
        const int first = b * LANES, count = n - first < LANES ? n - first : LANES;
        float *const m = memory();
        float *const to = out + (size_t)first * NET_OUTPUT_SIZE;
        if (m)
            run_batch(in + (size_t)first * NET_INPUT_SIZE, to, count, m);
        else
            for (int i = 0; i < count * NET_OUTPUT_SIZE; i++)
                to[i] = NAN;
    }
    first_alone = batches * LANES;
#endif
    SPLIT(n - first_alone > 1)
    for (int i = first_alone; i < n; i++) {
        float *const m = memory();
        float *const to = out + (size_t)i * NET_OUTPUT_SIZE;
        if (m)
            run_one(in + (size_t)i * NET_INPUT_SIZE, to, m);
        else
            for (int k = 0; k < NET_OUTPUT_SIZE; k++)
                to[k] = NAN;
    }
}
