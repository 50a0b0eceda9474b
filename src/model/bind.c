/* From GGUF metadata and tensor names to a bound model. Whatever the forward pass would silently get wrong is refused
 * here: another architecture, a scaling of positions it does not know, a tensor that nobody would read. */
#include <stdio.h>

#include "model/impl.h"

enum { MAX_LAYERS = 4096, MAX_DIM = 1 << 24, MAX_HEADS = 4096, MAX_D_HEAD = 4096 };

typedef struct {
    const char *name;
    ht_forward_fn *forward;
    bool has_qkv_bias;     /* required; elsewhere optional */
    bool has_qk_norm;
} family;

static const family families[] = {
    {"llama", ht_forward_llama, false, false},
    {"qwen2", ht_forward_qwen2, true, false},
    {"qwen3", ht_forward_qwen3, false, true},
};
enum { N_FAMILIES = sizeof families / sizeof families[0] };

typedef struct {
    ht_model *m;
    const family *family;
    size_t n_bound; /* tensors taken */
    ht_error *err;
} binder;

/* --- metadata --- */

/* "<arch>.<name>" as a key, in the caller's buffer. */
static const char *arch_key(const binder *b, char key[96], const char *name)
{
    snprintf(key, 96, "%s.%s", b->family->name, name);
    return key;
}

/* An integer in 1 … most; fallback 0 = required. An array (a value per layer) is accepted where all are equal. */
static ht_status get_dim(const binder *b, const char *name, int32_t most, int32_t fallback, int32_t *out)
{
    char key[96];
    const ht_gguf_kv *kv = ht_gguf_find_kv(b->m->gguf, ht_str_from(arch_key(b, key, name)));
    if (kv == NULL && fallback > 0) {
        *out = fallback;
        return HT_OK;
    }
    if (kv == NULL)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "the model file lacks the key %s", key);
    int64_t v = 0;
    if (!ht_gguf_kv_i64_at(kv, 0, &v) || v < 1 || v > most)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "the model file's %s is not a number from 1 to %d", key, most);
    for (uint64_t i = 1; i < kv->n; i++) {
        int64_t other = 0;
        if (!ht_gguf_kv_i64_at(kv, i, &other) || other != v)
            return ht_fail(b->err, HT_UNSUPPORTED, -1, "%s differs from layer to layer, which is not supported", key);
    }
    *out = (int32_t)v;
    return HT_OK;
}

static double get_float(const binder *b, const char *name, double fallback)
{
    char key[96];
    double v = fallback;
    ht_gguf_get_f64(b->m->gguf, arch_key(b, key, name), &v);
    return v;
}

static ht_status read_rope(binder *b)
{
    ht_model *m = b->m;
    char key[96];
    ht_str type = HT_STR("linear"); /* what a missing key counts as, with a factor of 1 */
    int32_t n_rot = 0;
    ht_status st;
    if ((st = get_dim(b, "rope.dimension_count", m->info.d_head, m->info.d_head, &n_rot)) != HT_OK)
        return st;
    if (n_rot % 2 != 0)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "%s.rope.dimension_count is odd", b->family->name);
    m->n_rot = (size_t)n_rot;
    const double base = get_float(b, "rope.freq_base", 10000.0);
    if (!(base > 0.0 && base < 1e30))
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "%s.rope.freq_base is not a positive number", b->family->name);
    m->info.rope_base = (float)base;
    m->rope_scale = 1.0;
    ht_gguf_get_str(m->gguf, arch_key(b, key, "rope.scaling.type"), &type);
    if (ht_str_is(type, "linear"))
        m->rope_scale = get_float(b, "rope.scaling.factor", 1.0);
    else if (!ht_str_is(type, "none"))
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "rotary scaling '%.*s' is not supported (none and linear are)", (int)(type.len < 40 ? type.len : 40),
                       type.ptr);
    if (m->rope_scale == 0.0) /* older converters write 0 for "no scaling" */
        m->rope_scale = 1.0;
    if (!(m->rope_scale > 0.0 && m->rope_scale < 1e6))
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "%s.rope.scaling.factor is not a positive number", b->family->name);
    return HT_OK;
}

