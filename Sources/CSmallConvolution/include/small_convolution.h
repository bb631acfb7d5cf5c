#ifndef SMALL_CONVOLUTION_H
#define SMALL_CONVOLUTION_H

// Convolutions of maps of a few positions: what a 3x3 kernel on 3 x 6 or 2 x 3 positions asks of a CPU is to read a lot of
// weights and to do little with each. oneDNN, which does the other work of the network, multiplies the padding too (half of all
// products on 2 x 3 positions) and keeps weights in the type that it computes in. Here the padding is left out, and for single
// precision the weights stay the 16-bit halves that they are in the file: half of the bytes to read, and the same values. With AVX2 in
// 8-bit integers larger maps gain too.
//
// C, because it takes the compiler's vector intrinsics for one function at a time: Swift has neither them nor a way to compile
// a function for a CPU other than the module's.
//
// For maps that are low and of any width there is `row_convolution.h`.
//
// Windows one at a time, on the calling thread. Tensors are [height, width, channels], the channels fastest, 64-byte aligned.

#include <stdbool.h>
#include <stdint.h>

/// The extents of a convolution of a square kernel.
typedef struct {
    int input_height, input_width, input_channels;
    int output_height, output_width, output_channels;
    int kernel, stride, padding;
} dsc_shape;

/// A convolution with its weights in the order they are read in.
typedef struct dsc_convolution dsc_convolution;

/// Whether this CPU can run `dsc_run_f32`, with vectors of 512 bits (AVX-512) or of 256 (AVX2 with FMA and F16C).
bool dsc_supports_f32(bool wide);
/// Whether this CPU can run `dsc_run_u8`, with vectors of 512 bits (AVX-512 VNNI) or of 256 (AVX2 with FMA).
bool dsc_supports_u8(bool wide);
/// Whether channels come in the multiples that the kernels take.
bool dsc_takes(dsc_shape shape);

/// A convolution in single precision: output = scale * sum of products + bias, plus what the output held before where `adds`,
/// negative values cut off where `relu`.
///
/// `weights` are IEEE halves, row-major [outputs, inputs, kernel, kernel]; `scales` and `bias` have a value an output. All are
/// copied. `wide` as above. NULL where memory is short. Free it with `dsc_destroy`.
dsc_convolution *dsc_create_f32(
    dsc_shape shape, bool wide, const uint16_t *weights, const float *scales, const float *bias, bool adds, bool relu);

/// A convolution of 8-bit integers: output = scale * sum of products + bias + `addend_scale` times what the output held
/// before, rounded to the nearest (ties to even) and cut off at 0 and 255.
///
/// With vectors of 256 bits, 255 times the sum of two weights of the same sign for neighbouring inputs, 2 i and 2 i + 1, must fit 16
/// bits. The results are the same with either.
dsc_convolution *dsc_create_u8(
    dsc_shape shape, bool wide, const int8_t *weights, const float *scales, const float *bias, bool adds,
    float addend_scale);

void dsc_destroy(dsc_convolution *convolution);

void dsc_run_f32(const dsc_convolution *convolution, const float *source, float *destination);
void dsc_run_u8(const dsc_convolution *convolution, const uint8_t *source, uint8_t *destination);

// The network's first layers, from a window of numbers to 8-bit integers. oneDNN has no fast convolution of integers for a single input
// channel, and in single precision its result is written, read, rounded, written and read again. Here the window and the weights
// become integers of about 14 bits, exact to what 16-bit halves are, multiplied in pairs, and are rounded once more in the registers.

/// The first convolution.
typedef struct dsc_stem dsc_stem;

/// The extents of a max pooling of squares behind it.
typedef struct {
    int output_height, output_width, kernel, stride, padding;
} dsc_pooling;

/// Whether `dsc_run_stem` takes a convolution; where `dsc_supports_u8` says that this CPU can.
bool dsc_takes_stem(dsc_shape shape);

/// A convolution of one input channel, with `weights` row-major [outputs, kernel, kernel] and a `bias` an output, both in steps of the
/// output and copied. `wide` as in `dsc_supports_u8`. NULL where memory is short. Free it with `dsc_destroy_stem`.
dsc_stem *dsc_create_stem(dsc_shape shape, bool wide, const float *weights, const float *bias);
void dsc_destroy_stem(dsc_stem *stem);

/// Convolves `source`, [height, width]; rounds to the nearest (ties to even) and cuts off at 0 and 255; takes the largest of each
/// square of the pooling into `destination`, channels last. It uses memory of the stem: one call at a time.
void dsc_run_stem(const dsc_stem *stem, dsc_pooling pooling, const float *source, uint8_t *destination);

#endif
