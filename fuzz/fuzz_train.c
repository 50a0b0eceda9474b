/* What training reads from files: shards, checkpoints and configurations. Whatever the bytes, opening ends with a status;
 * a shard that opens can be fed to the end, and every row, id and position of its batches is within bounds. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "train/checkpoint.h"
#include "train/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(int truth)
{
    if (!truth)
        abort();
}

static void feed(const char *path, uint32_t n_vocab)
{
    enum { N_CTX = 16, BATCH = 40 };
    ht_feed *f = NULL;
    if (ht_feed_new(N_CTX, BATCH, 1, false, &f, NULL) != HT_OK)
        return;
    if (ht_feed_add(f, path, 0, n_vocab, NULL) == HT_OK)
        for (const ht_batch *b; (b = ht_feed_next(f))->n_token > 0;) {
            must(b->n_token <= BATCH && b->doc_span[b->n_doc] == b->n_span);
            for (uint32_t i = 0; i < b->n_span; i++)
                must(b->spans[i].first + b->spans[i].n <= b->n_token && b->spans[i].pos + b->spans[i].n <= N_CTX);
            for (uint32_t i = 0; i < b->n_loss; i++)
                must(b->loss_row[i] < b->n_token && b->loss_id[i] < n_vocab);
        }
    ht_feed_free(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static ht_train_config config;
    char path[64];
    ht_shard shard;
    ht_checkpoint checkpoint;
    const int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (write(fd, data, size) == (ssize_t)size) {
        if (ht_shard_open(path, &shard, NULL) == HT_OK) {
            const uint32_t n_vocab = shard.n_vocab;
            ht_shard_close(&shard);
            feed(path, n_vocab);
        }
        if (ht_checkpoint_open(path, &checkpoint, NULL) == HT_OK)
            ht_checkpoint_close(&checkpoint);
        if (ht_train_config_read(path, &config, NULL) == HT_OK)
            must(config.n_data >= 1 && config.micro_tokens <= config.batch_tokens);
    }
    close(fd);
    return 0;
}
