#include "train/feed.h"

#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/str.h"

/* What goes into a batch as one document: a beginning and some of its branches, back to back in the shard. */
typedef struct {
    uint64_t trunk_at, rest_at;
    uint32_t n_trunk, n_rest;
} unit;

typedef struct {
    ht_shard shard;
    unit *units;
    size_t n_unit, cap_unit;
    uint32_t *order; /* [n_unit] this epoch's */
    double weight;
    ht_feed_place place;
} source;

struct ht_feed {
    uint32_t n_ctx, batch_tokens;
    uint64_t seed, n_token, n_dropped;
    bool is_shuffled;
    source sources[HT_FEED_MAX_SHARDS];
    unsigned n_source;
    ht_batch batch;
};

ht_status ht_feed_new(uint32_t n_ctx, uint32_t batch_tokens, uint64_t seed, bool is_shuffled, ht_feed **out, ht_error *err)
{
    *out = NULL;
    if (batch_tokens < n_ctx)
        return ht_fail(err, HT_BAD_ARG, -1, "batch_tokens %u is less than n_ctx %u: a document would not fit", batch_tokens, n_ctx);
    ht_feed *f = calloc(1, sizeof *f);
    if (f == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "data: out of memory");
    *f = (ht_feed){.n_ctx = n_ctx, .batch_tokens = batch_tokens, .seed = seed, .is_shuffled = is_shuffled};
    ht_batch *b = &f->batch;
    b->ids = malloc(batch_tokens * sizeof *b->ids);
    b->spans = malloc(batch_tokens * sizeof *b->spans);
    b->doc_span = malloc((batch_tokens + (size_t)1) * sizeof *b->doc_span);
    b->loss_row = malloc(batch_tokens * sizeof *b->loss_row);
    b->loss_id = malloc(batch_tokens * sizeof *b->loss_id);
    if (!b->ids || !b->spans || !b->doc_span || !b->loss_row || !b->loss_id) {
        ht_feed_free(f);
        return ht_fail(err, HT_NO_MEMORY, -1, "data: out of memory for batches of %u tokens", batch_tokens);
    }
    *out = f;
    return HT_OK;
}

void ht_feed_free(ht_feed *f)
{
    if (f == NULL)
        return;
    for (unsigned i = 0; i < f->n_source; i++) {
        ht_shard_close(&f->sources[i].shard);
        free(f->sources[i].units);
        free(f->sources[i].order);
    }
    free(f->batch.ids), free(f->batch.spans), free(f->batch.doc_span), free(f->batch.loss_row), free(f->batch.loss_id);
    free(f);
}

static bool add_unit(ht_feed *f, source *s, unit u)
{
    if (s->n_unit == s->cap_unit) {
        const size_t cap = s->cap_unit ? 2 * s->cap_unit : 1024;
        unit *grown = cap < UINT32_MAX ? realloc(s->units, cap * sizeof *grown) : NULL;
        if (grown == NULL)
            return false;
        s->units = grown;
        s->cap_unit = cap;
    }
    s->units[s->n_unit++] = u;
    f->n_token += (uint64_t)u.n_trunk + u.n_rest;
    return true;
}

/* Branches [at, end): as many as fit go together; those too long for the context are left out. */
static bool cut_tree(ht_feed *f, source *s, uint64_t start, uint64_t first_branch, uint64_t end)
{
    const uint8_t *flags = s->shard.flags;
    const uint64_t n_trunk = first_branch - start;
    unit u = {start, first_branch, (uint32_t)n_trunk, 0};
    if (n_trunk >= f->n_ctx) {
        f->n_dropped += end - start;
        return true;
    }
    for (uint64_t at = first_branch, next; at < end; at = next) {
        for (next = at + 1; next < end && !(flags[next] & HT_SHARD_BRANCH);)
            next++;
        const bool is_too_long = n_trunk + (next - at) > f->n_ctx;
        if (is_too_long || n_trunk + u.n_rest + (next - at) > f->batch_tokens) {
            if (u.n_rest > 0 && !add_unit(f, s, u))
                return false;
            u = (unit){start, is_too_long ? next : at, (uint32_t)n_trunk, 0};
        }
        if (is_too_long)
            f->n_dropped += next - at;
        else
            u.n_rest += (uint32_t)(next - at);
    }
    return u.n_rest == 0 || add_unit(f, s, u);
}

static bool cut_text(ht_feed *f, source *s, uint64_t start, uint64_t end)
{
    for (uint64_t at = start; at + 1 < end; at += f->n_ctx) {
        const uint64_t n = end - at < f->n_ctx ? end - at : f->n_ctx;
        if (!add_unit(f, s, (unit){at, at + n, (uint32_t)n, 0}))
            return false;
    }
    return true;
}

static bool index_documents(ht_feed *f, source *s)
{
    const uint8_t *flags = s->shard.flags;
    const uint64_t n = s->shard.n;
    for (uint64_t start = 0, end; start < n; start = end) {
        uint64_t branch = 0;
        for (end = start + 1; end < n && !(flags[end] & HT_SHARD_DOC); end++)
            if (branch == 0 && (flags[end] & HT_SHARD_BRANCH))
                branch = end;
        if (!(branch ? cut_tree(f, s, start, branch, end) : cut_text(f, s, start, end)))
            return false;
    }
    s->order = malloc((s->n_unit + 1) * sizeof *s->order);
    return s->order != NULL;
}

