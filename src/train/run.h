/* A training run from its configuration: data, steps, evaluation, checkpoints, metrics and the model file at the end.
 *
 * Files in config.out: last.ckpt (replaced atomically), metrics.jsonl (a line a step: step, tokens, epoch, loss, lr, grad_norm,
 * tok_s, gflops; {"step", "eval_loss"} after an evaluation), model.gguf. */
#ifndef HT_TRAIN_RUN_H
#define HT_TRAIN_RUN_H
#include "train/config.h"

typedef struct {
    bool resume;  /* go on from last.ckpt; without it an existing one is not overwritten */
    bool dry_run; /* load and check everything, take no step */
    unsigned n_threads; /* 0: one a core */
} ht_train_options;

/* What there is to train, once known. */
typedef struct {
    size_t n_params;
    uint64_t data_tokens, dropped_tokens, eval_tokens, first_step;
    uint32_t n_vocab;
    unsigned n_threads;
    bool is_bf16;
} ht_train_plan;

typedef struct {
    uint64_t step, tokens;
    double loss, eval_loss; /* means a predicted token; eval_loss NaN where none was taken at this step */
    double lr, grad_norm, tok_s, gflops, epoch;
    double progress, eta_s; /* 0 … 1; seconds */
} ht_train_report;

/* Any may be NULL. All are called on the caller's thread. */
typedef struct {
    void *ctx;
    void (*on_plan)(void *ctx, const ht_train_plan *plan);
    void (*on_step)(void *ctx, const ht_train_report *report);
    /* phase_ns [HT_PHASE_COUNT]; total_ns: of all steps together */
    void (*on_end)(void *ctx, const int64_t *phase_ns, int64_t total_ns);
    bool (*should_stop)(void *ctx); /* asked after each step: saves and returns HT_CANCELLED */
} ht_train_calls;

/* Errors name the file or setting. A loss that is not finite ends the run with the last checkpoint intact. */
HT_CHECKED ht_status ht_train_run(const ht_train_config *c, const ht_train_options *o, const ht_train_calls *calls, ht_error *err);
#endif
