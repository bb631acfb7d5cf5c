#include "plan.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define VNNI "avx512f,avx512bw,avx512vnni"
#define AVX2 "avx2,fma"

// Outputs of one vector register times those that leave room for RUN_LIMIT positions, as in u8.c; inputs are multiplied in pairs.
enum { WIDE = 64, NARROW = 16 };

/// The largest magnitude of an input's integer: 14 bits.
static const float INPUT_MAXIMUM = 16383;
/// The largest sum of the magnitudes of an output's integer weights, so that no sum of products leaves 32 bits.
static const float WEIGHT_SUM_MAXIMUM = 131000;

struct dsc_stem {
    dsc_shape shape;
    bool wide;
    /// Pairs of taps in a row of the kernel, and integers in a row of the padded input.
    int pairs, row;
    /// [outputs / block, kernel, pairs, block, 2]
    int16_t *weights;
    float *scales, *bias;
    /// [input_height + 2 padding, row], the padding 0.
    int16_t *input;
    /// [output_height, output_width, output_channels]
    uint8_t *convolved;
};

static int block_of(const dsc_stem *stem) { return stem->wide ? WIDE : NARROW; }

/// The smallest step that keeps each of an output's weights within 16 bits and all of them within the sum, after rounding.
static float step(const float *kernel, int count)
{
    float largest = 0, sum = 0;
    for (int i = 0; i < count; i++) {
        largest = fmaxf(largest, fabsf(kernel[i]));
        sum += fabsf(kernel[i]);
    }
    float result = fmaxf(largest / 32767, sum / (WEIGHT_SUM_MAXIMUM - (float)count));
    return result > 1e-30f ? result : 1;
}

bool dsc_takes_stem(dsc_shape shape)
{
    return shape.input_channels == 1 && shape.output_channels % WIDE == 0 && shape.kernel <= 16;
}

dsc_stem *dsc_create_stem(dsc_shape shape, bool wide, const float *weights, const float *bias)
{
    dsc_stem *stem = calloc(1, sizeof *stem);
    if (!stem) return NULL;
    int taps = shape.kernel * shape.kernel;
    size_t outputs = (size_t)shape.output_channels;
    stem->shape = shape;
    stem->wide = wide;
    stem->pairs = (shape.kernel + 1) / 2;
    // Room for the pair that begins at the kernel's last column.
    stem->row = shape.input_width + 2 * shape.padding + 1;
    stem->weights = dsc_aligned(outputs * (size_t)(shape.kernel * stem->pairs) * 2 * sizeof *stem->weights);
    stem->scales = dsc_aligned(outputs * sizeof *stem->scales);
    stem->bias = dsc_aligned(outputs * sizeof *stem->bias);
    stem->input = dsc_aligned((size_t)((shape.input_height + 2 * shape.padding) * stem->row) * sizeof *stem->input);
    stem->convolved = dsc_aligned((size_t)(shape.output_height * shape.output_width) * outputs);
    if (!stem->weights || !stem->scales || !stem->bias || !stem->input || !stem->convolved) {
        dsc_destroy_stem(stem);
        return NULL;
    }
    memcpy(stem->bias, bias, outputs * sizeof *bias);
    int block = block_of(stem);
    for (int output = 0; output < shape.output_channels; output++) {
        const float *kernel = weights + output * taps;
        stem->scales[output] = step(kernel, taps);
        int16_t *packed = stem->weights + (output / block * shape.kernel * stem->pairs * block + output % block) * 2;
        for (int tap = 0; tap < taps; tap++) {
            int y = tap / shape.kernel, x = tap % shape.kernel;
            packed[(y * stem->pairs + x / 2) * block * 2 + x % 2] = (int16_t)lrintf(kernel[tap] / stem->scales[output]);
        }
    }
    return stem;
}

void dsc_destroy_stem(dsc_stem *stem)
{
    if (!stem) return;
    free(stem->weights);
    free(stem->scales);
    free(stem->bias);
    free(stem->input);
    free(stem->convolved);
    free(stem);
}

