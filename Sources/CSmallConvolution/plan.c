#include "plan.h"

#include <stdlib.h>
#include <string.h>

void *dsc_aligned(size_t bytes)
{
    size_t rounded = (bytes + 63) / 64 * 64;
    void *result = aligned_alloc(64, rounded);
    if (result) memset(result, 0, rounded);
    return result;
}

bool dsc_takes(dsc_shape shape)
{
    // A set of taps is bits of an integer.
    return shape.input_channels % 4 == 0 && shape.output_channels % 64 == 0 && shape.kernel <= 5;
}

/// The taps of the kernel that do not fall on padding at a position, as a set of bits.
static unsigned valid_taps(const dsc_shape *shape, int position)
{
    unsigned result = 0;
    for (int tap = 0; tap < shape->kernel * shape->kernel; tap++) {
        int y = position / shape->output_width * shape->stride + tap / shape->kernel - shape->padding;
        int x = position % shape->output_width * shape->stride + tap % shape->kernel - shape->padding;
        if (y >= 0 && y < shape->input_height && x >= 0 && x < shape->input_width) result |= 1u << tap;
    }
    return result;
}

static void add_position(const dsc_shape *shape, int block, int position, dsc_run *run)
{
    int y = position / shape->output_width * shape->stride - shape->padding;
    int x = position % shape->output_width * shape->stride - shape->padding;
    run->source[run->count] = (y * shape->input_width + x) * shape->input_channels;
    run->sums[run->count] = position * block;
    run->count++;
}

static void add_tap(const dsc_shape *shape, int block, int tap, dsc_tap *result)
{
    result->weights = tap * shape->input_channels * block;
    result->source = (tap / shape->kernel * shape->input_width + tap % shape->kernel) * shape->input_channels;
}

/// A run for each tap and some of its positions. The weights are read once: a tap's are still in the first cache for its next run.
static int list_runs_by_tap(const dsc_shape *shape, int block, dsc_run *runs, dsc_tap *taps)
{
    int count = 0;
    for (int tap = 0; tap < shape->kernel * shape->kernel; tap++) {
        dsc_run *run = NULL;
        add_tap(shape, block, tap, &taps[tap]);
        for (int position = 0; position < dsc_positions(shape); position++) {
            if (!(valid_taps(shape, position) >> tap & 1)) continue;
            if (!run || run->count == RUN_LIMIT) {
                run = &runs[count++];
                run->taps = &taps[tap];
                run->tap_count = 1;
            }
            add_position(shape, block, position, run);
        }
    }
    return count;
}

/// A run for some positions with all of their taps, so that sums stay in registers from the first to the last; -1 where memory
/// is short.
static int list_runs_by_position(const dsc_shape *shape, int block, dsc_run *runs, dsc_tap *taps)
{
    int count = 0, positions = dsc_positions(shape);
    unsigned *masks = calloc((size_t)positions, sizeof *masks);
    if (!masks) return -1;
    for (int position = 0; position < positions; position++) masks[position] = valid_taps(shape, position);
    for (int first = 0; first < positions; first++) {
        unsigned valid = masks[first];
        int alike = 0, before = 0;
        for (int position = 0; position < positions; position++) {
            if (masks[position] != valid) continue;
            alike++;
            before += position < first;
        }
        if (!valid || before) continue;
        int tap_count = 0;
        for (int tap = 0; tap < shape->kernel * shape->kernel; tap++)
            if (valid >> tap & 1) add_tap(shape, block, tap, &taps[tap_count++]);
        // Runs of about the same length: of 7 positions 4 and 3, not 6 and 1.
        int left = (alike + RUN_LIMIT - 1) / RUN_LIMIT;
        dsc_run *run = NULL;
        int room = 0;
        for (int position = first; position < positions; position++) {
            if (masks[position] != valid) continue;
            if (room == 0) {
                room = (alike + left - 1) / left;
                left--;
                run = &runs[count++];
                run->taps = taps;
                run->tap_count = tap_count;
            }
            add_position(shape, block, position, run);
            room--;
            alike--;
        }
        taps += tap_count;
    }
    free(masks);
    return count;
}

dsc_convolution *dsc_plan(dsc_shape shape, int block, size_t weight_bytes, const float *scales, const float *bias)
{
    dsc_convolution *result = calloc(1, sizeof *result);
    if (!result) return NULL;
    size_t outputs = (size_t)shape.output_channels;
    // At most, by tap and by position.
    size_t all_taps = (size_t)(shape.kernel * shape.kernel), positions = (size_t)dsc_positions(&shape);
    bool by_tap = positions <= BY_TAP_LIMIT;
    size_t runs = by_tap ? all_taps * (positions / RUN_LIMIT + 1) : positions;
    result->shape = shape;
    result->block = block;
    result->runs = calloc(runs, sizeof *result->runs);
    result->taps = calloc(by_tap ? all_taps : all_taps * positions, sizeof *result->taps);
    result->weights = dsc_aligned(weight_bytes);
    result->scales = dsc_aligned(outputs * sizeof *scales);
    result->bias = dsc_aligned(outputs * sizeof *bias);
    result->sums = dsc_aligned((size_t)(dsc_positions(&shape) * block) * 4);
    if (!result->runs || !result->taps || !result->weights || !result->scales || !result->bias || !result->sums) {
        dsc_destroy(result);
        return NULL;
    }
    memcpy(result->scales, scales, outputs * sizeof *scales);
    memcpy(result->bias, bias, outputs * sizeof *bias);
    result->run_count = (by_tap ? list_runs_by_tap : list_runs_by_position)(&shape, block, result->runs, result->taps);
    if (result->run_count < 0) {
        dsc_destroy(result);
        return NULL;
    }
    return result;
}

void dsc_destroy(dsc_convolution *convolution)
{
    if (!convolution) return;
    free(convolution->runs);
    free(convolution->taps);
    free(convolution->weights);
    free(convolution->scales);
    free(convolution->bias);
    free(convolution->sums);
    free(convolution);
}
