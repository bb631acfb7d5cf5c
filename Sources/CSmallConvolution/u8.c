#include "plan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define VNNI "avx512f,avx512bw,avx512vnni"
#define AVX2 "avx2,fma"

bool dsc_supports_u8(bool wide)
{
    if (wide)
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
            && __builtin_cpu_supports("avx512vnni");
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

// A block of outputs is as wide as leaves room in the registers for RUN_LIMIT positions; GROUP inputs are multiplied for each of
// them at once.
enum { WIDE = 64, NARROW = 16, GROUP = 4 };

dsc_convolution *dsc_create_u8(
    dsc_shape shape, bool wide, const int8_t *weights, const float *scales, const float *bias, bool adds,
    float addend_scale)
{
    int block = wide ? WIDE : NARROW;
    int inputs = shape.input_channels, taps = shape.kernel * shape.kernel;
    size_t count = (size_t)(shape.output_channels * inputs * taps);
    dsc_convolution *result = dsc_plan(shape, block, count, scales, bias);
    if (!result) return NULL;
    result->adds = adds;
    result->addend_scale = addend_scale;
    int8_t *packed = result->weights;
    for (int first = 0; first < shape.output_channels; first += block)
        for (int group = 0; group < inputs; group += GROUP)
            for (int output = 0; output < block; output++) {
                const int8_t *kernel = weights + (size_t)((first + output) * inputs + group) * (size_t)taps;
                int8_t *place = packed + (size_t)first * (size_t)(inputs * taps)
                    + (size_t)(group * block + output * GROUP);
                for (int tap = 0; tap < taps; tap++)
                    for (int i = 0; i < GROUP; i++) place[tap * inputs * block + i] = kernel[i * taps + tap];
            }
    return result;
}

static inline int32_t four(const uint8_t *source)
{
    int32_t result;
    memcpy(&result, source, sizeof result);
    return result;
}

// Always inlined, with a constant `count`: the sums are registers only then.

__attribute__((target(VNNI), always_inline)) static inline void wide_run(
    int count, const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
{
    __m512i sum[RUN_LIMIT][4];
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) sum[p][v] = _mm512_load_si512(sums + run->sums[p] + 16 * v);
    for (const dsc_tap *tap = run->taps; tap < run->taps + run->tap_count; tap++) {
        const int8_t *place = weights + tap->weights;
        for (int k = 0; k < inputs; k += GROUP, place += GROUP * WIDE) {
            __m512i weight[4];
            for (int v = 0; v < 4; v++) {
                weight[v] = _mm512_load_si512(place + 64 * v);
                _mm_prefetch(place + 64 * v + WEIGHTS_AHEAD, _MM_HINT_T0);
            }
            for (int p = 0; p < count; p++) {
                __m512i input = _mm512_set1_epi32(four(source + (run->source[p] + tap->source + k)));
                for (int v = 0; v < 4; v++) sum[p][v] = _mm512_dpbusd_epi32(sum[p][v], input, weight[v]);
            }
        }
    }
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) _mm512_store_si512(sums + run->sums[p] + 16 * v, sum[p][v]);
}

__attribute__((target(VNNI))) static void run_wide(
    const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
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

/// `vpmaddubsw` adds the products of two neighbouring inputs in 16 bits; the caller's weights see to it that they fit.
__attribute__((target(AVX2), always_inline)) static inline void narrow_run(
    int count, const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
{
    const __m256i ones = _mm256_set1_epi16(1);
    __m256i sum[RUN_LIMIT][2];
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 2; v++) sum[p][v] = _mm256_load_si256((const __m256i *)(sums + run->sums[p] + 8 * v));
    for (const dsc_tap *tap = run->taps; tap < run->taps + run->tap_count; tap++) {
        const int8_t *place = weights + tap->weights;
        for (int k = 0; k < inputs; k += GROUP, place += GROUP * NARROW) {
            _mm_prefetch(place + WEIGHTS_AHEAD, _MM_HINT_T0);
            __m256i weight[2];
            for (int v = 0; v < 2; v++) weight[v] = _mm256_load_si256((const __m256i *)(place + 32 * v));
            for (int p = 0; p < count; p++) {
                __m256i input = _mm256_set1_epi32(four(source + (run->source[p] + tap->source + k)));
                for (int v = 0; v < 2; v++) {
                    __m256i pairs = _mm256_maddubs_epi16(input, weight[v]);
                    sum[p][v] = _mm256_add_epi32(sum[p][v], _mm256_madd_epi16(pairs, ones));
                }
            }
        }
    }
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 2; v++) _mm256_store_si256((__m256i *)(sums + run->sums[p] + 8 * v), sum[p][v]);
}