static ht_status read_metadata(binder *b)
{
    ht_model *m = b->m;
    ht_model_info *i = &m->info;
    ht_status st;
    int32_t d_value = 0;
    uint64_t n_expert = 0, window = 0;
    char key[96];
    if ((st = get_dim(b, "block_count", MAX_LAYERS, 0, &i->n_layer)) != HT_OK || (st = get_dim(b, "embedding_length", MAX_DIM, 0, &i->d_model)) != HT_OK ||
        (st = get_dim(b, "attention.head_count", MAX_HEADS, 0, &i->n_head)) != HT_OK ||
        (st = get_dim(b, "attention.head_count_kv", MAX_HEADS, i->n_head, &i->n_kv_head)) != HT_OK ||
        (st = get_dim(b, "feed_forward_length", MAX_DIM, 0, &i->d_ff)) != HT_OK ||
        (st = get_dim(b, "context_length", 1 << 30, 2048, &i->n_ctx)) != HT_OK)
        return st;
    const int32_t d_even = i->d_model / i->n_head;
    if ((st = get_dim(b, "attention.key_length", MAX_D_HEAD, d_even, &i->d_head)) != HT_OK ||
        (st = get_dim(b, "attention.value_length", MAX_D_HEAD, i->d_head, &d_value)) != HT_OK)
        return st;
    if (i->d_head < 1 || i->d_head > MAX_D_HEAD || i->d_head % 2 != 0)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "a head of %d values is not possible", i->d_head);
    if (d_value != i->d_head)
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "keys of %d and values of %d values: different lengths are not supported", i->d_head, d_value);
    if (i->n_head % i->n_kv_head != 0)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "%d heads cannot share %d key heads", i->n_head, i->n_kv_head);
    if (ht_gguf_get_u64(m->gguf, arch_key(b, key, "expert_count"), &n_expert) && n_expert > 0)
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "a mixture of %llu experts is not supported yet", (unsigned long long)n_expert);
    if (ht_gguf_get_u64(m->gguf, arch_key(b, key, "attention.sliding_window"), &window) && window > 0 && window < (uint64_t)i->n_ctx)
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "sliding-window attention is not supported");
    const double eps = get_float(b, "attention.layer_norm_rms_epsilon", -1.0);
    if (!(eps > 0.0 && eps < 1.0))
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "the model file lacks a usable %s.attention.layer_norm_rms_epsilon", b->family->name);
    i->norm_eps = (float)eps;
    return read_rope(b);
}

/* --- tensors --- */

static const ht_gguf_tensor *find(const binder *b, const char *name) { return ht_gguf_find_tensor(b->m->gguf, ht_str_from(name)); }

/* A vector of n values, as floats of the model's own; NULL in *out when absent and optional. */
static ht_status bind_vector(binder *b, const char *name, size_t n, bool is_required, const float **out)
{
    const ht_gguf_tensor *t = find(b, name);
    *out = NULL;
    if (t == NULL)
        return is_required ? ht_fail(b->err, HT_BAD_FORMAT, -1, "the model file lacks the tensor %s", name) : HT_OK;
    ht_dtype type;
    if (!ht_dtype_from_gguf(t->type, &type))
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "tensor %s: type %s is not supported", name, ht_gguf_type_name(t->type));
    if (t->dims[0] != n || t->dims[1] != 1 || t->dims[2] != 1 || t->dims[3] != 1)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "tensor %s has %llu x %llu values, %zu were expected", name, (unsigned long long)t->dims[0],
                       (unsigned long long)t->dims[1], n);
    float *copy = ht_arena_array(&b->m->vectors, n, sizeof *copy);
    if (copy == NULL)
        return ht_fail(b->err, HT_NO_MEMORY, -1, "model: out of memory");
    ht_dtype_get(type)->to_float(copy, t->data.ptr, n);
    *out = copy;
    b->n_bound++;
    b->m->info.n_params += n;
    return HT_OK;
}

