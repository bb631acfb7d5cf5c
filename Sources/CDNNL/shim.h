// oneDNN behind one set of names.
//
// oneDNN 2.x (Debian 12) describes an operation first and makes a primitive descriptor of it; 3.x (Debian 13) makes
// the primitive descriptor at once, and its memory descriptors are opaque. Swift cannot read DNNL_VERSION_MAJOR, so
// the two meet here: everything above this header is the same source for both.
#pragma once

#include <malloc.h>
#include <oneapi/dnnl/dnnl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

// libgomp has no header of its own for C callers outside an OpenMP compiler; the prototype is the OpenMP API's.
void omp_set_num_threads(int threads);
int omp_get_thread_num(void);
int omp_get_num_threads(void);
// What GCC makes of `#pragma omp parallel num_threads(threads)`; libgomp keeps it for every program ever compiled.
void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);

/// An owned memory descriptor: `dnnl_memory_desc_t *` in oneDNN 2.x, `dnnl_memory_desc_t` in 3.x.
typedef void *ddn_desc;

static inline int ddn_version_major(void) { return DNNL_VERSION_MAJOR; }

/// Whether the CPU multiplies bfloat16 itself. On others oneDNN emulates it, slower than f32, or refuses it.
static inline bool ddn_cpu_has_bfloat16(void)
{
    const int wanted = dnnl_cpu_isa_avx512_core_bf16;
    return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

/// Whether the CPU multiplies bfloat16 matrices in tiles (AMX), as oneDNN does where a pixel's channels lie side by side.
static inline bool ddn_cpu_has_bfloat16_tiles(void)
{
    const int wanted = dnnl_cpu_isa_avx512_core_amx;
    return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

// ---- Memory descriptors ----------------------------------------------------------------------------------------

static inline dnnl_status_t ddn_desc_create(
    ddn_desc *out, int ndims, const dnnl_dim_t *dims, dnnl_data_type_t type, dnnl_format_tag_t tag)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_t md = NULL;
    dnnl_status_t status = dnnl_memory_desc_create_with_tag(&md, ndims, dims, type, tag);
    *out = md;
    return status;
#else
    dnnl_memory_desc_t *md = (dnnl_memory_desc_t *)calloc(1, sizeof *md);
    if (!md) return dnnl_out_of_memory;
    dnnl_status_t status = dnnl_memory_desc_init_by_tag(md, ndims, dims, type, tag);
    if (status != dnnl_success) { free(md); md = NULL; }
    *out = md;
    return status;
#endif
}

/// A descriptor of any order of axes: `strides` are in elements.
static inline dnnl_status_t ddn_desc_create_strided(
    ddn_desc *out, int ndims, const dnnl_dim_t *dims, dnnl_data_type_t type, const dnnl_dim_t *strides)
{
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_t md = NULL;
    dnnl_status_t status = dnnl_memory_desc_create_with_strides(&md, ndims, dims, type, strides);
    *out = md;
    return status;
#else
    dnnl_memory_desc_t *md = (dnnl_memory_desc_t *)calloc(1, sizeof *md);
    if (!md) return dnnl_out_of_memory;
    dnnl_status_t status = dnnl_memory_desc_init_by_strides(md, ndims, dims, type, strides);
    if (status != dnnl_success) { free(md); md = NULL; }
    *out = md;
    return status;
#endif
}

static inline void ddn_desc_destroy(ddn_desc d)
{
    if (!d) return;
#if DNNL_VERSION_MAJOR >= 3
    dnnl_memory_desc_destroy((dnnl_memory_desc_t)d);
#else
    free(d);
#endif
}

static inline bool ddn_desc_equal(ddn_desc a, ddn_desc b)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_equal((dnnl_memory_desc_t)a, (dnnl_memory_desc_t)b) != 0;
#else
    return dnnl_memory_desc_equal((dnnl_memory_desc_t *)a, (dnnl_memory_desc_t *)b) != 0;
#endif
}