__attribute__((target(AVX2))) static void run_narrow(
    const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
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

// One block's sums to integers of the output.

__attribute__((target(VNNI))) static void finish_wide(
    const dsc_convolution *c, int first, int positions, uint8_t *destination)
{
    const int32_t *sums = c->sums;
    __m512 addend_scale = _mm512_set1_ps(c->addend_scale);
    for (int v = 0; v < WIDE; v += 16) {
        __m512 scale = _mm512_load_ps(c->scales + first + v), bias = _mm512_load_ps(c->bias + first + v);
        for (int position = 0; position < positions; position++) {
            __m128i *result = (__m128i *)(destination + position * c->shape.output_channels + first + v);
            __m512 value = _mm512_cvtepi32_ps(_mm512_load_si512(sums + position * WIDE + v));
            value = _mm512_fmadd_ps(value, scale, bias);
            if (c->adds)
                value = _mm512_fmadd_ps(
                    _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_load_si128(result))), addend_scale, value);
            value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm_store_si128(result, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(value)));
        }
    }
}

__attribute__((target(AVX2))) static void finish_narrow(
    const dsc_convolution *c, int first, int positions, uint8_t *destination)
{
    const int32_t *sums = c->sums;
    __m256 addend_scale = _mm256_set1_ps(c->addend_scale);
    for (int position = 0; position < positions; position++) {
        uint8_t *result = destination + position * c->shape.output_channels + first;
        __m256i integers[2];
        for (int v = 0; v < 2; v++) {
            __m256 value = _mm256_cvtepi32_ps(
                _mm256_load_si256((const __m256i *)(sums + position * NARROW + 8 * v)));
            value = _mm256_fmadd_ps(
                value, _mm256_load_ps(c->scales + first + 8 * v), _mm256_load_ps(c->bias + first + 8 * v));
            if (c->adds) {
                __m256i before = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(result + 8 * v)));
                value = _mm256_fmadd_ps(_mm256_cvtepi32_ps(before), addend_scale, value);
            }
            // Cut off before the conversion, whose result for what no integer holds would be negative.
            value = _mm256_min_ps(_mm256_max_ps(value, _mm256_setzero_ps()), _mm256_set1_ps(255));
            integers[v] = _mm256_cvtps_epi32(value);
        }
        // Packing goes by halves of 128 bits: 0 1 2 3, 8 ... 11 and 4 5 6 7, 12 ... 15; the permutation puts them in order.
        __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(integers[0], integers[1]), 0xD8);
        _mm_store_si128(
            (__m128i *)result, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
}

void dsc_run_u8(const dsc_convolution *c, const uint8_t *source, uint8_t *destination)
{
    int block = c->block, inputs = c->shape.input_channels, positions = dsc_positions(&c->shape);
    int32_t *sums = c->sums;
    const int8_t *weights = c->weights;
    for (int first = 0; first < c->shape.output_channels; first += block) {
        memset(sums, 0, (size_t)(positions * block) * sizeof *sums);
        for (int i = 0; i < c->run_count; i++) {
            const dsc_run *run = &c->runs[i];
            if (block == WIDE) run_wide(run, source, weights, inputs, sums);
            else run_narrow(run, source, weights, inputs, sums);
        }
        weights += (size_t)(inputs * c->shape.kernel * c->shape.kernel * block);
        if (block == WIDE) finish_wide(c, first, positions, destination);
        else finish_narrow(c, first, positions, destination);
    }
}

#else

bool dsc_supports_u8(bool wide) { return (void)wide, false; }
dsc_convolution *dsc_create_u8(
    dsc_shape shape, bool wide, const int8_t *weights, const float *scales, const float *bias, bool adds,
    float addend_scale)
{
    (void)shape, (void)wide, (void)weights, (void)scales, (void)bias, (void)adds, (void)addend_scale;
    return NULL;
}
void dsc_run_u8(const dsc_convolution *c, const uint8_t *source, uint8_t *destination)
{
    (void)c, (void)source, (void)destination;
}

#endif
