/* The steps that the families share, on the rows of a pass. Each is one line of a forward function. */
#ifndef HT_MODEL_BLOCK_H
#define HT_MODEL_BLOCK_H
#include "model/impl.h"

/* x = the embeddings of the tokens; cos_sin = the angles of their positions. */
void ht_block_begin(ht_pass *p);
/* h = rms_norm(x) * w */
void ht_block_norm(ht_pass *p, const float *w);
/* q, k, v = h W^T + bias */
void ht_block_qkv(ht_pass *p, const ht_layer *l);
/* Every head of q and of k normed by itself. */
void ht_block_qk_norm(ht_pass *p, const ht_layer *l);
/* q and k turned by their positions. */
void ht_block_rope(ht_pass *p, ht_rope_pairs pairs);
/* k and v go into the caches; q = attention of q over them. */
void ht_block_attend(ht_pass *p, size_t layer);
/* Drops the rows whose logits nobody wants; after the last attention only those matter. */
void ht_block_narrow(ht_pass *p);
/* x += q W_o^T */
void ht_block_attn_output(ht_pass *p, const ht_layer *l);
/* x += down(silu(gate h) * up h) */
void ht_block_ffn(ht_pass *p, const ht_layer *l);
/* The logits of the rows that are left, to where each segment wants them. */
void ht_block_logits(ht_pass *p);
#endif
