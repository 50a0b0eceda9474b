/* What the files of net share: the layout of weights, of what forward leaves for backward (the tape), and of scratch. */
#ifndef HT_TRAIN_NET_IMPL_H
#define HT_TRAIN_NET_IMPL_H
#include "train/net.h"

enum {
    NET_BLOCK = 96,       /* token rows a part: 16 register tiles; activations of a block stay in L2 */
    NET_SUPER = 10 * 96,  /* rows between two passes of weight gradients: their operands stay in L3 */
    NET_LOSS_BLOCK = 48,  /* rows of logits a part */
    NET_LOSS_SUPER = 768, /* rows between two passes of the output matrix's gradient */
};

/* One product's weights [n_out][n_in] and both packings. */
typedef struct {
    size_t at; /* in the flat arrays */
    uint32_t n_out, n_in;
    void *forward;  /* panels [n_in][n_out]: y = x W^T */
    void *backward; /* panels [n_out][n_in]: dx = dy W */
} net_matrix;

typedef struct {
    net_matrix qkv, o, gate_up, down;
    size_t attn_norm, q_norm, k_norm, ffn_norm; /* in the flat arrays */
    /* tape */
    void *xhat1, *qkv_out, *attn_out, *xhat2, *gate_up_out; /* [T][…] elements */
    float *inv1, *inv2, *lse;                               /* [T], [T], [T][n_head] */
} net_layer;

/* One thread's working memory. */
typedef struct {
    void *a, *dy, *h, *dgu;  /* [NET_BLOCK][d_model, d_model, d_ff, 2 d_ff] elements */
    float *dh, *dxn;         /* [NET_BLOCK][d_ff], [NET_BLOCK][d_model] */
    float *row;              /* [d_model] */
    void *pack;              /* [64][widest row] elements: weights on their way into panels */
    float *logits;           /* [NET_LOSS_BLOCK][n_vocab] */
    void *dlogits;           /* [NET_LOSS_BLOCK][n_vocab] elements */
    void *attn;              /* grown by need */
    size_t attn_bytes;
} net_scratch;

struct ht_net {
    ht_net_shape shape;
    ht_gemm g;
    ht_train_row row;
    ht_pool *pool;
    uint32_t max_tokens, d_q, d_qkv; /* widths of the query and of the q, k, v rows */
    float *w, *grad;
    size_t n_value;
    ht_param *params;
    size_t n_param;
    size_t out_norm;
    net_matrix embed;
    net_layer *layers;
    float *cos, *sin; /* [n_ctx][d_head / 2] */
    float *x, *dx;    /* [T][d_model] residual stream and its gradient */
    /* After the last attention only rows that predict something matter: from there on rows are the needed ones, in order. */
    uint32_t n_need, *need, *place; /* rows needed; [T] their numbers; [T] number of a row among them */
    void *attn_need;                /* [n_need][d_q] elements: attention output of the last layer */
    void *dattn, *dqkv; /* [T][d_q], [T][d_qkv] elements */
    /* panels over a super-block's rows, the operands of weight gradients */
    void *sb_a, *sb_dy, *sb_dy2, *sb_attn, *sb_h, *sb_wide; /* d_model, d_model, d_model, d_q, d_ff, max(2 d_ff, d_qkv) */
    float *dgain_blocks; /* [blocks][d_model], then summed in order */
    float *dgain_heads;  /* [documents x kv heads][2][d_head] */
    size_t n_dgain_heads;
    /* output */
    void *hidden, *sb_hidden, *sb_dlogits; /* [NET_LOSS_SUPER][d_model] elements, panels of it, panels of the logits' gradient */
    float *hidden_hat, *hidden_inv, *dhidden; /* [NET_LOSS_SUPER][d_model], [NET_LOSS_SUPER], as hidden_hat */
    double *row_loss;   /* [NET_LOSS_SUPER] */
    net_scratch *scratch; /* one a thread */
    int64_t phase_ns[HT_PHASE_COUNT];
};

/* Row t of elements, width a row. */
static inline void *net_row(const ht_net *net, const void *base, size_t t, size_t width)
{
    return (char *)(uintptr_t)base + t * width * net->g.elem_bytes;
}

/* The tape comes from memory, a row in random order of ten arrays: asks for n bytes that are needed a few rows later. */
static inline void net_prefetch(const void *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64)
        __builtin_prefetch((const char *)p + i);
}

/* The attention operands of a layer. */
ht_train_attn net_attn(const ht_net *net, const net_layer *l);
/* Makes every thread's attention scratch large enough for the batch; false when memory is gone. */
bool net_grow_attn(ht_net *net, const ht_batch *b);
/* Lists the needed rows of the batch. */
void net_list_needed(ht_net *net, const ht_batch *b);
/* The attention output that a layer's second half works on. */
static inline const void *net_attn_rows(const ht_net *net, const net_layer *l)
{
    return l == &net->layers[net->shape.n_layer - 1] ? net->attn_need : l->attn_out;
}
/* Runs the layers; net->x holds the last residual of the needed rows afterwards. */
void net_forward(ht_net *net, const ht_batch *b);
/* From the gradient of the last residual of the needed rows, in net->dx, down to the embedding. */
void net_backward(ht_net *net, const ht_batch *b);
/* Output norm, logits, loss; is_grad: also net->dx and the gradients of the embedding and the norm. logits may be NULL. */
double net_output(ht_net *net, const ht_batch *b, bool is_grad, float *logits);
#endif
