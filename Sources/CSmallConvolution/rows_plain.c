// The row convolutions for a CPU of any kind: right, not fast.

#include "rows.h"

#include <math.h>

enum { BLOCK = 16, COLUMNS = 4 };

/// The sums of a tile, of so many numbers of a type in each word of 32 bits.
#define SUMS(name, sum_type, input_type, weight_type, group)                                                          \
    static void name(int count, const drc_tile *tile)                                                                 \
    {                                                                                                                 \
        sum_type *sums = tile->sums;                                                                                  \
        for (int p = 0; p < count; p++) {                                                                             \
            const weight_type *weights = (const weight_type *)tile->weights;                                          \
            for (int output = 0; output < BLOCK; output++) sums[BLOCK * p + output] = 0;                              \
            for (int row = 0; row < tile->row_count; row++) {                                                         \
                const input_type *input                                                                               \
                    = (const input_type *)(tile->source + row * tile->row_step + p * tile->column_step);              \
                for (int word = 0; word < tile->word_count; word++, input += group, weights += BLOCK * group)         \
                    for (int output = 0; output < BLOCK; output++)                                                    \
                        for (int i = 0; i < group; i++)                                                               \
                            sums[BLOCK * p + output] += (sum_type)input[i] * (sum_type)weights[group * output + i];   \
            }                                                                                                         \
        }                                                                                                             \
    }
SUMS(sums_f32, float, float, float, 1)
SUMS(sums_s16, int32_t, int16_t, int16_t, 2)
SUMS(sums_s8, int32_t, uint8_t, int8_t, 4)

static void finish_f32(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    for (int p = 0; p < count; p++) {
        float *result = (float *)(destination + p * step);
        for (int i = 0; i < BLOCK; i++) {
            float sum = ((const float *)sums)[BLOCK * p + i];
            float value = sum * (c->scales[output + i] * factor) + c->bias[output + i];
            if (c->finish.adds) value += c->finish.addend_scale * result[i];
            result[i] = c->finish.relu && !(value > 0) ? 0 : value;
        }
    }
}

static void finish_u8(
    const drc_convolution *c, const void *sums, int count, int output, char *destination, ptrdiff_t step, float factor)
{
    for (int p = 0; p < count; p++) {
        uint8_t *result = (uint8_t *)(destination + p * step);
        for (int i = 0; i < BLOCK; i++) {
            // Fused, as the vectors do it, so that all CPUs give the same integers.
            float sum = (float)((const int32_t *)sums)[BLOCK * p + i];
            float value = fmaf(sum, c->scales[output + i] * factor, c->bias[output + i]);
            if (c->finish.adds) value = fmaf((float)result[i], c->finish.addend_scale, value);
            result[i] = !(value > 0) ? 0 : value > 255 ? 255 : (uint8_t)lrintf(value);
        }
    }
}

drc_code drc_plain_code(drc_numbers numbers, drc_result result)
{
    drc_code code = {.columns = COLUMNS};
    bool integers = numbers == drc_s16 || numbers == drc_s8;
    if (result == drc_to_bf16 || integers != (result == drc_to_u8)) return code;
    switch (numbers) {
    case drc_f32: code.tile = sums_f32; break;
    case drc_s16: code.tile = sums_s16; break;
    case drc_s8: code.tile = sums_s8; break;
    case drc_f16:
    case drc_bf16: return code;
    }
    code.finish = integers ? finish_u8 : finish_f32;
    return code;
}
