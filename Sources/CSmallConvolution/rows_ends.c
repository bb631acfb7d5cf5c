// What comes before and behind the first of the row convolutions: the frames' way into a map, and the pooling.

#include "row_convolution.h"

#include <math.h>
#include <string.h>

/// The largest magnitude of an input's integer: 14 bits.
static const float INPUT_MAXIMUM = 16383;

static void clear_ends(const drc_map *map, int row, size_t column_bytes)
{
    char *start = (char *)map->first + row * map->row_step;
    for (int column = 1; column <= map->border; column++) {
        memset(start - column * map->column_step, 0, column_bytes);
        memset(start + (map->columns - 1 + column) * map->column_step, 0, column_bytes);
    }
}

void drc_place_f32(const float *frames, const drc_map *map)
{
    for (int row = 0; row < map->rows; row++) {
        float *to = (float *)((char *)map->first + row * map->row_step);
        for (int column = 0; column < map->columns; column++) to[column] = frames[column * map->rows + row];
        clear_ends(map, row, sizeof *to);
    }
}

float drc_place_s16(const float *frames, const drc_map *map)
{
    float largest = 0;
    for (int i = 0; i < map->rows * map->columns; i++)
        largest = fabsf(frames[i]) > largest ? fabsf(frames[i]) : largest;
    float step = largest / INPUT_MAXIMUM > 1e-30f ? largest / INPUT_MAXIMUM : 1, inverse = 1 / step;
    for (int row = 0; row < map->rows; row++) {
        int16_t *to = (int16_t *)((char *)map->first + row * map->row_step);
        for (int column = 0; column < map->columns; column++) {
            // Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the lowest bits.
            float rounded = frames[column * map->rows + row] * inverse + 0x1.8p23f;
            int32_t bits;
            memcpy(&bits, &rounded, sizeof bits);
            to[column] = (int16_t)bits;
        }
        clear_ends(map, row, sizeof *to);
    }
    return step;
}

/// The larger of each pair: of numbers that are not under 0, the larger one has the larger bits. Loops that any
/// compiler turns into vectors.
#define LARGER(name, type)                                                                                            \
    static inline void name(type *restrict result, const type *restrict other, int count)                             \
    {                                                                                                                 \
        for (int i = 0; i < count; i++) result[i] = other[i] > result[i] ? other[i] : result[i];                      \
    }
LARGER(larger_u8, uint8_t)
LARGER(larger_16, int16_t)
LARGER(larger_32, float)

void drc_pool(
    const drc_map *source, const drc_map *destination, drc_pooling pooling, int channels, int bytes_each, int first,
    int end)
{
    for (int y = first; y < end; y++) {
        int top = y * pooling.stride - pooling.padding, bottom = top + pooling.kernel;
        if (top < 0) top = 0;
        if (bottom > source->rows) bottom = source->rows;
        for (int x = 0; x < destination->columns; x++) {
            int left = x * pooling.stride - pooling.padding, right = left + pooling.kernel;
            if (left < 0) left = 0;
            if (right > source->columns) right = source->columns;
            char *to = (char *)destination->first + y * destination->row_step + x * destination->column_step;
            memset(to, 0, (size_t)(channels * bytes_each));
            for (int row = top; row < bottom; row++)
                for (int column = left; column < right; column++) {
                    const char *from
                        = (const char *)source->first + row * source->row_step + column * source->column_step;
                    if (bytes_each == 1) larger_u8((uint8_t *)to, (const uint8_t *)from, channels);
                    else if (bytes_each == 2) larger_16((int16_t *)to, (const int16_t *)from, channels);
                    else larger_32((float *)to, (const float *)from, channels);
                }
        }
        clear_ends(destination, y, (size_t)(channels * bytes_each));
    }
}
