/* AdamW, or Muon for the hidden matrices with AdamW for the rest. Weight decay applies to the hidden matrices only. */
#ifndef HT_TRAIN_OPTIM_H
#define HT_TRAIN_OPTIM_H
#include "train/net.h"

typedef struct {
    bool is_muon;
    float beta1, beta2, eps, decay;
    float momentum; /* Muon's, Nesterov */
    float clip;     /* largest norm of the whole gradient; 0: none */
} ht_optim_config;

typedef struct ht_optim ht_optim;
/* net is borrowed. State starts at zero. */
HT_CHECKED ht_status ht_optim_new(ht_net *net, const ht_optim_config *c, unsigned cpu, ht_pool *pool, ht_optim **out, ht_error *err);
void ht_optim_free(ht_optim *o);
/* One step, then the gradients are zero. The gradients are multiplied by grad_scale (1 / tokens of loss) first; lr as of now;
 * step counts from 1. Returns the norm of the scaled gradient before clipping: not finite = nothing was changed. */
double ht_optim_step(ht_optim *o, float lr, float grad_scale, uint64_t step);
/* The state to save: two arrays of ht_net_size floats. */
float *ht_optim_m(ht_optim *o);
float *ht_optim_v(ht_optim *o);
#endif
