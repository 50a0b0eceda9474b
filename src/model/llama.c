/* Llama 1 to 3: rotary pairs are neighbours (the converter has permuted the rows of q and k for that), biases optional.
 * Source: Touvron et al. 2023, arXiv:2302.13971; frequency factors: the Llama 3.1 release. */
#include "model/block.h"

void ht_forward_llama(const ht_model *m, ht_pass *p)
{
    ht_block_begin(p);
    for (int32_t l = 0; l < m->info.n_layer; l++) {
        const ht_layer *w = &m->layers[l];
        ht_block_norm(p, w->attn_norm);
        ht_block_qkv(p, w);
        ht_block_rope(p, HT_ROPE_NEIGHBOURS);
        ht_block_attend(p, (size_t)l);
        if (l == m->info.n_layer - 1)
            ht_block_narrow(p);
        ht_block_attn_output(p, w);
        ht_block_norm(p, w->ffn_norm);
        ht_block_ffn(p, w);
    }
    ht_block_logits(p);
}
