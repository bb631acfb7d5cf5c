#include "plan.h"

#include <stdlib.h>
#include <string.h>

/// Zeroed bytes at the start of a cache line.
static void *aligned(size_t bytes)
{
    size_t rounded = (bytes + 63) / 64 * 64;
    void *result = aligned_alloc(64, rounded);
    if (result) memset(result, 0, rounded);
    return result;
}

bool dsc_takes(dsc_shape shape)
{
    return shape.input_channels % 4 == 0 && shape.output_channels % 64 == 0;
}

/// Lists the runs, tap by tap, so that a tap's weights are still in the first cache for its second run.
static int list_runs(const dsc_shape *shape, int block, dsc_run *runs)
{
    int count = 0;
    for (int tap = 0; tap < shape->kernel * shape->kernel; tap++) {
        dsc_run *run = NULL;
        for (int position = 0; position < dsc_positions(shape); position++) {
            int y = position / shape->output_width * shape->stride + tap / shape->kernel - shape->padding;
            int x = position % shape->output_width * shape->stride + tap % shape->kernel - shape->padding;
            if (y < 0 || y >= shape->input_height || x < 0 || x >= shape->input_width) continue;
            if (!run || run->count == RUN_LIMIT) {
                run = &runs[count++];
                run->count = 0;
                run->weights = tap * shape->input_channels * block;
            }
            run->source[run->count] = (y * shape->input_width + x) * shape->input_channels;
            run->sums[run->count] = position * block;
            run->count++;
        }
    }
    return count;
}

dsc_convolution *dsc_plan(dsc_shape shape, int block, size_t weight_bytes, const float *scales, const float *bias)
{
    dsc_convolution *result = calloc(1, sizeof *result);
    if (!result) return NULL;
    size_t outputs = (size_t)shape.output_channels;
    size_t runs = (size_t)(shape.kernel * shape.kernel) * (size_t)(dsc_positions(&shape) / RUN_LIMIT + 1);
    result->shape = shape;
    result->block = block;
    result->runs = calloc(runs, sizeof *result->runs);
    result->weights = aligned(weight_bytes);
    result->scales = aligned(outputs * sizeof *scales);
    result->bias = aligned(outputs * sizeof *bias);
    result->sums = aligned((size_t)(dsc_positions(&shape) * block) * 4);
    if (!result->runs || !result->weights || !result->scales || !result->bias || !result->sums) {
        dsc_destroy(result);
        return NULL;
    }
    memcpy(result->scales, scales, outputs * sizeof *scales);
    memcpy(result->bias, bias, outputs * sizeof *bias);
    result->run_count = list_runs(&shape, block, result->runs);
    return result;
}

void dsc_destroy(dsc_convolution *convolution)
{
    if (!convolution) return;
    free(convolution->runs);
    free(convolution->weights);
    free(convolution->scales);
    free(convolution->bias);
    free(convolution->sums);
    free(convolution);
}
