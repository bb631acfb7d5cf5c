#ifndef ROW_CONVOLUTION_H
#define ROW_CONVOLUTION_H

// Convolutions of maps that are low and of any width: 10, 5, 3 and 2 rows of bands, and a column for each 40 or 80 ms
// of an utterance.
//
// oneDNN compiles a convolution for one width, and utterances have a thousand of them. It would need 20 primitives and
// some milliseconds for each, and it multiplies padding in integers. Here the width is an argument of the call: the
// weights are packed once, whatever the width, and nothing is prepared for one.
//
// A map is [rows, columns, channels], the channels fastest, with `border` columns of zeros at both ends of each row.
// What a row of the kernel covers lies in one piece then, all its columns and channels, and so does what it is
// multiplied with: a convolution is a few dot products, one for each row of the kernel that is no padding. Some
// columns side by side are computed together, as many as fit the registers, for some outputs; a row's columns are
// divided into such tiles as evenly as possible. With two rows a third of a kernel's products are padding and left
// out.
//
// One function for each kind of numbers: they all take 32 bits of the input (one, two or four numbers) to all outputs
// at once.

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// What is multiplied.
typedef enum {
    /// Single precision.
    drc_f32,
    /// Weights in IEEE halves, which need half of the memory, with inputs in single precision.
    drc_f16,
    /// The upper halves of single precision; sums in single precision.
    drc_bf16,
    /// 16-bit integers; sums in 32 bits.
    drc_s16,
    /// Inputs of unsigned and weights of signed 8-bit integers; sums in 32 bits.
    drc_s8,
} drc_numbers;

/// What computes. The results of integers are the same with each.
typedef enum {
    /// C that any CPU runs.
    drc_plain,
    /// AVX2 with FMA and F16C. In `drc_s8`, 255 times the sum of two weights of the same sign for neighbouring inputs,
    /// 2 i and 2 i + 1, must fit 16 bits.
    drc_avx2,
    /// The same with AVX-VNNI, for integers.
    drc_avx_vnni,
    /// AVX-512: F and BW, with VNNI for integers and BF16 for its numbers.
    drc_avx512,
} drc_vectors;

/// What the outputs are.
typedef enum {
    drc_to_f32,
    drc_to_bf16,
    /// Rounded to the nearest (ties to even), cut off at 0 and 255.
    drc_to_u8,
} drc_result;

typedef struct {
    int inputs, outputs;
    int kernel_rows, kernel_columns;
    int row_stride, column_stride;
    /// On each side, of zeros.
    int padding;
} drc_shape;

/// What becomes of the sums: sum * scale + bias, and `addend_scale` times what the output held before where `adds`;
/// negative values are cut off where `relu`.
typedef struct {
    drc_result result;
    bool adds, relu;
    float addend_scale;
} drc_finish;

/// Where a tensor lies. Steps are in bytes.
typedef struct {
    /// Row 0, column 0.
    void *first;
    int rows, columns;
    /// Columns of zeros before and behind each row.
    int border;
    ptrdiff_t row_step, column_step;
} drc_map;

/// A convolution with its weights in the order they are read in. It may run on several threads at once.
typedef struct drc_convolution drc_convolution;

/// Whether this CPU and `drc_create` can do it.
bool drc_supports(drc_numbers numbers, drc_vectors vectors);
/// Outputs are written in so many at a time: a destination needs room for whole blocks of 4 bytes' outputs.
int drc_block(drc_vectors vectors);

/// A convolution; NULL where memory is short.
///
/// - `weights`: row-major [outputs, inputs, kernel rows, kernel columns] in `numbers`. Copied, as the others are.
/// - `scales`, `bias`: a value an output.
/// - `finish`: to u8 from integers, to f32 or (with AVX-512) bf16 from others.
drc_convolution *drc_create(
    drc_shape shape, drc_numbers numbers, drc_vectors vectors, drc_finish finish, const void *weights,
    const float *scales, const float *bias);
/// Tells which convolution runs next, whose first weights are then asked for early; it must live as long as this one.
void drc_set_next(drc_convolution *convolution, const drc_convolution *next);
void drc_destroy(drc_convolution *convolution);

/// How many parts the work for so many rows of output has; each may be done by another thread.
int drc_part_count(const drc_convolution *convolution, int rows);

/// Computes some parts.
///
/// - `source`: with a border of at least the padding, and readable to a multiple of four bytes behind what the kernel
///   covers.
/// - `destination`: its border is set to zeros.
/// - `factor`: the scales are multiplied with it.
void drc_run(
    const drc_convolution *convolution, const drc_map *source, const drc_map *destination, float factor, int first,
    int end);

/// The extents of a max pooling of squares.
typedef struct {
    int kernel, stride, padding;
} drc_pooling;

/// The largest of each square, for some rows of the destination, whose border is set to zeros. Numbers must not be
/// under 0; those of a column are `bytes_each`: 1 (u8), 2 (bf16) or 4 (f32).
void drc_pool(
    const drc_map *source, const drc_map *destination, drc_pooling pooling, int channels, int bytes_each, int first,
    int end);

/// Puts frames (each with a value a row of the map) into a map of a single channel in f32, and zeros into its border.
void drc_place_f32(const float *frames, const drc_map *map);
/// The same in integers of 14 bits and a sign; returns what 1 stands for.
float drc_place_s16(const float *frames, const drc_map *map);

#endif
