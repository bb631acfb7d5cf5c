// What the kernels share: the work of a convolution as a list of runs.

#include "small_convolution.h"

#include <stddef.h>

/// Positions whose sums fit the vector registers beside the weights.
#define RUN_LIMIT 6

/// Up to how many positions the runs go by tap: weights are then most of what is read, and each is read once. Measured on Zen 3 in
/// u8: with 60 and 240 positions, by position takes 0.95 and 0.89 of the time by tap.
#define BY_TAP_LIMIT 24

/// Weights are asked for so many bytes before they are needed: they come out of the last cache or from behind it, and the CPU's
/// own prefetching does not quite hide how long that takes. Measured on Zen 5: 8 to 16 KiB are best, a fifth faster in f32 than none.
#define WEIGHTS_AHEAD 12288

/// One element of the kernel.
typedef struct {
    /// Where its weights begin in a block's, in elements.
    int weights;
    /// Where its inputs begin, seen from those of the kernel's first tap, in elements.
    int source;
} dsc_tap;

/// Some taps over some positions where none of them falls on padding.
typedef struct {
    /// Positions and taps.
    int count, tap_count;
    /// The taps, in the convolution's list of them.
    const dsc_tap *taps;
    /// Where each position's inputs of the first tap begin, in elements: under 0 where that tap falls on padding.
    int source[RUN_LIMIT];
    /// Where each position's sums begin, in elements.
    int sums[RUN_LIMIT];
} dsc_run;

struct dsc_convolution {
    dsc_shape shape;
    /// Outputs that are computed together.
    int block;
    int run_count;
    dsc_run *runs;
    /// What the runs' taps point into.
    dsc_tap *taps;
    /// [outputs / block, kernel * kernel, inputs / group, block, group]
    void *weights;
    float *scales, *bias;
    bool adds, relu;
    float addend_scale;
    /// One block's sums, [positions, block], of four bytes each.
    void *sums;
};

static inline int dsc_positions(const dsc_shape *shape) { return shape->output_height * shape->output_width; }

/// Zeroed bytes at the start of a cache line; NULL where memory is short. Free them with `free`.
void *dsc_aligned(size_t bytes);

/// The runs and empty room for the weights; NULL where memory is short.
dsc_convolution *dsc_plan(
    dsc_shape shape, int block, size_t weight_bytes, const float *scales, const float *bias);
