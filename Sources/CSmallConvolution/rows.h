// What the parts of the row convolutions share.

#include "row_convolution.h"

/// Some columns of one row of output, for one block of outputs.
typedef struct {
    /// What the first column's kernel covers, from its first row that is no padding.
    const char *source;
    /// Bytes from a kernel's row to its next, and from a column of output to its next.
    ptrdiff_t row_step, column_step;
    /// The block's, from that row.
    const char *weights;
    /// Rows of the kernel that are no padding, and words of 32 bits in each.
    int row_count, word_count;
    /// Bytes to be asked for by the way, the weights that are needed next, and how far to go on with each word.
    const char *ahead;
    ptrdiff_t ahead_step;
    /// [columns, block], of four bytes each.
    void *sums;
} drc_tile;

/// Largest number of columns of a tile, and of outputs of a block.
enum { COLUMNS_MAX = 14, BLOCK_MAX = 32 };

typedef void (*drc_tile_function)(int count, const drc_tile *tile);
typedef void (*drc_finish_function)(
    const drc_convolution *convolution, const void *sums, int count, int output, char *destination, ptrdiff_t step,
    float factor);

/// How one kind of numbers is computed.
typedef struct {
    drc_tile_function tile;
    drc_finish_function finish;
    /// Most columns of a tile.
    int columns;
} drc_code;

struct drc_convolution {
    drc_shape shape;
    drc_finish finish;
    drc_code code;
    /// Outputs that are computed together, blocks of them, and words of 32 bits in what a kernel's row covers.
    int block, block_count, word_count;
    /// Bytes of a block's weights for one row of the kernel.
    ptrdiff_t row_bytes;
    /// [blocks, kernel rows, words, block, numbers of a word]; `next` is the next convolution's.
    char *weights;
    const char *next;
    float *scales, *bias;
};

/// NULL functions where there is no such code.
drc_code drc_wide_code(drc_numbers numbers, drc_result result);
drc_code drc_narrow_code(drc_numbers numbers, drc_result result, bool vnni);
drc_code drc_plain_code(drc_numbers numbers, drc_result result);
bool drc_supports_wide(drc_numbers numbers);
bool drc_supports_narrow(drc_numbers numbers, bool vnni);

/// Zeroed bytes at the start of a cache line; NULL where memory is short. Free them with `free`.
void *dsc_aligned(size_t bytes);
