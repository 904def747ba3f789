/* L is how many examples lie side by side: LANES in a batch, 1 for one example. It is a constant wherever
   these are called, as are all sizes, so that each call becomes code of its own. */
#define OPERATION __attribute__((unused, always_inline)) static inline

typedef float v16 __attribute__((vector_size(64), aligned(4), may_alias));
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef float v4 __attribute__((vector_size(16), aligned(4), may_alias));
typedef float batch __attribute__((vector_size(4 * LANES), may_alias));
typedef int32_t v8_mask __attribute__((vector_size(32), aligned(4)));
typedef int32_t v4_mask __attribute__((vector_size(16), aligned(4)));
typedef int32_t batch_mask __attribute__((vector_size(4 * LANES)));

#define AT(type, place) (*(const type *)(place))
#define PUT(type, place, value) (*(type *)(place) = (value))
#define EACH(type, value) ((type){0} + (value))
#define PICK(type, when, a, b) ((type)(((when) & (type##_mask)(a)) | (~(when) & (type##_mask)(b))))
#define AT_LEAST(type, a, low) PICK(type, (a) > EACH(type, low), a, EACH(type, low))
#define AT_MOST(type, a, high) PICK(type, (a) < EACH(type, high), a, EACH(type, high))

/* Four numbers of two vectors, by their places: 0 to 3 are those of the first, 4 to 7 those of the second. */
#if defined __clang__ || __GNUC__ >= 12
#define MIX(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define MIX(a, b, i, j, k, l) __builtin_shuffle(a, b, (v4_mask){i, j, k, l})
#endif

OPERATION float exponential(float x)
{
    /* 2^n * e^r with |r| <= log(2) / 2, and a polynomial for e^r (Cephes, expf). */
    x = x > 88.0f ? 88.0f : x;
    x = x < -87.0f ? -87.0f : x;
    const float n = (x * 1.44269504f + 12582912.0f) - 12582912.0f;
    const float r = x - n * 0.693359375f + n * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    union { int32_t bits; float number; } power = {.bits = ((int32_t)n + 127) << 23};
    return p * power.number;
}

OPERATION float clamp(float x, float low, float high)
{
    x = x > low ? x : low;
    return x < high ? x : high;
}

OPERATION float sigmoid(float x) { return 1.0f / (1.0f + exponential(-x)); }
OPERATION float hyperbolic_tangent(float x) { return 2.0f * sigmoid(2.0f * x) - 1.0f; }
OPERATION float leaky(float x, float slope) { return x > 0.0f ? x : slope * x; }
OPERATION float elu(float x, float slope) { return x > 0.0f ? x : slope * (exponential(x) - 1.0f); }
OPERATION float hardsigmoid(float x) { return clamp(x + 3.0f, 0.0f, 6.0f) * (1.0f / 6.0f); }
OPERATION float silu(float x) { return x * sigmoid(x); }
OPERATION float hardswish(float x) { return x * hardsigmoid(x); }
OPERATION float gelu(float x) { return 0.5f * x * (1.0f + erff(x * 0.707106781f)); }
OPERATION float gelu_tanh(float x)
{
    return x * sigmoid(1.59576912f * (x + 0.044715f * x * x * x));
}

/* Zeros around each plane. */
OPERATION void zero_halo(float *y, int channels, int rows, int columns, int halo_rows, int halo_columns, int L)
{
    const size_t pitch = (size_t)(columns + 2 * halo_columns) * (size_t)L;
    for (int c = 0; c < channels; c++, y += pitch * (size_t)(rows + 2 * halo_rows)) {
        const size_t above = pitch * (size_t)halo_rows + (size_t)(halo_columns * L);
        memset(y, 0, above * sizeof *y);
        float *row = y + above + (size_t)(columns * L);
        for (int r = 0; r + 1 < rows; r++, row += pitch)
            for (int i = 0; i < 2 * halo_columns * L; i++)
                row[i] = 0.0f;
        memset(row, 0, above * sizeof *y);
    }
}