/// Fills the padded input; returns what one of its integers stands for.
__attribute__((target(AVX2))) static float quantise(const dsc_stem *stem, const float *source)
{
    int width = stem->shape.input_width, count = stem->shape.input_height * width, i = 0;
    const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7FFFFFFF));
    __m256 maxima = _mm256_setzero_ps();
    for (; i + 8 <= count; i += 8) maxima = _mm256_max_ps(maxima, _mm256_and_ps(_mm256_loadu_ps(source + i), magnitude));
    float largest = 0, lanes[8];
    _mm256_storeu_ps(lanes, maxima);
    for (int lane = 0; lane < 8; lane++) largest = fmaxf(largest, lanes[lane]);
    for (; i < count; i++) largest = fmaxf(largest, fabsf(source[i]));
    float input_step = largest / INPUT_MAXIMUM > 1e-30f ? largest / INPUT_MAXIMUM : 1, inverse = 1 / input_step;

    __m256 factor = _mm256_set1_ps(inverse);
    for (int y = 0; y < stem->shape.input_height; y++, source += width) {
        int16_t *row = stem->input + (y + stem->shape.padding) * stem->row + stem->shape.padding;
        int x = 0;
        for (; x + 8 <= width; x += 8) {
            __m256i integers = _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(source + x), factor));
            _mm_storeu_si128(
                (__m128i *)(row + x),
                _mm_packs_epi32(_mm256_castsi256_si128(integers), _mm256_extracti128_si256(integers, 1)));
        }
        for (; x < width; x++) row[x] = (int16_t)lrintf(source[x] * inverse);
    }
    return input_step;
}

static inline int32_t two(const int16_t *source)
{
    int32_t result;
    memcpy(&result, source, sizeof result);
    return result;
}

