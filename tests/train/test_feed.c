/* Batches from shards: rows, positions and what predicts what; shuffling, mixing, cutting, going on from a saved place. */
#include "train/feed.h"

#include <unistd.h>

#include "check.h"

enum { D = HT_SHARD_DOC, B = HT_SHARD_BRANCH, L = HT_SHARD_LOSS };

static const char *shard_path(int i)
{
    static char path[4][64];
    snprintf(path[i], sizeof path[i], "/tmp/test_feed_%d_%d.bin", (int)getpid(), i);
    return path[i];
}

static void write_shard(int i, const uint16_t *ids, const uint8_t *flags, size_t n)
{
    ht_error err = {0};
    ht_shard_writer *w = NULL;
    CHECK_OK(ht_shard_writer_open(shard_path(i), 1000, &w, &err), err);
    CHECK_OK(ht_shard_writer_add(w, ids, flags, n, &err), err);
    CHECK_OK(ht_shard_writer_finish(w, &err), err);
}

/* n plain documents of 3 + k % 5 tokens, all ids of document k are first + k. */
static void write_plain(int i, uint16_t first, unsigned n)
{
    uint16_t ids[8 * 200];
    uint8_t flags[8 * 200];
    size_t len = 0;
    for (unsigned k = 0; k < n; k++)
        for (unsigned j = 0; j < 3 + k % 5; j++, len++) {
            ids[len] = (uint16_t)(first + k);
            flags[len] = j == 0 ? D : L;
        }
    write_shard(i, ids, flags, len);
}

static ht_feed *open_feed(uint32_t n_ctx, uint32_t batch, bool is_shuffled, int n_shard, const double *weights)
{
    ht_error err = {0};
    ht_feed *f = NULL;
    CHECK_OK(ht_feed_new(n_ctx, batch, 7, is_shuffled, &f, &err), err);
    for (int i = 0; i < n_shard; i++)
        CHECK_OK(ht_feed_add(f, shard_path(i), weights ? weights[i] : 0, 1000, &err), err);
    return f;
}

static void clean(int n)
{
    for (int i = 0; i < n; i++)
        unlink(shard_path(i));
}

static void trees_have_spans_and_losses(void)
{
    const uint16_t ids[] = {1, 2, 3, 10, 11, 20, 21, 22, 5, 6};
    const uint8_t flags[] = {D, 0, L, B | L, L, B, L, L, D, L};
    write_shard(0, ids, flags, 10);
    ht_feed *f = open_feed(16, 32, false, 1, NULL);
    const ht_batch *b = ht_feed_next(f);
    CHECK_EQ(b->n_token, 10);
    CHECK_EQ(b->n_doc, 2);
    CHECK_EQ(b->n_span, 4);
    static const ht_train_span spans[] = {{0, 3, 0}, {3, 2, 3}, {5, 3, 3}, {8, 2, 0}};
    CHECK(memcmp(b->spans, spans, sizeof spans) == 0);
    static const uint32_t rows[] = {1, 2, 3, 5, 6, 8}; /* the branch's first token hangs on row 2 */
    static const uint16_t targets[] = {3, 10, 11, 21, 22, 6};
    CHECK_REQUIRE(b->n_loss == 6);
    CHECK(memcmp(b->loss_row, rows, sizeof rows) == 0);
    CHECK(memcmp(b->loss_id, targets, sizeof targets) == 0);
    CHECK_EQ(ht_feed_next(f)->n_token, 0);
    ht_feed_free(f);
    clean(1);
}

