#include "plan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

bool dsc_supports_f32(bool wide)
{
    if (wide) return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
}

// A block of outputs is as wide as leaves room in the registers for RUN_LIMIT positions: four vectors of AVX-512's 32, two of
// AVX2's 16.
enum { WIDE = 64, NARROW = 16 };

dsc_convolution *dsc_create_f32(
    dsc_shape shape, bool wide, const uint16_t *weights, const float *scales, const float *bias, bool adds, bool relu)
{
    int block = wide ? WIDE : NARROW;
    int inputs = shape.input_channels, taps = shape.kernel * shape.kernel;
    size_t count = (size_t)(shape.output_channels * inputs * taps);
    dsc_convolution *result = dsc_plan(shape, block, count * sizeof *weights, scales, bias);
    if (!result) return NULL;
    result->adds = adds;
    result->relu = relu;
    uint16_t *packed = result->weights;
    for (int first = 0; first < shape.output_channels; first += block)
        for (int input = 0; input < inputs; input++)
            for (int output = 0; output < block; output++) {
                const uint16_t *kernel = weights + (size_t)((first + output) * inputs + input) * (size_t)taps;
                for (int tap = 0; tap < taps; tap++)
                    packed[(size_t)first * (size_t)(inputs * taps) + (size_t)((tap * inputs + input) * block + output)]
                        = kernel[tap];
            }
    return result;
}

// Always inlined, with a constant `count`: the sums are registers only then.

__attribute__((target("avx512f,avx512bw"), always_inline)) static inline void wide_run(
    int count, const dsc_run *run, const float *source, const uint16_t *weights, int inputs, float *sums)
{
    __m512 sum[RUN_LIMIT][4];
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) sum[p][v] = _mm512_load_ps(sums + run->sums[p] + 16 * v);
    for (const dsc_tap *tap = run->taps; tap < run->taps + run->tap_count; tap++) {
        const uint16_t *halves = weights + tap->weights;
        for (int k = 0; k < inputs; k++, halves += WIDE) {
            __m512 weight[4];
            _mm_prefetch((const char *)halves + WEIGHTS_AHEAD, _MM_HINT_T0);
            _mm_prefetch((const char *)halves + WEIGHTS_AHEAD + 64, _MM_HINT_T0);
            for (int v = 0; v < 4; v++)
                weight[v] = _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)(halves + 16 * v)));
            for (int p = 0; p < count; p++) {
                __m512 input = _mm512_set1_ps(source[run->source[p] + tap->source + k]);
                for (int v = 0; v < 4; v++) sum[p][v] = _mm512_fmadd_ps(input, weight[v], sum[p][v]);
            }
        }
    }
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) _mm512_store_ps(sums + run->sums[p] + 16 * v, sum[p][v]);
}

__attribute__((target("avx512f,avx512bw"))) static void run_wide(
    const dsc_run *run, const float *source, const uint16_t *weights, int inputs, float *sums)
{
    switch (run->count) {
    case 1: return wide_run(1, run, source, weights, inputs, sums);
    case 2: return wide_run(2, run, source, weights, inputs, sums);
    case 3: return wide_run(3, run, source, weights, inputs, sums);
    case 4: return wide_run(4, run, source, weights, inputs, sums);
    case 5: return wide_run(5, run, source, weights, inputs, sums);
    case 6: return wide_run(6, run, source, weights, inputs, sums);
    }
}

__attribute__((target("avx2,fma,f16c"), always_inline)) static inline void narrow_run(
    int count, const dsc_run *run, const float *source, const uint16_t *weights, int inputs, float *sums)
{
    __m256 sum[RUN_LIMIT][2];
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 2; v++) sum[p][v] = _mm256_load_ps(sums + run->sums[p] + 8 * v);
    for (const dsc_tap *tap = run->taps; tap < run->taps + run->tap_count; tap++) {
        const uint16_t *halves = weights + tap->weights;
        for (int k = 0; k < inputs; k++, halves += NARROW) {
            __m256 weight[2];
            _mm_prefetch((const char *)halves + WEIGHTS_AHEAD, _MM_HINT_T0);
            for (int v = 0; v < 2; v++)
                weight[v] = _mm256_cvtph_ps(_mm_load_si128((const __m128i *)(halves + 8 * v)));
            for (int p = 0; p < count; p++) {
                __m256 input = _mm256_broadcast_ss(source + (run->source[p] + tap->source + k));
                for (int v = 0; v < 2; v++) sum[p][v] = _mm256_fmadd_ps(input, weight[v], sum[p][v]);
            }
        }
    }
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 2; v++) _mm256_store_ps(sums + run->sums[p] + 8 * v, sum[p][v]);
}

__attribute__((target("avx2,fma,f16c"))) static void run_narrow(
    const dsc_run *run, const float *source, const uint16_t *weights, int inputs, float *sums)
{
    switch (run->count) {
    case 1: return narrow_run(1, run, source, weights, inputs, sums);
    case 2: return narrow_run(2, run, source, weights, inputs, sums);
    case 3: return narrow_run(3, run, source, weights, inputs, sums);
    case 4: return narrow_run(4, run, source, weights, inputs, sums);
    case 5: return narrow_run(5, run, source, weights, inputs, sums);
    case 6: return narrow_run(6, run, source, weights, inputs, sums);
    }
}

void dsc_run_f32(const dsc_convolution *c, const float *source, float *destination)
{
    int block = c->block, inputs = c->shape.input_channels, outputs = c->shape.output_channels;
    int positions = dsc_positions(&c->shape);
    float *sums = c->sums;
    const uint16_t *weights = c->weights;
    for (int first = 0; first < outputs; first += block) {
        memset(sums, 0, (size_t)(positions * block) * sizeof *sums);
        for (int i = 0; i < c->run_count; i++) {
            const dsc_run *run = &c->runs[i];
            if (block == WIDE) run_wide(run, source, weights, inputs, sums);
            else run_narrow(run, source, weights, inputs, sums);
        }
        weights += (size_t)(inputs * c->shape.kernel * c->shape.kernel * block);
        for (int position = 0; position < positions; position++) {
            float *result = destination + position * outputs + first;
            for (int j = 0; j < block; j++) {
                float value = sums[position * block + j] * c->scales[first + j] + c->bias[first + j];
                if (c->adds) value += result[j];
                result[j] = c->relu && !(value > 0) ? 0 : value;
            }
        }
    }
}

#else

bool dsc_supports_f32(bool wide) { return (void)wide, false; }
dsc_convolution *dsc_create_f32(
    dsc_shape shape, bool wide, const uint16_t *weights, const float *scales, const float *bias, bool adds, bool relu)
{
    (void)shape, (void)wide, (void)weights, (void)scales, (void)bias, (void)adds, (void)relu;
    return NULL;
}
void dsc_run_f32(const dsc_convolution *c, const float *source, float *destination)
{
    (void)c, (void)source, (void)destination;
}

#endif
