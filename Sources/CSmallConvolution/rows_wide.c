// The row convolutions with AVX-512: blocks of two registers of outputs.

#include "rows.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define BASE "avx512f,avx512bw"
#define VNNI "avx512f,avx512bw,avx512vnni"
#define BF16 "avx512f,avx512bw,avx512bf16"
#define LANES 16
#define COLUMNS 14
/// Weights are asked for so many bytes before they are needed, out of the second cache.
#define NEAR_AHEAD 1024

static inline int32_t word_at(const char *place)
{
    int32_t result;
    memcpy(&result, place, sizeof result);
    return result;
}

static inline float float_at(const char *place)
{
    float result;
    memcpy(&result, place, sizeof result);
    return result;
}

/// `_mm512_dpwssd_epi32`, which clang 21 takes apart into two instructions, for CPUs whose latency counts: here it is
/// the throughput.
__attribute__((target(VNNI), always_inline)) static inline __m512i add_s16(__m512i sum, __m512i a, __m512i b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

#define NAME sums_f32
#define TARGET BASE
#define VECTOR __m512
#define WEIGHT_BYTES 64
#define ZERO() _mm512_setzero_ps()
#define INPUT(place) _mm512_set1_ps(float_at(place))
#define WEIGHT(place) _mm512_load_ps(place)
#define ADD(sum, input, weight) _mm512_fmadd_ps(input, weight, sum)
#define STORE(place, sum) _mm512_store_ps(place, sum)
#include "rows_tile.h"

#define NAME sums_f16
#define TARGET BASE
#define VECTOR __m512
#define WEIGHT_BYTES 32
#define ZERO() _mm512_setzero_ps()
#define INPUT(place) _mm512_set1_ps(float_at(place))
#define WEIGHT(place) _mm512_cvtph_ps(_mm256_load_si256((const __m256i *)(place)))
#define ADD(sum, input, weight) _mm512_fmadd_ps(input, weight, sum)
#define STORE(place, sum) _mm512_store_ps(place, sum)
#include "rows_tile.h"

#define NAME sums_bf16
#define TARGET BF16
#define VECTOR __m512
#define WEIGHT_BYTES 64
#define ZERO() _mm512_setzero_ps()
#define INPUT(place) _mm512_set1_ps(float_at(place))
#define WEIGHT(place) _mm512_load_ps(place)
#define ADD(sum, input, weight) _mm512_dpbf16_ps(sum, (__m512bh)(input), (__m512bh)(weight))
#define STORE(place, sum) _mm512_store_ps(place, sum)
#include "rows_tile.h"

#define NAME sums_s16
#define TARGET VNNI
#define VECTOR __m512i
#define WEIGHT_BYTES 64
#define ZERO() _mm512_setzero_si512()
#define INPUT(place) _mm512_set1_epi32(word_at(place))
#define WEIGHT(place) _mm512_load_si512(place)
#define ADD(sum, input, weight) add_s16(sum, input, weight)
#define STORE(place, sum) _mm512_store_si512(place, sum)
#include "rows_tile.h"

#define NAME sums_s8
#define TARGET VNNI
#define VECTOR __m512i
#define WEIGHT_BYTES 64
#define ZERO() _mm512_setzero_si512()
#define INPUT(place) _mm512_set1_epi32(word_at(place))
#define WEIGHT(place) _mm512_load_si512(place)
#define ADD(sum, input, weight) _mm512_dpbusd_epi32(sum, input, weight)
#define STORE(place, sum) _mm512_store_si512(place, sum)
#include "rows_tile.h"

__attribute__((target(BASE))) static void finish_u8(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    const int32_t *sum = sums;
    const __m512 addend_scale = _mm512_set1_ps(c->finish.addend_scale);
    for (int v = 0; v < 2 * LANES; v += LANES) {
        __m512 scale = _mm512_mul_ps(_mm512_load_ps(c->scales + output + v), _mm512_set1_ps(factor));
        __m512 bias = _mm512_load_ps(c->bias + output + v);
        for (int p = 0; p < count; p++) {
            __m128i *result = (__m128i *)(destination + p * step + v);
            __m512 value = _mm512_cvtepi32_ps(_mm512_load_si512(sum + 2 * LANES * p + v));
            value = _mm512_fmadd_ps(value, scale, bias);
            if (c->finish.adds)
                value = _mm512_fmadd_ps(
                    _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(result))), addend_scale, value);
            value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm_storeu_si128(result, _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(value)));
        }
    }
}

__attribute__((target(BASE))) static void finish_f32(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    const float *sum = sums;
    for (int v = 0; v < 2 * LANES; v += LANES) {
        __m512 scale = _mm512_mul_ps(_mm512_load_ps(c->scales + output + v), _mm512_set1_ps(factor));
        __m512 bias = _mm512_load_ps(c->bias + output + v);
        for (int p = 0; p < count; p++) {
            float *result = (float *)(destination + p * step) + v;
            __m512 value = _mm512_fmadd_ps(_mm512_load_ps(sum + 2 * LANES * p + v), scale, bias);
            if (c->finish.adds)
                value = _mm512_fmadd_ps(_mm512_loadu_ps(result), _mm512_set1_ps(c->finish.addend_scale), value);
            if (c->finish.relu) value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm512_storeu_ps(result, value);
        }
    }
}

__attribute__((target(BF16))) static void finish_bf16(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    const float *sum = sums;
    for (int v = 0; v < 2 * LANES; v += LANES) {
        __m512 scale = _mm512_mul_ps(_mm512_load_ps(c->scales + output + v), _mm512_set1_ps(factor));
        __m512 bias = _mm512_load_ps(c->bias + output + v);
        for (int p = 0; p < count; p++) {
            __m256i *result = (__m256i *)(destination + p * step + 2 * v);
            __m512 value = _mm512_fmadd_ps(_mm512_load_ps(sum + 2 * LANES * p + v), scale, bias);
            if (c->finish.adds) {
                __m512i before = _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256(result)), 16);
                value = _mm512_fmadd_ps(
                    _mm512_castsi512_ps(before), _mm512_set1_ps(c->finish.addend_scale), value);
            }
            if (c->finish.relu) value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm256_storeu_si256(result, (__m256i)_mm512_cvtneps_pbh(value));
        }
    }
}

bool drc_supports_wide(drc_numbers numbers)
{
    if (!__builtin_cpu_supports("avx512f") || !__builtin_cpu_supports("avx512bw")) return false;
    switch (numbers) {
    case drc_f32:
    case drc_f16: return true;
    case drc_bf16: return __builtin_cpu_supports("avx512bf16");
    case drc_s16:
    case drc_s8: return __builtin_cpu_supports("avx512vnni");
    }
    return false;
}

drc_code drc_wide_code(drc_numbers numbers, drc_result result)
{
    drc_code code = {.columns = COLUMNS};
    bool integers = numbers == drc_s16 || numbers == drc_s8;
    if (integers != (result == drc_to_u8)) return code;
    switch (numbers) {
    case drc_f32: code.tile = sums_f32; break;
    case drc_f16: code.tile = sums_f16; break;
    case drc_bf16: code.tile = sums_bf16; break;
    case drc_s16: code.tile = sums_s16; break;
    case drc_s8: code.tile = sums_s8; break;
    }
    code.finish = integers ? finish_u8 : result == drc_to_bf16 ? finish_bf16 : finish_f32;
    return code;
}

#else

bool drc_supports_wide(drc_numbers numbers) { return (void)numbers, false; }
drc_code drc_wide_code(drc_numbers numbers, drc_result result)
{
    (void)numbers, (void)result;
    return (drc_code){0};
}

#endif
