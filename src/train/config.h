/* A training run as a JSON file describes it. Every key is optional but "out", "model", "tokenizer", "data" and one of
 * "steps", "tokens", "epochs", "minutes"; unknown keys are errors, so that a slip of the pen is not silently ignored.
 *
 *     { "name": "hearth-9m", "out": "runs/first",
 *       "model": {"n_layer": 8, "d_model": 256, "n_head": 4, "n_kv_head": 2, "d_head": 64, "d_ff": 704, "n_ctx": 512,
 *                 "rope_base": 10000, "norm_eps": 1e-6},
 *       "tokenizer": "tokenizer.gguf", "data": [{"path": "a.bin", "weight": 3}, {"path": "b.bin", "weight": 1}],
 *       "eval": "eval.bin", "eval_every": 200, "eval_tokens": 200000, "init_from": "runs/before/last.ckpt",
 *       "epochs": 2, "batch_tokens": 16384, "micro_tokens": 8192,
 *       "optimizer": "muon", "lr": 2e-3, "warmup": 100, "schedule": "cosine", "lr_floor": 0.1, "decay_share": 0.2,
 *       "weight_decay": 0.1, "beta1": 0.9, "beta2": 0.95, "momentum": 0.95, "clip": 1.0,
 *       "seed": 1, "precision": "bf16", "save_minutes": 5, "export_each": false, "export_type": "f32" }
 *
 * Paths are relative to the folder that the program runs in. */
#ifndef HT_TRAIN_CONFIG_H
#define HT_TRAIN_CONFIG_H
#include "train/feed.h"
#include "train/optim.h"

enum { HT_TRAIN_PATH = 1024 };

typedef struct {
    char name[128], out[HT_TRAIN_PATH], tokenizer[HT_TRAIN_PATH], eval[HT_TRAIN_PATH], init_from[HT_TRAIN_PATH];
    ht_net_shape shape; /* n_vocab 0: as the tokenizer */
    struct {
        char path[HT_TRAIN_PATH];
        double weight;
    } data[HT_FEED_MAX_SHARDS];
    unsigned n_data;
    /* The run ends with whichever comes first; 0: no such end. The learning rate follows the one that is nearest its end. */
    uint64_t steps, tokens;
    double epochs, minutes;
    uint32_t batch_tokens, micro_tokens; /* a step adds up batches of micro_tokens until batch_tokens are reached */
    ht_optim_config optim;
    float lr, lr_floor;  /* lr_floor: share of lr at the end */
    uint64_t warmup;     /* steps */
    bool is_wsd;         /* "wsd": constant, then linear to the floor over the last decay_share; else cosine */
    float decay_share;
    uint64_t seed, eval_every, eval_tokens;
    double save_minutes;
    bool wants_f32, export_each, export_bf16;
} ht_train_config;

/* HT_BAD_FORMAT names the key and what it wants. */
HT_CHECKED ht_status ht_train_config_read(const char *path, ht_train_config *out, ht_error *err);
/* Share of lr at this step: warm-up from step 1, then by progress 0 … 1. */
float ht_train_lr(const ht_train_config *c, uint64_t step, double progress);
#endif
