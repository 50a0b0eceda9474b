/* The model being trained, architecture "qwen3" with tied output: weights, gradients, forward and backward over a batch of
 * documents. Weights and gradients are f32 in one flat array each; products run in bf16 where the CPU has it (or in f32
 * when asked), norms, softmax and sums in f32. Results do not depend on the number of threads.
 *
 *     x = embed[id]; per layer: x += Wo attention(norm(x)); x += Wdown swiglu(Wgate, Wup, norm(x)); logits = embed norm(x)
 *
 * One net is used by one thread at a time; it spreads the work over its pool. */
#ifndef HT_TRAIN_NET_H
#define HT_TRAIN_NET_H
#include "base/pool.h"
#include "tensor/op/train_attn.h"

typedef struct {
    uint32_t n_layer, n_head, n_kv_head, d_model, d_head, d_ff, n_vocab;
    uint32_t n_ctx; /* largest position + 1 */
    float rope_base, norm_eps;
} ht_net_shape;

/* One GGUF tensor's place in the flat arrays, as [rows][cols] f32. */
typedef enum { HT_PARAM_EMBED, HT_PARAM_NORM, HT_PARAM_MATRIX } ht_param_kind;
typedef struct {
    char name[40];
    size_t at; /* index of its first value */
    uint32_t rows, cols;
    ht_param_kind kind;
} ht_param;

/* Documents to run together. Plain data, owned by who fills it (train/batch.h). */
typedef struct {
    uint32_t n_token, n_span, n_doc, n_loss;
    uint16_t *ids;          /* [n_token] */
    ht_train_span *spans;   /* [n_span]: of all documents, a document's beginning before its branches */
    uint32_t *doc_span;     /* [n_doc + 1]: document i has spans doc_span[i] … doc_span[i+1]-1 */
    uint32_t *loss_row;     /* [n_loss] row whose output predicts … */
    uint16_t *loss_id;      /* [n_loss] … this id; a row may occur several times (the end of a beginning) */
} ht_batch;

/* Where the time goes. */
#define HT_PHASE_LIST(X)                                                                                                  \
    X(HT_PHASE_PACK, "pack weights") X(HT_PHASE_EMBED, "embedding") X(HT_PHASE_BLOCK, "forward blocks")                      \
    X(HT_PHASE_ATTN, "attention") X(HT_PHASE_LOSS, "output and loss") X(HT_PHASE_BLOCK_BACK, "backward blocks")              \
    X(HT_PHASE_ATTN_BACK, "attention backward") X(HT_PHASE_GRAD, "weight gradients") X(HT_PHASE_OPTIM, "optimiser") \
    X(HT_PHASE_DATA, "data")
#define HT_PHASE_ENUM(name, text) name,
typedef enum { HT_PHASE_LIST(HT_PHASE_ENUM) HT_PHASE_COUNT } ht_phase;
#undef HT_PHASE_ENUM

typedef struct ht_net ht_net;

/* The parameters of a shape in the order of the flat arrays; free() it. NULL: out of memory. *n_value: length of the arrays. */
ht_param *ht_net_list_params(const ht_net_shape *s, size_t *n, size_t *n_value);

/* NULL when the shape is one that can be trained; else what is wrong, for a person. */
const char *ht_net_shape_fault(const ht_net_shape *s);
/* max_tokens: largest batch. want_bf16 is honoured where the CPU (cpu: HT_CPU_ bits) has it. pool is borrowed. Weights: zero. */
HT_CHECKED ht_status ht_net_new(const ht_net_shape *shape, uint32_t max_tokens, bool want_bf16, unsigned cpu, ht_pool *pool, ht_net **out,
                                ht_error *err);
void ht_net_free(ht_net *net);
/* Norms 1; embedding and matrices normal with deviation 0.02, those that write into the residual / sqrt(2 n_layer). */
void ht_net_init(ht_net *net, uint64_t seed);

const ht_net_shape *ht_net_get_shape(const ht_net *net);
bool ht_net_is_bf16(const ht_net *net);
size_t ht_net_size(const ht_net *net); /* values in weights and in gradients */
float *ht_net_weights(ht_net *net);
float *ht_net_grads(ht_net *net);
const ht_param *ht_net_params(const ht_net *net, size_t *n);
/* Nanoseconds a phase has taken so far; add to it where the caller does the work. */
int64_t *ht_net_phase_ns(ht_net *net);
const char *ht_phase_text(ht_phase p);
/* Floating-point operations of a training step by the 6 N T convention, of the work that is done: layer matrices for every
 * token, the output matrix and what follows the last attention for the predicting ones; attention itself is not counted. */
double ht_net_flops(const ht_net *net, uint64_t n_token, uint64_t n_loss);

/* To be called after the weights have changed, before the next forward. */
void ht_net_pack(ht_net *net);
/* *loss: the sum of -log p over the batch's loss tokens. HT_TOO_BIG beyond max_tokens, HT_NO_MEMORY. */
HT_CHECKED ht_status ht_net_loss(ht_net *net, const ht_batch *b, double *loss, ht_error *err);
/* The same, and adds the gradient of that sum to the gradients. */
HT_CHECKED ht_status ht_net_loss_grad(ht_net *net, const ht_batch *b, double *loss, ht_error *err);
/* logits [n_loss][n_vocab] of the predicting rows. */
HT_CHECKED ht_status ht_net_logits(ht_net *net, const ht_batch *b, float *logits, ht_error *err);
#endif