/// Bytes that a memory of this descriptor takes, padding of blocked formats included.
static inline size_t ddn_desc_size(ddn_desc d)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_desc_get_size((dnnl_memory_desc_t)d);
#else
    return dnnl_memory_desc_get_size((dnnl_memory_desc_t *)d);
#endif
}

static inline dnnl_status_t ddn_memory_create(dnnl_memory_t *out, ddn_desc d, dnnl_engine_t engine, void *handle)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_memory_create(out, (dnnl_memory_desc_t)d, engine, handle);
#else
    return dnnl_memory_create(out, (dnnl_memory_desc_t *)d, engine, handle);
#endif
}

// ---- Primitive descriptors -------------------------------------------------------------------------------------

// Every creator takes attributes (or NULL). They matter beyond post-ops: in the default scratchpad mode a primitive may
// only run on the thread that made it, so digitd always asks for dnnl_scratchpad_mode_user and brings the memory.

/// A copy, owned by the caller, of a descriptor that a primitive descriptor chose; NULL where there is none.
static inline ddn_desc ddn_pd_desc(dnnl_primitive_desc_t pd, dnnl_query_t what, int index)
{
#if DNNL_VERSION_MAJOR >= 3
    const_dnnl_memory_desc_t md = dnnl_primitive_desc_query_md(pd, what, index);
    dnnl_memory_desc_t copy = NULL;
    if (!md || dnnl_memory_desc_clone(&copy, md) != dnnl_success) return NULL;
    return copy;
#else
    const dnnl_memory_desc_t *md = dnnl_primitive_desc_query_md(pd, what, index);
    if (!md) return NULL;
    dnnl_memory_desc_t *copy = (dnnl_memory_desc_t *)malloc(sizeof *copy);
    if (copy) *copy = *md;
    return copy;
#endif
}

/// The implementation's name ("jit:avx2", "ref:any"): a reference one means a shape the library has no fast path for.
static inline const char *ddn_pd_implementation(dnnl_primitive_desc_t pd)
{
    const char *name = NULL;
    if (dnnl_primitive_desc_query(pd, dnnl_query_impl_info_str, 0, &name) != dnnl_success) return "";
    return name ? name : "";
}

#if DNNL_VERSION_MAJOR >= 3
#define DDN_MD(d) ((dnnl_memory_desc_t)(d))
#else
#define DDN_MD(d) ((dnnl_memory_desc_t *)(d))
#endif

/// 2-D convolution, forward. `bias` may be NULL; `strides`, `pad_low` and `pad_high` are {height, width}.
static inline dnnl_status_t ddn_convolution_forward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t kind, dnnl_alg_kind_t algorithm, ddn_desc src,
    ddn_desc weights, ddn_desc bias, ddn_desc dst, const dnnl_dim_t *strides, const dnnl_dim_t *pad_low,
    const dnnl_dim_t *pad_high, const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dim_t dilates[2] = {0, 0};
    return dnnl_convolution_forward_primitive_desc_create(pd, engine, kind, algorithm, DDN_MD(src),
        DDN_MD(weights), DDN_MD(bias), DDN_MD(dst), strides, dilates, pad_low, pad_high, attr);
#else
    dnnl_convolution_desc_t op;
    dnnl_status_t status = dnnl_convolution_forward_desc_init(&op, kind, algorithm, DDN_MD(src),
        DDN_MD(weights), DDN_MD(bias), DDN_MD(dst), strides, pad_low, pad_high);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