/* This epoch's order: Fisher-Yates from seed, shard and epoch alone. */
static void shuffle(ht_feed *f, unsigned index)
{
    source *s = &f->sources[index];
    ht_rng r;
    ht_rng_seed(&r, f->seed * 0x9e3779b97f4a7c15u + index * 0xbf58476d1ce4e5b9u + s->place.epoch * 0x94d049bb133111ebu);
    for (size_t i = 0; i < s->n_unit; i++)
        s->order[i] = (uint32_t)i;
    for (size_t i = s->n_unit; f->is_shuffled && i > 1; i--) {
        const uint32_t j = ht_rng_below(&r, (uint32_t)i), keep = s->order[i - 1];
        s->order[i - 1] = s->order[j];
        s->order[j] = keep;
    }
}

ht_status ht_feed_add(ht_feed *f, const char *path, double weight, uint32_t n_vocab, ht_error *err)
{
    if (f->n_source == HT_FEED_MAX_SHARDS)
        return ht_fail(err, HT_TOO_BIG, -1, "data: more than %d shards; join some", HT_FEED_MAX_SHARDS);
    source *s = &f->sources[f->n_source];
    *s = (source){0};
    ht_status st = ht_shard_open(path, &s->shard, err);
    if (st != HT_OK)
        return st;
    const uint64_t before = f->n_token;
    if (s->shard.n_vocab != n_vocab)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: packed for a vocabulary of %u, the model has %u; pack it with the model's tokenizer", path,
                     s->shard.n_vocab, n_vocab);
    else if (!index_documents(f, s))
        st = ht_fail(err, HT_NO_MEMORY, -1, "%s: out of memory for the list of documents", path);
    else if (s->n_unit == 0)
        st = ht_fail(err, HT_BAD_FORMAT, -1, "%s: holds no document that fits n_ctx %u", path, f->n_ctx);
    if (st != HT_OK) {
        ht_shard_close(&s->shard);
        free(s->units);
        free(s->order);
        return st;
    }
    s->weight = weight > 0 ? weight : (double)(f->n_token - before);
    shuffle(f, f->n_source++);
    return HT_OK;
}

/* The shard that is furthest behind its share; -1 when all have ended. */
static int next_source(const ht_feed *f)
{
    int best = -1;
    for (unsigned i = 0; i < f->n_source; i++) {
        const source *s = &f->sources[i];
        if (!f->is_shuffled && s->place.epoch > 0)
            continue;
        if (best < 0 || (double)s->place.n_taken / s->weight < (double)f->sources[best].place.n_taken / f->sources[best].weight)
            best = (int)i;
    }
    return best;
}

static void add_span(ht_batch *b, const source *s, uint64_t at, uint32_t n, uint32_t pos, uint32_t parent_row)
{
    b->spans[b->n_span++] = (ht_train_span){b->n_token, n, pos};
    for (uint32_t i = 0; i < n; i++) {
        const uint16_t id = s->shard.ids[at + i];
        /* the first token of a piece of text has nothing before it to be predicted from */
        if ((s->shard.flags[at + i] & HT_SHARD_LOSS) && (i > 0 || pos > 0)) {
            b->loss_row[b->n_loss] = i > 0 ? b->n_token + i - 1 : parent_row;
            b->loss_id[b->n_loss++] = id;
        }
        b->ids[b->n_token + i] = id;
    }
    b->n_token += n;
}

static void add_document(ht_batch *b, const source *s, const unit *u)
{
    const uint32_t trunk_row = b->n_token;
    add_span(b, s, u->trunk_at, u->n_trunk, 0, 0);
    for (uint64_t at = u->rest_at, end = u->rest_at + u->n_rest, next; at < end; at = next) {
        for (next = at + 1; next < end && !(s->shard.flags[next] & HT_SHARD_BRANCH);)
            next++;
        add_span(b, s, at, (uint32_t)(next - at), u->n_trunk, trunk_row + u->n_trunk - 1);
    }
    b->doc_span[++b->n_doc] = b->n_span;
}

const ht_batch *ht_feed_next(ht_feed *f)
{
    ht_batch *b = &f->batch;
    b->n_token = b->n_span = b->n_doc = b->n_loss = 0;
    b->doc_span[0] = 0;
    for (int i; (i = next_source(f)) >= 0;) {
        source *s = &f->sources[i];
        const unit *u = &s->units[s->order[s->place.at]];
        const uint32_t n = u->n_trunk + u->n_rest;
        if (n > f->batch_tokens - b->n_token)
            break;
        add_document(b, s, u);
        s->place.n_taken += n;
        if (++s->place.at == s->n_unit) {
            s->place.at = 0;
            s->place.epoch++;
            shuffle(f, (unsigned)i);
        }
    }
    return b;
}

void ht_feed_rewind(ht_feed *f)
{
    for (unsigned i = 0; i < f->n_source; i++) {
        f->sources[i].place = (ht_feed_place){0};
        shuffle(f, i);
    }
}

uint64_t ht_feed_tokens(const ht_feed *f) { return f->n_token; }
uint64_t ht_feed_dropped(const ht_feed *f) { return f->n_dropped; }
unsigned ht_feed_shards(const ht_feed *f) { return f->n_source; }

void ht_feed_save(const ht_feed *f, ht_feed_place *places)
{
    for (unsigned i = 0; i < f->n_source; i++)
        places[i] = f->sources[i].place;
}

ht_status ht_feed_restore(ht_feed *f, const ht_feed_place *places, ht_error *err)
{
    for (unsigned i = 0; i < f->n_source; i++)
        if (places[i].at >= f->sources[i].n_unit)
            return ht_fail(err, HT_BAD_FORMAT, -1, "data: shard %u has become shorter since the checkpoint; start anew or restore it", i + 1);
    for (unsigned i = 0; i < f->n_source; i++) {
        f->sources[i].place = places[i];
        shuffle(f, i);
    }
    return HT_OK;
}