/* A matrix [n_out][n_in]; n_out 0: any. */
static ht_status bind_matrix(binder *b, const char *name, size_t n_out, size_t n_in, ht_weight *out)
{
    const ht_gguf_tensor *t = find(b, name);
    if (t == NULL)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "the model file lacks the tensor %s", name);
    ht_dtype type;
    if (!ht_dtype_from_gguf(t->type, &type))
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "tensor %s: type %s is not supported (F32, F16, BF16, Q8_0 and Q4_0 are)", name,
                       ht_gguf_type_name(t->type));
    if (t->dims[0] != n_in || (n_out != 0 && t->dims[1] != n_out) || t->dims[1] > (uint64_t)MAX_DIM || t->dims[2] != 1 || t->dims[3] != 1)
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "tensor %s is %llu x %llu, expected %zu x %zu", name, (unsigned long long)t->dims[0],
                       (unsigned long long)t->dims[1], n_in, n_out);
    *out = (ht_weight){type, t->data.ptr, n_in, (size_t)t->dims[1], ht_dtype_row_bytes(type, n_in)};
    b->m->n_in_max = n_in > b->m->n_in_max ? n_in : b->m->n_in_max;
    b->n_bound++;
    b->m->info.n_params += n_in * out->n_out;
    b->m->info.n_weight_bytes += t->data.len;
    return HT_OK;
}

/* The parts of a layer: matrices, then vectors; sizes in values. */
static ht_status bind_layer(binder *b, int32_t index, ht_layer *l)
{
    const ht_model_info *i = &b->m->info;
    const size_t d = (size_t)i->d_model, ff = (size_t)i->d_ff, head = (size_t)i->d_head;
    const size_t nq = (size_t)i->n_head * head, nk = (size_t)i->n_kv_head * head;
    const bool bias = b->family->has_qkv_bias, norm = b->family->has_qk_norm;
    const struct {
        const char *name;
        ht_weight *w;
        size_t n_out, n_in;
    } matrices[] = {
        {"attn_q.weight", &l->q, nq, d},       {"attn_k.weight", &l->k, nk, d},     {"attn_v.weight", &l->v, nk, d},     {"attn_output.weight", &l->o, d, nq},
        {"ffn_gate.weight", &l->gate, ff, d},  {"ffn_up.weight", &l->up, ff, d},    {"ffn_down.weight", &l->down, d, ff},
    };
    const struct {
        const char *name;
        const float **v;
        size_t n;
        bool is_required;
    } vectors[] = {
        {"attn_norm.weight", &l->attn_norm, d, true},     {"ffn_norm.weight", &l->ffn_norm, d, true}, {"attn_q.bias", &l->q_bias, nq, bias},
        {"attn_k.bias", &l->k_bias, nk, bias},            {"attn_v.bias", &l->v_bias, nk, bias},      {"attn_q_norm.weight", &l->q_norm, head, norm},
        {"attn_k_norm.weight", &l->k_norm, head, norm},
    };
    char name[64];
    ht_status st;
    for (size_t k = 0; k < sizeof matrices / sizeof matrices[0]; k++) {
        snprintf(name, sizeof name, "blk.%d.%s", index, matrices[k].name);
        if ((st = bind_matrix(b, name, matrices[k].n_out, matrices[k].n_in, matrices[k].w)) != HT_OK)
            return st;
    }
    for (size_t k = 0; k < sizeof vectors / sizeof vectors[0]; k++) {
        snprintf(name, sizeof name, "blk.%d.%s", index, vectors[k].name);
        if (strstr(name, "_norm.weight") != NULL && vectors[k].n == head && !norm)
            continue; /* this family has no such step; left unbound, a stray one is refused below */
        if ((st = bind_vector(b, name, vectors[k].n, vectors[k].is_required, vectors[k].v)) != HT_OK)
            return st;
    }
    return HT_OK;
}

/* The type that most bytes of matrices have. */
static void name_type(ht_model *m)
{
    uint64_t bytes[HT_DTYPE_COUNT] = {0};
    unsigned best = 0;
    for (size_t i = 0; i < ht_gguf_tensor_count(m->gguf); i++) {
        const ht_gguf_tensor *t = ht_gguf_tensor_at(m->gguf, i);
        ht_dtype type;
        if (ht_dtype_from_gguf(t->type, &type))
            bytes[type] += t->data.len;
    }
    for (unsigned t = 1; t < HT_DTYPE_COUNT; t++)
        best = bytes[t] > bytes[best] ? t : best;
    snprintf(m->info.type, sizeof m->info.type, "%s", ht_dtype_get((ht_dtype)best)->name);
}