/// Gradient of a 2-D convolution with respect to its input; `hint` is the forward primitive descriptor.
static inline dnnl_status_t ddn_convolution_backward_data(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, ddn_desc diff_src, ddn_desc weights, ddn_desc diff_dst,
    const dnnl_dim_t *strides, const dnnl_dim_t *pad_low, const dnnl_dim_t *pad_high, dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dim_t dilates[2] = {0, 0};
    return dnnl_convolution_backward_data_primitive_desc_create(pd, engine, dnnl_convolution_direct,
        DDN_MD(diff_src), DDN_MD(weights), DDN_MD(diff_dst), strides, dilates, pad_low, pad_high, hint, attr);
#else
    dnnl_convolution_desc_t op;
    dnnl_status_t status = dnnl_convolution_backward_data_desc_init(&op, dnnl_convolution_direct, DDN_MD(diff_src),
        DDN_MD(weights), DDN_MD(diff_dst), strides, pad_low, pad_high);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, hint);
#endif
}

/// Gradient of a 2-D convolution with respect to its weights; `hint` is the forward primitive descriptor.
static inline dnnl_status_t ddn_convolution_backward_weights(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, ddn_desc src, ddn_desc diff_weights, ddn_desc diff_dst,
    const dnnl_dim_t *strides, const dnnl_dim_t *pad_low, const dnnl_dim_t *pad_high, dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dim_t dilates[2] = {0, 0};
    return dnnl_convolution_backward_weights_primitive_desc_create(pd, engine, dnnl_convolution_direct, DDN_MD(src),
        DDN_MD(diff_weights), NULL, DDN_MD(diff_dst), strides, dilates, pad_low, pad_high, hint, attr);
#else
    dnnl_convolution_desc_t op;
    dnnl_status_t status = dnnl_convolution_backward_weights_desc_init(&op, dnnl_convolution_direct, DDN_MD(src),
        DDN_MD(diff_weights), NULL, DDN_MD(diff_dst), strides, pad_low, pad_high);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, hint);
#endif
}

/// Batch normalisation over N, H and W with a scale and a shift per channel, forward; `data` serves input and output.
/// `fuse_relu` applies ReLU to the result and, in training, needs the workspace that the descriptor then asks for.
static inline dnnl_status_t ddn_batch_normalization_forward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t kind, ddn_desc data, float epsilon,
    bool use_global_stats, bool fuse_relu,
    const_dnnl_primitive_attr_t attr)
{
    unsigned flags = dnnl_use_scale | dnnl_use_shift | (use_global_stats ? dnnl_use_global_stats : 0)
        | (fuse_relu ? dnnl_fuse_norm_relu : 0);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_batch_normalization_forward_primitive_desc_create(
        pd, engine, kind, DDN_MD(data), DDN_MD(data), epsilon, flags, attr);
#else
    dnnl_batch_normalization_desc_t op;
    dnnl_status_t status = dnnl_batch_normalization_forward_desc_init(&op, kind, DDN_MD(data), epsilon, flags);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

/// Gradients of `ddn_batch_normalization_forward` with respect to input, scale and shift.
static inline dnnl_status_t ddn_batch_normalization_backward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, ddn_desc diff_data, ddn_desc data, float epsilon,
    bool use_global_stats, bool fuse_relu,
    dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attr)
{
    unsigned flags = dnnl_use_scale | dnnl_use_shift | (use_global_stats ? dnnl_use_global_stats : 0)
        | (fuse_relu ? dnnl_fuse_norm_relu : 0);
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_batch_normalization_backward_primitive_desc_create(pd, engine, dnnl_backward, DDN_MD(diff_data),
        DDN_MD(diff_data), DDN_MD(data), epsilon, flags, hint, attr);
#else
    dnnl_batch_normalization_desc_t op;
    dnnl_status_t status = dnnl_batch_normalization_backward_desc_init(
        &op, dnnl_backward, DDN_MD(diff_data), DDN_MD(data), epsilon, flags);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, hint);
#endif
}

/// 2-D pooling, forward; geometry as {height, width}.
static inline dnnl_status_t ddn_pooling_forward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t kind, dnnl_alg_kind_t alg, ddn_desc src,
    ddn_desc dst, const dnnl_dim_t *strides, const dnnl_dim_t *kernel, const dnnl_dim_t *pad_low,
    const dnnl_dim_t *pad_high,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dim_t dilates[2] = {0, 0};
    return dnnl_pooling_forward_primitive_desc_create(pd, engine, kind, alg, DDN_MD(src), DDN_MD(dst), strides, kernel,
        dilates, pad_low, pad_high, attr);
