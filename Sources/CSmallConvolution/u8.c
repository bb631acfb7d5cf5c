#include "plan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define VNNI "avx512f,avx512bw,avx512vnni"

bool dsc_supports_u8(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
        && __builtin_cpu_supports("avx512vnni");
}

/// Outputs that are computed together, and inputs that one instruction multiplies for each of them.
enum { BLOCK = 64, GROUP = 4 };

dsc_convolution *dsc_create_u8(
    dsc_shape shape, const int8_t *weights, const float *scales, const float *bias, bool adds, float addend_scale)
{
    int inputs = shape.input_channels, taps = shape.kernel * shape.kernel;
    size_t count = (size_t)(shape.output_channels * inputs * taps);
    dsc_convolution *result = dsc_plan(shape, BLOCK, count, scales, bias);
    if (!result) return NULL;
    result->adds = adds;
    result->addend_scale = addend_scale;
    int8_t *packed = result->weights;
    for (int first = 0; first < shape.output_channels; first += BLOCK)
        for (int group = 0; group < inputs; group += GROUP)
            for (int output = 0; output < BLOCK; output++) {
                const int8_t *kernel = weights + (size_t)((first + output) * inputs + group) * (size_t)taps;
                int8_t *place = packed + (size_t)first * (size_t)(inputs * taps)
                    + (size_t)(group * BLOCK + output * GROUP);
                for (int tap = 0; tap < taps; tap++)
                    for (int i = 0; i < GROUP; i++) place[tap * inputs * BLOCK + i] = kernel[i * taps + tap];
            }
    return result;
}

/// Always inlined, with a constant `count`: the sums are registers only then.
__attribute__((target(VNNI), always_inline)) static inline void block_run(
    int count, const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
{
    __m512i sum[RUN_LIMIT][4];
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) sum[p][v] = _mm512_load_si512(sums + run->sums[p] + 16 * v);
    for (int k = 0; k < inputs; k += GROUP) {
        __m512i weight[4];
        for (int v = 0; v < 4; v++) {
            const int8_t *place = weights + BLOCK * k + 64 * v;
            weight[v] = _mm512_load_si512(place);
            _mm_prefetch(place + WEIGHTS_AHEAD, _MM_HINT_T0);
        }
        for (int p = 0; p < count; p++) {
            int32_t four;
            memcpy(&four, source + run->source[p] + k, sizeof four);
            __m512i input = _mm512_set1_epi32(four);
            for (int v = 0; v < 4; v++) sum[p][v] = _mm512_dpbusd_epi32(sum[p][v], input, weight[v]);
        }
    }
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 4; v++) _mm512_store_si512(sums + run->sums[p] + 16 * v, sum[p][v]);
}

__attribute__((target(VNNI))) static void run_block(
    const dsc_run *run, const uint8_t *source, const int8_t *weights, int inputs, int32_t *sums)
{
    switch (run->count) {
    case 1: return block_run(1, run, source, weights, inputs, sums);
    case 2: return block_run(2, run, source, weights, inputs, sums);
    case 3: return block_run(3, run, source, weights, inputs, sums);
    case 4: return block_run(4, run, source, weights, inputs, sums);
    case 5: return block_run(5, run, source, weights, inputs, sums);
    case 6: return block_run(6, run, source, weights, inputs, sums);
    }
}

__attribute__((target(VNNI))) void dsc_run_u8(
    const dsc_convolution *c, const uint8_t *source, uint8_t *destination)
{
    int inputs = c->shape.input_channels, outputs = c->shape.output_channels, positions = dsc_positions(&c->shape);
    int32_t *sums = c->sums;
    const int8_t *weights = c->weights;
    __m512 addend_scale = _mm512_set1_ps(c->addend_scale);
    for (int first = 0; first < outputs; first += BLOCK) {
        memset(sums, 0, (size_t)(positions * BLOCK) * sizeof *sums);
        for (int i = 0; i < c->run_count; i++)
            run_block(&c->runs[i], source, weights + c->runs[i].weights, inputs, sums);
        weights += (size_t)(inputs * c->shape.kernel * c->shape.kernel * BLOCK);
        for (int v = 0; v < BLOCK; v += 16) {
            __m512 scale = _mm512_load_ps(c->scales + first + v), bias = _mm512_load_ps(c->bias + first + v);
            for (int position = 0; position < positions; position++) {
                __m128i *result = (__m128i *)(destination + position * outputs + first + v);
                __m512 value = _mm512_cvtepi32_ps(_mm512_load_si512(sums + position * BLOCK + v));
                value = _mm512_fmadd_ps(value, scale, bias);
                if (c->adds)
                    value = _mm512_fmadd_ps(
                        _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_load_si128(result))), addend_scale, value);
                value = _mm512_max_ps(value, _mm512_setzero_ps());
                _mm_store_si128(result, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(value)));
            }
        }
    }
}

#else

bool dsc_supports_u8(void) { return false; }
dsc_convolution *dsc_create_u8(
    dsc_shape shape, const int8_t *weights, const float *scales, const float *bias, bool adds, float addend_scale)
{
    (void)shape, (void)weights, (void)scales, (void)bias, (void)adds, (void)addend_scale;
    return NULL;
}
void dsc_run_u8(const dsc_convolution *c, const uint8_t *source, uint8_t *destination)
{
    (void)c, (void)source, (void)destination;
}

#endif
