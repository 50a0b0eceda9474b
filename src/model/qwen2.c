/* Qwen2 and 2.5: biases on q, k and v; rotary pairs are halves. Source: Yang et al. 2024, arXiv:2407.10671. */
#include "model/block.h"

void ht_forward_qwen2(const ht_model *m, ht_pass *p)
{
    ht_block_begin(p);
    for (int32_t l = 0; l < m->info.n_layer; l++) {
        const ht_layer *w = &m->layers[l];
        ht_block_norm(p, w->attn_norm);
        ht_block_qkv(p, w);
        ht_block_rope(p, HT_ROPE_HALVES);
        ht_block_attend(p, (size_t)l);
        if (l == m->info.n_layer - 1)
            ht_block_narrow(p);
        ht_block_attn_output(p, w);
        ht_block_norm(p, w->ffn_norm);
        ht_block_ffn(p, w);
    }
    ht_block_logits(p);
}