#else
    dnnl_pooling_desc_t op;
    dnnl_status_t status = dnnl_pooling_forward_desc_init(
        &op, kind, alg, DDN_MD(src), DDN_MD(dst), strides, kernel, pad_low, pad_high);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

/// Gradient of `ddn_pooling_forward` with respect to its input.
static inline dnnl_status_t ddn_pooling_backward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, ddn_desc diff_src, ddn_desc diff_dst,
    const dnnl_dim_t *strides, const dnnl_dim_t *kernel, const dnnl_dim_t *pad_low, const dnnl_dim_t *pad_high,
    dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    const dnnl_dim_t dilates[2] = {0, 0};
    return dnnl_pooling_backward_primitive_desc_create(pd, engine, alg, DDN_MD(diff_src), DDN_MD(diff_dst), strides,
        kernel, dilates, pad_low, pad_high, hint, attr);
#else
    dnnl_pooling_desc_t op;
    dnnl_status_t status = dnnl_pooling_backward_desc_init(
        &op, alg, DDN_MD(diff_src), DDN_MD(diff_dst), strides, kernel, pad_low, pad_high);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, hint);
#endif
}

/// Element-wise `dst = src0 + src1` (or another binary algorithm), with post-ops from `attr`.
static inline dnnl_status_t ddn_binary(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, ddn_desc src0, ddn_desc src1, ddn_desc dst,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_binary_primitive_desc_create(pd, engine, alg, DDN_MD(src0), DDN_MD(src1), DDN_MD(dst), attr);
#else
    dnnl_binary_desc_t op;
    dnnl_status_t status = dnnl_binary_desc_init(&op, alg, DDN_MD(src0), DDN_MD(src1), DDN_MD(dst));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

/// Element-wise function, forward; the hint of its backward.
static inline dnnl_status_t ddn_eltwise_forward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_prop_kind_t kind, dnnl_alg_kind_t alg, ddn_desc data,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_eltwise_forward_primitive_desc_create(
        pd, engine, kind, alg, DDN_MD(data), DDN_MD(data), 0.0f, 0.0f, attr);
#else
    dnnl_eltwise_desc_t op;
    dnnl_status_t status = dnnl_eltwise_forward_desc_init(&op, kind, alg, DDN_MD(data), 0.0f, 0.0f);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, NULL);
#endif
}

/// Gradient of an element-wise function that is computed from its output (the `_use_dst_` algorithms).
static inline dnnl_status_t ddn_eltwise_backward(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, dnnl_alg_kind_t alg, ddn_desc diff_data, ddn_desc data,
    dnnl_primitive_desc_t hint,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_eltwise_backward_primitive_desc_create(
        pd, engine, alg, DDN_MD(diff_data), DDN_MD(diff_data), DDN_MD(data), 0.0f, 0.0f, hint, attr);
#else
    dnnl_eltwise_desc_t op;
    dnnl_status_t status
        = dnnl_eltwise_backward_desc_init(&op, alg, DDN_MD(diff_data), DDN_MD(data), 0.0f, 0.0f);
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(pd, &op, attr, engine, hint);
#endif
}

/// A copy from one layout or data type to another.
static inline dnnl_status_t ddn_reorder(
    dnnl_primitive_desc_t *pd, dnnl_engine_t engine, ddn_desc src, ddn_desc dst, const_dnnl_primitive_attr_t attr)
{
    return dnnl_reorder_primitive_desc_create(pd, DDN_MD(src), engine, DDN_MD(dst), engine, attr);
}

/// The matrix product `c = a * b`.
static inline dnnl_status_t ddn_matmul(
    dnnl_primitive_desc_t *out, dnnl_engine_t engine, ddn_desc a, ddn_desc b, ddn_desc c,
    const_dnnl_primitive_attr_t attr)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_matmul_primitive_desc_create(out, engine, DDN_MD(a), DDN_MD(b), NULL, DDN_MD(c), attr);
