// The row convolutions with AVX2, and with AVX-VNNI: blocks of two registers of outputs.

#include "rows.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define AVX2 "avx2,fma,f16c"
#define VNNI "avx2,fma,f16c,avxvnni"
#define LANES 8
#define COLUMNS 6
/// Weights are asked for so many bytes before they are needed, out of the second cache.
#define NEAR_AHEAD 1024

static inline int32_t word_at(const char *place)
{
    int32_t result;
    memcpy(&result, place, sizeof result);
    return result;
}

#define NAME sums_f32
#define TARGET AVX2
#define VECTOR __m256
#define WEIGHT_BYTES 32
#define ZERO() _mm256_setzero_ps()
#define INPUT(place) _mm256_broadcast_ss((const float *)(place))
#define WEIGHT(place) _mm256_load_ps((const float *)(place))
#define ADD(sum, input, weight) _mm256_fmadd_ps(input, weight, sum)
#define STORE(place, sum) _mm256_store_ps((float *)(place), sum)
#include "rows_tile.h"

#define NAME sums_f16
#define TARGET AVX2
#define VECTOR __m256
#define WEIGHT_BYTES 16
#define ZERO() _mm256_setzero_ps()
#define INPUT(place) _mm256_broadcast_ss((const float *)(place))
#define WEIGHT(place) _mm256_cvtph_ps(_mm_load_si128((const __m128i *)(place)))
#define ADD(sum, input, weight) _mm256_fmadd_ps(input, weight, sum)
#define STORE(place, sum) _mm256_store_ps((float *)(place), sum)
#include "rows_tile.h"

#define NAME sums_s16
#define TARGET AVX2
#define VECTOR __m256i
#define WEIGHT_BYTES 32
#define ZERO() _mm256_setzero_si256()
#define INPUT(place) _mm256_set1_epi32(word_at(place))
#define WEIGHT(place) _mm256_load_si256((const __m256i *)(place))
#define ADD(sum, input, weight) _mm256_add_epi32(sum, _mm256_madd_epi16(input, weight))
#define STORE(place, sum) _mm256_store_si256((__m256i *)(place), sum)
#include "rows_tile.h"

// `vpmaddubsw` adds the products of two neighbouring inputs in 16 bits; the caller's weights see to it that they fit.
#define NAME sums_s8
#define TARGET AVX2
#define VECTOR __m256i
#define WEIGHT_BYTES 32
#define ZERO() _mm256_setzero_si256()
#define INPUT(place) _mm256_set1_epi32(word_at(place))
#define WEIGHT(place) _mm256_load_si256((const __m256i *)(place))
#define ADD(sum, input, weight) \
    _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(input, weight), _mm256_set1_epi16(1)))
#define STORE(place, sum) _mm256_store_si256((__m256i *)(place), sum)
#include "rows_tile.h"

#define NAME sums_s16_vnni
#define TARGET VNNI
#define VECTOR __m256i
#define WEIGHT_BYTES 32
#define ZERO() _mm256_setzero_si256()
#define INPUT(place) _mm256_set1_epi32(word_at(place))
#define WEIGHT(place) _mm256_load_si256((const __m256i *)(place))
#define ADD(sum, input, weight) _mm256_dpwssd_avx_epi32(sum, input, weight)
#define STORE(place, sum) _mm256_store_si256((__m256i *)(place), sum)
#include "rows_tile.h"

#define NAME sums_s8_vnni
#define TARGET VNNI
#define VECTOR __m256i
#define WEIGHT_BYTES 32
#define ZERO() _mm256_setzero_si256()
#define INPUT(place) _mm256_set1_epi32(word_at(place))
#define WEIGHT(place) _mm256_load_si256((const __m256i *)(place))
#define ADD(sum, input, weight) _mm256_dpbusd_avx_epi32(sum, input, weight)
#define STORE(place, sum) _mm256_store_si256((__m256i *)(place), sum)
#include "rows_tile.h"

__attribute__((target(AVX2))) static void finish_u8(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    const int32_t *sum = sums;
    for (int p = 0; p < count; p++) {
        char *result = destination + p * step;
        __m256i integers[2];
        for (int v = 0; v < 2; v++) {
            __m256 scale = _mm256_mul_ps(_mm256_load_ps(c->scales + output + 8 * v), _mm256_set1_ps(factor));
            __m256 value = _mm256_cvtepi32_ps(_mm256_load_si256((const __m256i *)(sum + 16 * p + 8 * v)));
            value = _mm256_fmadd_ps(value, scale, _mm256_load_ps(c->bias + output + 8 * v));
            if (c->finish.adds) {
                __m256i before = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(result + 8 * v)));
                value = _mm256_fmadd_ps(
                    _mm256_cvtepi32_ps(before), _mm256_set1_ps(c->finish.addend_scale), value);
            }
            // Cut off before the conversion, whose result for what no integer holds would be negative.
            value = _mm256_min_ps(_mm256_max_ps(value, _mm256_setzero_ps()), _mm256_set1_ps(255));
            integers[v] = _mm256_cvtps_epi32(value);
        }
        // Packing goes by halves of 128 bits: 0 1 2 3, 8 ... 11 and 4 5 6 7, 12 ... 15; the permutation puts them in
        // order.
        __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(integers[0], integers[1]), 0xD8);
        _mm_storeu_si128(
            (__m128i *)result, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
}

__attribute__((target(AVX2))) static void finish_f32(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    const float *sum = sums;
    for (int p = 0; p < count; p++)
        for (int v = 0; v < 16; v += 8) {
            float *result = (float *)(destination + p * step) + v;
            __m256 scale = _mm256_mul_ps(_mm256_load_ps(c->scales + output + v), _mm256_set1_ps(factor));
            __m256 value = _mm256_fmadd_ps(
                _mm256_load_ps(sum + 16 * p + v), scale, _mm256_load_ps(c->bias + output + v));
            if (c->finish.adds)
                value = _mm256_fmadd_ps(_mm256_loadu_ps(result), _mm256_set1_ps(c->finish.addend_scale), value);
            if (c->finish.relu) value = _mm256_max_ps(value, _mm256_setzero_ps());
            _mm256_storeu_ps(result, value);
        }
}

bool drc_supports_narrow(drc_numbers numbers, bool vnni)
{
    if (vnni && !__builtin_cpu_supports("avxvnni")) return false;
    return numbers != drc_bf16 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
        && __builtin_cpu_supports("f16c");
}

drc_code drc_narrow_code(drc_numbers numbers, drc_result result, bool vnni)
{
    drc_code code = {.columns = COLUMNS};
    bool integers = numbers == drc_s16 || numbers == drc_s8;
    if (result == drc_to_bf16 || integers != (result == drc_to_u8)) return code;
    switch (numbers) {
    case drc_f32: code.tile = sums_f32; break;
    case drc_f16: code.tile = sums_f16; break;
    case drc_bf16: return code;
    case drc_s16: code.tile = vnni ? sums_s16_vnni : sums_s16; break;
    case drc_s8: code.tile = vnni ? sums_s8_vnni : sums_s8; break;
    }
    code.finish = integers ? finish_u8 : finish_f32;
    return code;
}

#else

bool drc_supports_narrow(drc_numbers numbers, bool vnni) { return (void)numbers, (void)vnni, false; }
drc_code drc_narrow_code(drc_numbers numbers, drc_result result, bool vnni)
{
    (void)numbers, (void)result, (void)vnni;
    return (drc_code){0};
}

#endif
