// The sums of a tile, once for each kind of numbers: no include guard. The including file defines
//
//   NAME             of the function
//   TARGET           the CPU's features
//   VECTOR           the type of a register of sums
//   LANES            sums in it
//   COLUMNS          most columns of a tile: two registers of sums each, beside the two of weights and one of inputs
//   WEIGHT_BYTES     bytes that are read for a register of weights
//   ZERO()           sums of 0
//   INPUT(place)     32 bits at an address, to all lanes
//   WEIGHT(place)    a register of weights
//   ADD(sum, input, weight)
//   STORE(place, sum)
//
// The counts are constants where `sums` is inlined: only then are the sums registers.

#define JOINED(a, b) a##b
#define NAMED(a, b) JOINED(a, b)
#define SUMS NAMED(NAME, _of)

__attribute__((target(TARGET), always_inline)) static inline void SUMS(const int count, const drc_tile *tile)
{
    VECTOR sum[COLUMNS][2];
#pragma unroll
    for (int p = 0; p < count; p++) sum[p][0] = sum[p][1] = ZERO();
    const char *weights = tile->weights, *ahead = tile->ahead;
    const ptrdiff_t step = tile->column_step, ahead_step = tile->ahead_step;
    for (int row = 0; row < tile->row_count; row++) {
        // A pointer for three columns each: the CPU adds a register once or twice to an address at no cost.
        const char *place[(COLUMNS + 2) / 3];
#pragma unroll
        for (int p = 0; p < count; p += 3) place[p / 3] = tile->source + row * tile->row_step + p * step;
        for (int word = tile->word_count; word > 0; word--) {
            _mm_prefetch(weights + NEAR_AHEAD, _MM_HINT_T0);
            if (WEIGHT_BYTES == 64) _mm_prefetch(weights + NEAR_AHEAD + 64, _MM_HINT_T0);
            _mm_prefetch(ahead, _MM_HINT_T1);
            VECTOR weight[2] = {WEIGHT(weights), WEIGHT(weights + WEIGHT_BYTES)};
#pragma unroll
            for (int p = 0; p < count; p++) {
                VECTOR input = INPUT(place[p / 3] + p % 3 * step);
                sum[p][0] = ADD(sum[p][0], input, weight[0]);
                sum[p][1] = ADD(sum[p][1], input, weight[1]);
            }
            weights += 2 * WEIGHT_BYTES;
            ahead += ahead_step;
#pragma unroll
            for (int p = 0; p < count; p += 3) {
                place[p / 3] += 4;
                // Not known to be a step apart: clang would compute each address by an addition, where the products'
                // ports are busy.
                __asm__("" : "+r"(place[p / 3]));
            }
        }
    }
#pragma unroll
    for (int p = 0; p < count; p++) {
        STORE((char *)tile->sums + 8 * LANES * p, sum[p][0]);
        STORE((char *)tile->sums + 8 * LANES * p + 4 * LANES, sum[p][1]);
    }
}

__attribute__((target(TARGET))) static void NAME(int count, const drc_tile *tile)
{
    switch (count) {
    case 1: return SUMS(1, tile);
    case 2: return SUMS(2, tile);
    case 3: return SUMS(3, tile);
    case 4: return SUMS(4, tile);
    case 5: return SUMS(5, tile);
    case 6: return SUMS(6, tile);
#if COLUMNS > 6
    case 7: return SUMS(7, tile);
    case 8: return SUMS(8, tile);
    case 9: return SUMS(9, tile);
    case 10: return SUMS(10, tile);
    case 11: return SUMS(11, tile);
    case 12: return SUMS(12, tile);
    case 13: return SUMS(13, tile);
    case 14: return SUMS(14, tile);
#endif
    }
}

#undef JOINED
#undef NAMED
#undef SUMS
#undef NAME
#undef TARGET
#undef VECTOR
#undef WEIGHT_BYTES
#undef ZERO
#undef INPUT
#undef WEIGHT
#undef ADD
#undef STORE