static void large_documents_are_cut(void)
{
    uint16_t ids[64];
    uint8_t flags[64];
    for (unsigned i = 0; i < 64; i++) {
        ids[i] = (uint16_t)i;
        flags[i] = i == 0 || i == 24 ? D : i >= 28 && i % 6 == 4 ? B : L; /* text of 24; a beginning of 4 with six branches of 6 */
    }
    for (unsigned i = 52; i < 64; i++)
        flags[i] = i == 52 ? B : L; /* … of which the last is 12 long: 4 + 12 > n_ctx */
    write_shard(0, ids, flags, 64);
    ht_feed *f = open_feed(10, 20, false, 1, NULL);
    CHECK_EQ(ht_feed_dropped(f), 12);
    CHECK_EQ(ht_feed_tokens(f), 24 + 2 * (4 + 12));
    const ht_batch *b = ht_feed_next(f);
    CHECK_EQ(b->n_doc, 2); /* 10 + 10 of the text */
    CHECK_EQ(b->n_loss, 18);
    b = ht_feed_next(f); /* the last 4 of the text, then a beginning with two branches */
    CHECK_EQ(b->n_token, 4 + 16);
    CHECK_EQ(b->n_span, 4);
    CHECK_EQ(b->ids[4], 24);
    CHECK_EQ(b->ids[8], 28);
    b = ht_feed_next(f);
    CHECK_EQ(b->n_token, 16);
    CHECK_EQ(b->ids[0], 24); /* the beginning again */
    CHECK_EQ(b->ids[4], 40);
    CHECK_EQ(b->spans[1].pos, 4);
    CHECK_EQ(ht_feed_next(f)->n_token, 0);
    ht_feed_free(f);
    clean(1);
}

static void an_epoch_is_every_document_once(void)
{
    write_plain(0, 0, 150);
    ht_feed *f = open_feed(8, 64, true, 1, NULL);
    unsigned seen[150] = {0}, n = 0, in_order = 0;
    unsigned last = 0;
    for (int epoch = 0; epoch < 2; epoch++)
        for (n = 0; n < 150;) {
            const ht_batch *b = ht_feed_next(f);
            for (uint32_t i = 0; i < b->n_doc; i++, n++) {
                const unsigned id = b->ids[b->spans[i].first];
                seen[id]++;
                in_order += id == last + 1;
                last = id;
            }
            if (n > 150) /* the batch that closes an epoch opens the next */
                break;
        }
    unsigned twice = 0;
    for (int i = 0; i < 150; i++)
        twice += seen[i] == 2 || seen[i] == 3;
    CHECK(twice >= 140);
    CHECK(in_order < 20);
    ht_feed_free(f);
    clean(1);
}

static void weights_share_the_tokens(void)
{
    write_plain(0, 0, 100);
    write_plain(1, 500, 100);
    ht_feed *f = open_feed(8, 64, true, 2, (double[]){3, 1});
    unsigned of_first = 0, all = 0;
    for (int i = 0; i < 100; i++) {
        const ht_batch *b = ht_feed_next(f);
        for (uint32_t t = 0; t < b->n_token; t++, all++)
            of_first += b->ids[t] < 500;
    }
    CHECK_NEAR((double)of_first / all, 0.75, 0.01);
    ht_feed_free(f);
    clean(2);
}

static void a_saved_place_goes_on(void)
{
    write_plain(0, 0, 120);
    write_plain(1, 500, 30);
    ht_feed *f = open_feed(8, 64, true, 2, NULL), *g = open_feed(8, 64, true, 2, NULL);
    ht_feed_place places[2];
    ht_error err = {0};
    for (int i = 0; i < 15; i++)
        (void)ht_feed_next(f);
    ht_feed_save(f, places);
    CHECK_OK(ht_feed_restore(g, places, &err), err);
    for (int i = 0; i < 15; i++) {
        const ht_batch *a = ht_feed_next(f), *b = ht_feed_next(g);
        CHECK_REQUIRE(a->n_token == b->n_token && a->n_loss == b->n_loss);
        CHECK(memcmp(a->ids, b->ids, a->n_token * sizeof *a->ids) == 0);
    }
    places[0].at = 120;
    CHECK_EQ(ht_feed_restore(g, places, &err), HT_BAD_FORMAT);
    ht_feed_free(f);
    ht_feed_free(g);
    clean(2);
}

static void another_vocabulary_is_refused(void)
{
    write_plain(0, 0, 10);
    ht_error err = {0};
    ht_feed *f = NULL;
    CHECK_OK(ht_feed_new(8, 64, 1, true, &f, &err), err);
    CHECK_EQ(ht_feed_add(f, shard_path(0), 0, 999, &err), HT_BAD_FORMAT);
    CHECK(strstr(err.text, "vocabulary of 1000") != NULL);
    ht_feed_free(f);
    clean(1);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(trees_have_spans_and_losses),
        CHECK_CASE(large_documents_are_cut),
        CHECK_CASE(an_epoch_is_every_document_once),
        CHECK_CASE(weights_share_the_tokens),
        CHECK_CASE(a_saved_place_goes_on),
        CHECK_CASE(another_vocabulary_is_refused),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
