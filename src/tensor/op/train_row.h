/* Row operations of training, forward beside backward: one row a call, no threads, no state. "void" rows hold elements of
 * the set's type, bf16 or f32: what is kept for later is rounded where it is computed. The other rows are f32.
 * Sums differ between sets in order, exp by less than 2 units in the last place.
 * d… is the gradient of the loss with respect to …; "+=" arguments are added to, all others overwritten.
 * Outputs may not overlap inputs unless said so. */
#ifndef HT_TENSOR_OP_TRAIN_ROW_H
#define HT_TENSOR_OP_TRAIN_ROW_H
#include <stdbool.h>
#include <stddef.h>

/* One step of AdamW (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with lr inside the decay as PyTorch does). */
typedef struct {
    float lr, beta1, beta2, eps, decay;
    float grad_scale;     /* multiplies the gradient first: 1 / tokens, clipping */
    float fix1, fix2;     /* 1 / (1 - beta^step): the bias corrections */
} ht_adamw;

typedef struct {
    /* xhat = x / sqrt(mean(x^2) + eps), y = xhat * w; y may be x. Returns 1 / sqrt(…). The second keeps elements. */
    float (*norm)(float *xhat, float *y, const float *x, const float *w, size_t n, float eps);
    float (*norm_keep)(void *xhat, void *y, const float *x, const float *w, size_t n, float eps);
    /* dx += and dw += for y = xhat * w; inv: what norm returned. The second takes kept elements and gives y once more. */
    void (*norm_back)(float *dx, float *dw, const float *dy, const float *xhat, const float *w, float inv, size_t n);
    void (*norm_back_kept)(float *dx, float *dw, void *y, const float *dy, const void *xhat, const float *w, float inv, size_t n);
    /* h = gate * sigmoid(gate) * up (Shazeer 2020, arXiv:2002.05202). */
    void (*swiglu)(void *h, const void *gate, const void *up, size_t n);
    /* dgate, dup, and h once more. */
    void (*swiglu_back)(void *dgate, void *dup, void *h, const float *dh, const void *gate, const void *up, size_t n);
    /* Rotates the pairs (i, i + n/2) of x [n] in place by the angles of cos and sin [n/2]; sin_sign -1 turns back. */
    void (*rope)(float *x, const float *cos, const float *sin, size_t n, float sin_sign);
    /* p = exp(scale * s - max); entries of -INFINITY give exactly 0. Returns the sum; *max the largest scale * s. */
    float (*softmax)(void *p, const float *s, size_t n, float scale, float *max);
    /* p = exp(scale * s - lse), ds = p * (dp - dot) * scale. -INFINITY in s gives 0 in both. */
    void (*softmax_back)(void *p, void *ds, const float *s, const float *dp, size_t n, float scale, float lse, float dot);
    float (*dot)(const float *a, const float *b, size_t n);
    void (*add)(float *y, const float *x, size_t n);     /* y += x */
    void (*scale)(float *y, float factor, size_t n);     /* y *= factor */
    void (*adamw)(float *w, float *m, float *v, const float *grad, size_t n, const ht_adamw *s);
} ht_train_row;

/* The fastest set for these HT_CPU_ bits (0: scalar); is_bf16: the elements, as in what ht_gemm_pick gave. */
ht_train_row ht_train_row_pick(unsigned cpu, bool is_bf16);
#endif