/* One example into a place with halos. */
OPERATION void load_one(float *y, const float *x, int channels, int rows, int columns, size_t pitch, size_t plane)
{
    for (int c = 0; c < channels; c++, y += plane)
        for (int r = 0; r < rows; r++, x += columns)
            memcpy(y + (size_t)r * pitch, x, (size_t)columns * sizeof *y);
}

/* Up to LANES examples, each `size` long, side by side; what is missing is 0. */
OPERATION void load_batch(
    float *y, const float *x, int count, int channels, int rows, int columns, size_t pitch, size_t plane)
{
    const size_t size = (size_t)channels * (size_t)rows * (size_t)columns;
    for (int c = 0; c < channels; c++)
        for (int r = 0; r < rows; r++) {
            const float *from = x + (size_t)(c * rows + r) * (size_t)columns;
            float *to = y + ((size_t)c * plane + (size_t)r * pitch) * LANES;
            int i = 0;
            if (count == LANES)
                for (; i + 4 <= columns; i += 4)
                    for (int l = 0; l < LANES; l += 4) {
                        const float *p = from + (size_t)l * size + i;
                        float *q = to + i * LANES + l;
                        const v4 a = AT(v4, p), b = AT(v4, p + size), d = AT(v4, p + 2 * size),
                                 e = AT(v4, p + 3 * size);
                        const v4 ab = MIX(a, b, 0, 4, 1, 5), de = MIX(d, e, 0, 4, 1, 5);
                        const v4 ba = MIX(a, b, 2, 6, 3, 7), ed = MIX(d, e, 2, 6, 3, 7);
                        PUT(v4, q, MIX(ab, de, 0, 1, 4, 5));
                        PUT(v4, q + LANES, MIX(ab, de, 2, 3, 6, 7));
                        PUT(v4, q + 2 * LANES, MIX(ba, ed, 0, 1, 4, 5));
                        PUT(v4, q + 3 * LANES, MIX(ba, ed, 2, 3, 6, 7));
                    }
            for (; i < columns; i++)
                for (int l = 0; l < LANES; l++)
                    to[i * LANES + l] = l < count ? from[(size_t)l * size + (size_t)i] : 0.0f;
        }
}

/* The examples of a batch, one after the other; or one example without its halos. */
OPERATION void store(
    float *y, const float *x, int count, int channels, int rows, int columns, size_t pitch, size_t plane, int L)
{
    const size_t size = (size_t)channels * (size_t)rows * (size_t)columns;
    for (int l = 0; l < count; l++)
        for (int c = 0; c < channels; c++)
            for (int r = 0; r < rows; r++)
                for (int i = 0; i < columns; i++)
                    y[(size_t)l * size + (size_t)((c * rows + r) * columns + i)] =
                        x[((size_t)c * plane + (size_t)r * pitch + (size_t)i) * (size_t)L + (size_t)l];
}

/* Columns apart by `stride` become neighbours: `stride` parts of each row, one after the other, with padding. */
OPERATION void part_columns(
    float *restrict y, const float *restrict x, int channels, int rows, int columns, size_t pitch, size_t plane,
    int padded_rows, int top, int left, int stride, int part)
{
    memset(y, 0, (size_t)(channels * padded_rows * stride * part) * sizeof *y);
    for (int c = 0; c < channels; c++, x += plane)
        for (int r = 0; r < padded_rows; r++)
            for (int s = 0; s < stride; s++, y += part) {
                const int first = s < left ? (left - s + stride - 1) / stride : 0;
                const int end = (columns + left - s + stride - 1) / stride;
                if (r < top || r >= top + rows)
                    continue;
                const float *const row = x + (size_t)(r - top) * pitch;
                for (int i = first; i < end && i < part; i++)
                    y[i] = row[i * stride + s - left];
            }
}