/* A tensor that no step reads would change nothing, and the results would be wrong without a word. */
static ht_status refuse_strays(const binder *b)
{
    const size_t n = ht_gguf_tensor_count(b->m->gguf);
    if (b->n_bound == n)
        return HT_OK;
    static const char *const known[] = {"attn_norm.weight", "ffn_norm.weight", "attn_q.weight",   "attn_k.weight", "attn_v.weight",
                                        "attn_output.weight", "ffn_gate.weight", "ffn_up.weight", "ffn_down.weight"};
    for (size_t i = 0; i < n; i++) {
        const ht_str name = ht_gguf_tensor_at(b->m->gguf, i)->name;
        bool is_known = !ht_str_starts(name, HT_STR("blk."));
        for (size_t k = 0; k < sizeof known / sizeof known[0]; k++)
            is_known |= ht_str_ends(name, ht_str_from(known[k]));
        if (!is_known)
            return ht_fail(b->err, HT_UNSUPPORTED, -1, "the %s model has %zu tensors that are not understood, '%.*s' among them", b->family->name,
                           n - b->n_bound, (int)(name.len < 64 ? name.len : 64), name.ptr);
    }
    return ht_fail(b->err, HT_UNSUPPORTED, -1, "the %s model has %zu tensors that are not understood", b->family->name, n - b->n_bound);
}

static ht_status find_family(binder *b)
{
    ht_str arch;
    if (!ht_gguf_get_str(b->m->gguf, "general.architecture", &arch))
        return ht_fail(b->err, HT_BAD_FORMAT, -1, "the file lacks general.architecture: not a language model");
    for (size_t i = 0; i < N_FAMILIES; i++)
        if (ht_str_is(arch, families[i].name))
            b->family = &families[i];
    if (b->family == NULL)
        return ht_fail(b->err, HT_UNSUPPORTED, -1, "architecture '%.*s' is not supported (llama, qwen2 and qwen3 are)",
                       (int)(arch.len < 40 ? arch.len : 40), arch.ptr);
    b->m->forward = b->family->forward;
    snprintf(b->m->info.arch, sizeof b->m->info.arch, "%s", b->family->name);
    return HT_OK;
}

ht_status ht_model_bind(ht_model *m, ht_error *err)
{
    binder b = {.m = m, .err = err};
    ht_status st;
    if ((st = find_family(&b)) != HT_OK || (st = read_metadata(&b)) != HT_OK)
        return st;
    /* Every layer has tensors of its own, so a count beyond them is a lie that must not be allocated for. */
    if ((size_t)m->info.n_layer > ht_gguf_tensor_count(m->gguf))
        return ht_fail(err, HT_BAD_FORMAT, -1, "the model file claims %d layers but has %zu tensors", m->info.n_layer, ht_gguf_tensor_count(m->gguf));
    const size_t d = (size_t)m->info.d_model;
    m->layers = ht_arena_array(&m->vectors, (size_t)m->info.n_layer, sizeof *m->layers);
    if (m->layers == NULL)
        return ht_fail(err, HT_NO_MEMORY, -1, "model: out of memory");
    if ((st = bind_matrix(&b, "token_embd.weight", 0, d, &m->embedding)) != HT_OK ||
        (st = bind_vector(&b, "output_norm.weight", d, true, &m->output_norm)) != HT_OK ||
        (st = bind_vector(&b, "rope_freqs.weight", m->n_rot / 2, false, &m->rope_factors)) != HT_OK)
        return st;
    for (size_t i = 0; m->rope_factors != NULL && i < m->n_rot / 2; i++)
        if (!(m->rope_factors[i] > 0.0f))
            return ht_fail(err, HT_BAD_FORMAT, -1, "tensor rope_freqs.weight holds a factor that is not positive");
    m->info.n_vocab = (int32_t)m->embedding.n_out;
    m->output = m->embedding;
    if (find(&b, "output.weight") != NULL && (st = bind_matrix(&b, "output.weight", m->embedding.n_out, d, &m->output)) != HT_OK)
        return st;
    for (int32_t l = 0; l < m->info.n_layer; l++)
        if ((st = bind_layer(&b, l, &m->layers[l])) != HT_OK)
            return st;
    name_type(m);
    return refuse_strays(&b);
}