/// `_mm512_dpwssd_epi32`, which clang 21 takes apart into two instructions, for CPUs whose latency counts: here it is the throughput.
__attribute__((target(VNNI), always_inline)) static inline __m512i add_products(__m512i sum, __m512i a, __m512i b)
{
    __asm__("vpdpwssd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
    return sum;
}

// Always inlined, with a constant `count`: the sums are registers only then.

__attribute__((target(VNNI), always_inline)) static inline void wide_run(
    int count, const dsc_stem *stem, const int16_t *source, const int16_t *weights, int first, float input_step,
    uint8_t *destination)
{
    __m512i sum[RUN_LIMIT][4];
#pragma unroll
    for (int p = 0; p < count; p++)
#pragma unroll
        for (int v = 0; v < 4; v++) sum[p][v] = _mm512_setzero_si512();
    for (int y = 0; y < stem->shape.kernel; y++, source += stem->row)
        for (int pair = 0; pair < stem->pairs; pair++, weights += 2 * WIDE) {
            __m512i weight[4];
#pragma unroll
            for (int v = 0; v < 4; v++) weight[v] = _mm512_load_si512(weights + 32 * v);
#pragma unroll
            for (int p = 0; p < count; p++) {
                __m512i input = _mm512_set1_epi32(two(source + p * stem->shape.stride + 2 * pair));
#pragma unroll
                for (int v = 0; v < 4; v++) sum[p][v] = add_products(sum[p][v], input, weight[v]);
            }
        }
#pragma unroll
    for (int p = 0; p < count; p++)
#pragma unroll
        for (int v = 0; v < 4; v++) {
            __m512 scale = _mm512_mul_ps(_mm512_load_ps(stem->scales + first + 16 * v), _mm512_set1_ps(input_step));
            __m512 value = _mm512_fmadd_ps(
                _mm512_cvtepi32_ps(sum[p][v]), scale, _mm512_load_ps(stem->bias + first + 16 * v));
            value = _mm512_max_ps(value, _mm512_setzero_ps());
            _mm_store_si128(
                (__m128i *)(destination + p * stem->shape.output_channels + 16 * v),
                _mm512_cvtusepi32_epi8(_mm512_cvtps_epi32(value)));
        }
}

__attribute__((target(AVX2), always_inline)) static inline void narrow_run(
    int count, const dsc_stem *stem, const int16_t *source, const int16_t *weights, int first, float input_step,
    uint8_t *destination)
{
    __m256i sum[RUN_LIMIT][2];
#pragma unroll
    for (int p = 0; p < count; p++)
#pragma unroll
        for (int v = 0; v < 2; v++) sum[p][v] = _mm256_setzero_si256();
    for (int y = 0; y < stem->shape.kernel; y++, source += stem->row)
        for (int pair = 0; pair < stem->pairs; pair++, weights += 2 * NARROW) {
            __m256i weight[2];
#pragma unroll
            for (int v = 0; v < 2; v++) weight[v] = _mm256_load_si256((const __m256i *)(weights + 16 * v));
#pragma unroll
            for (int p = 0; p < count; p++) {
                __m256i input = _mm256_set1_epi32(two(source + p * stem->shape.stride + 2 * pair));
#pragma unroll
                for (int v = 0; v < 2; v++)
                    sum[p][v] = _mm256_add_epi32(sum[p][v], _mm256_madd_epi16(input, weight[v]));
            }
        }
#pragma unroll
    for (int p = 0; p < count; p++) {
        __m256i integers[2];
#pragma unroll
        for (int v = 0; v < 2; v++) {
            __m256 scale = _mm256_mul_ps(_mm256_load_ps(stem->scales + first + 8 * v), _mm256_set1_ps(input_step));
            __m256 value = _mm256_fmadd_ps(
                _mm256_cvtepi32_ps(sum[p][v]), scale, _mm256_load_ps(stem->bias + first + 8 * v));
            value = _mm256_min_ps(_mm256_max_ps(value, _mm256_setzero_ps()), _mm256_set1_ps(255));
            integers[v] = _mm256_cvtps_epi32(value);
        }
        __m256i words = _mm256_permute4x64_epi64(_mm256_packus_epi32(integers[0], integers[1]), 0xD8);
        _mm_store_si128(
            (__m128i *)(destination + p * stem->shape.output_channels),
            _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
    }
}

#define RUN(name, variant, target_)                                                                                   \
    __attribute__((target(target_))) static void name(                                                                \
        int count, const dsc_stem *stem, const int16_t *source, const int16_t *weights, int first, float input_step,  \
        uint8_t *destination)                                                                                         \
    {                                                                                                                 \
        switch (count) {                                                                                              \
        case 1: return variant(1, stem, source, weights, first, input_step, destination);                             \
        case 2: return variant(2, stem, source, weights, first, input_step, destination);                             \
        case 3: return variant(3, stem, source, weights, first, input_step, destination);                             \
        case 4: return variant(4, stem, source, weights, first, input_step, destination);                             \
        case 5: return variant(5, stem, source, weights, first, input_step, destination);                             \
        case 6: return variant(6, stem, source, weights, first, input_step, destination);                             \
        }                                                                                                             \
    }
RUN(run_wide, wide_run, VNNI)
RUN(run_narrow, narrow_run, AVX2)

/// The largest of each square of positions; padding, which is never larger than a value, is left out.
__attribute__((target(AVX2))) static void pool(const dsc_stem *stem, dsc_pooling pooling, uint8_t *destination)
{
    int channels = stem->shape.output_channels, height = stem->shape.output_height, width = stem->shape.output_width;
    for (int y = 0; y < pooling.output_height; y++)
        for (int x = 0; x < pooling.output_width; x++, destination += channels) {
            int top = y * pooling.stride - pooling.padding, left = x * pooling.stride - pooling.padding;
            int bottom = top + pooling.kernel, right = left + pooling.kernel;
            if (top < 0) top = 0;
            if (left < 0) left = 0;
            if (bottom > height) bottom = height;
            if (right > width) right = width;
            for (int channel = 0; channel < channels; channel += 32) {
                __m256i largest = _mm256_setzero_si256();
                for (int row = top; row < bottom; row++)
                    for (int column = left; column < right; column++)
                        largest = _mm256_max_epu8(
                            largest, _mm256_load_si256((const __m256i *)(
                                         stem->convolved + (row * width + column) * channels + channel)));
                _mm256_store_si256((__m256i *)(destination + channel), largest);
            }
        }
}

void dsc_run_stem(const dsc_stem *stem, dsc_pooling pooling, const float *source, uint8_t *destination)
{
    const dsc_shape *shape = &stem->shape;
    float input_step = quantise(stem, source);
    int block = block_of(stem);
    const int16_t *weights = stem->weights;
    for (int first = 0; first < shape->output_channels; first += block) {
        for (int y = 0; y < shape->output_height; y++)
            for (int x = 0; x < shape->output_width; x += RUN_LIMIT) {
                int count = shape->output_width - x < RUN_LIMIT ? shape->output_width - x : RUN_LIMIT;
                const int16_t *from = stem->input + y * shape->stride * stem->row + x * shape->stride;
                uint8_t *to = stem->convolved + (y * shape->output_width + x) * shape->output_channels + first;
                if (stem->wide) run_wide(count, stem, from, weights, first, input_step, to);
                else run_narrow(count, stem, from, weights, first, input_step, to);
            }
        weights += shape->kernel * stem->pairs * 2 * block;
    }
    pool(stem, pooling, destination);
}

#else

bool dsc_takes_stem(dsc_shape shape) { return (void)shape, false; }
dsc_stem *dsc_create_stem(dsc_shape shape, bool wide, const float *weights, const float *bias)
{
    (void)shape, (void)wide, (void)weights, (void)bias;
    return NULL;
}
void dsc_destroy_stem(dsc_stem *stem) { (void)stem; }
void dsc_run_stem(const dsc_stem *stem, dsc_pooling pooling, const float *source, uint8_t *destination)
{
    (void)stem, (void)pooling, (void)source, (void)destination;
}

#endif