#else
    dnnl_matmul_desc_t d;
    dnnl_status_t status = dnnl_matmul_desc_init(&d, DDN_MD(a), DDN_MD(b), NULL, DDN_MD(c));
    if (status != dnnl_success) return status;
    return dnnl_primitive_desc_create(out, &d, attr, engine, NULL);
#endif
}

// ---- Post-ops --------------------------------------------------------------------------------------------------

static inline dnnl_status_t ddn_post_ops_append_relu(dnnl_post_ops_t ops)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_eltwise(ops, dnnl_eltwise_relu, 0.0f, 0.0f);
#else
    return dnnl_post_ops_append_eltwise(ops, 1.0f, dnnl_eltwise_relu, 0.0f, 0.0f);
#endif
}

/// Adds `scale` times what the destination held before.
static inline dnnl_status_t ddn_post_ops_append_sum(dnnl_post_ops_t ops, float scale)
{
#if DNNL_VERSION_MAJOR >= 3
    return dnnl_post_ops_append_sum(ops, scale, 0, dnnl_data_type_undef);
#else
    return dnnl_post_ops_append_sum(ops, scale);
#endif
}

// ---- Integers --------------------------------------------------------------------------------------------------

// A convolution of integers turns its sums into steps of its output by a factor for each output channel. oneDNN 2.x
// takes the factors with the attributes and adds the bias before it multiplies; 3.x takes them as one more argument of
// each execution (DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS) and adds the bias afterwards.

static inline bool ddn_scales_are_arguments(void) { return DNNL_VERSION_MAJOR >= 3; }
static inline int ddn_arg_weight_scales(void)
{
#if DNNL_VERSION_MAJOR >= 3
    return DNNL_ARG_ATTR_SCALES | DNNL_ARG_WEIGHTS;
#else
    return DNNL_ARG_ATTR_OUTPUT_SCALES;
#endif
}

static inline dnnl_status_t ddn_attr_set_channel_scales(dnnl_primitive_attr_t attr, int count, const float *scales)
{
#if DNNL_VERSION_MAJOR >= 3
    (void)count, (void)scales;
    return dnnl_primitive_attr_set_scales_mask(attr, DNNL_ARG_WEIGHTS, 1 << 0);
#else
    return dnnl_primitive_attr_set_output_scales(attr, count, 1 << 1, scales);
#endif
}

/// Whether oneDNN may use AVX-512 here: the CPU has it, and no setting (ONEDNN_MAX_CPU_ISA) keeps oneDNN from it.
static inline bool ddn_cpu_has_avx512(void)
{
    const int wanted = dnnl_cpu_isa_avx512_core;
    return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

/// The same of its instructions for 8-bit integers.
static inline bool ddn_cpu_has_avx512_vnni(void)
{
    const int wanted = dnnl_cpu_isa_avx512_core_vnni;
    return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

/// Whether AVX2 is the most that oneDNN uses here: no AVX-512, and no AVX2 with instructions for 8-bit integers.
static inline bool ddn_cpu_has_avx2_at_most(void) { return dnnl_get_effective_cpu_isa() == dnnl_cpu_isa_avx2; }

/// Whether the CPU is one for which oneDNN has fast kernels for 8-bit integers.
static inline bool ddn_cpu_has_fast_int8(void)
{
    const int wanted = dnnl_cpu_isa_avx2;
    return ((int)dnnl_get_effective_cpu_isa() & wanted) == wanted;
}

// ---- Inference -------------------------------------------------------------------------------------------------

#include <oneapi/dnnl/dnnl_debug.h>  // dnnl_status2str

// The thread count belongs to the calling thread: read it to give it back.
int omp_get_max_threads(void);

// ---- End of inference ------------------------------------------------------------------------------------------
