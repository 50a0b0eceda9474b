/* The model being trained against a plain double-precision forward written here: loss, central differences of every kind
 * of weight, documents with branches, threads, bf16. */
#include "train/net.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "check.h"

enum { MAX_T = 256 };
static const ht_net_shape tiny = {.n_layer = 2, .n_head = 4, .n_kv_head = 2, .d_model = 20, .d_head = 6, .d_ff = 26, .n_vocab = 37, .n_ctx = 128,
                                  .rope_base = 10000.0f, .norm_eps = 1e-5f};

/* --- the reference: one sequence whose token i has position pos[i] and sees those with sees[i][j] --- */
static void ref_norm(double *y, const double *x, const float *w, size_t n, double eps)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < n; i++)
        y[i] = x[i] / sqrt(sum / (double)n + eps) * w[i];
}

static void ref_matvec(double *y, const float *w, const double *x, size_t rows, size_t cols)
{
    for (size_t r = 0; r < rows; r++) {
        y[r] = 0;
        for (size_t c = 0; c < cols; c++)
            y[r] += (double)w[r * cols + c] * x[c];
    }
}

static void ref_head(double *x, const float *gain, const ht_net_shape *s, size_t pos)
{
    double y[64];
    ref_norm(y, x, gain, s->d_head, (double)s->norm_eps);
    const size_t half = s->d_head / 2;
    for (size_t i = 0; i < half; i++) {
        const double a = (double)pos * pow((double)s->rope_base, -2.0 * (double)i / s->d_head);
        x[i] = y[i] * cos(a) - y[i + half] * sin(a);
        x[i + half] = y[i + half] * cos(a) + y[i] * sin(a);
    }
}

static const float *ref_param(const ht_net *net, const float *w, const char *name)
{
    size_t n;
    const ht_param *p = ht_net_params(net, &n);
    for (size_t i = 0; i < n; i++)
        if (strcmp(p[i].name, name) == 0)
            return w + p[i].at;
    CHECK_REQUIRE(!"parameter exists");
    return NULL;
}

static const float *ref_layer(const ht_net *net, const float *w, size_t l, const char *what)
{
    char name[64];
    snprintf(name, sizeof name, "blk.%zu.%s.weight", l, what);
    return ref_param(net, w, name);
}

static void ref_attention(const ht_net_shape *s, const double *q, const double *k, const double *v, size_t n, const unsigned char *sees, double *out)
{
    const size_t dh = s->d_head, group = s->n_head / s->n_kv_head;
    for (size_t t = 0; t < n; t++)
        for (size_t h = 0; h < s->n_head; h++) {
            double p[MAX_T], sum = 0;
            const double *qh = q + (t * s->n_head + h) * dh;
            for (size_t j = 0; j < n; j++) {
                double dot = 0;
                for (size_t i = 0; i < dh; i++)
                    dot += qh[i] * k[(j * s->n_kv_head + h / group) * dh + i];
                p[j] = sees[t * n + j] ? exp(dot / sqrt((double)dh)) : 0;
                sum += p[j];
            }
            for (size_t i = 0; i < dh; i++) {
                double y = 0;
                for (size_t j = 0; j < n; j++)
                    y += p[j] / sum * v[(j * s->n_kv_head + h / group) * dh + i];
                out[(t * s->n_head + h) * dh + i] = y;
            }
        }
}

/* Sum of -log p of the targets: target[i] at row loss_row[i]. */
static double ref_loss(const ht_net *net, const float *w, const uint16_t *ids, const unsigned *pos, const unsigned char *sees, size_t n,
                       const uint32_t *loss_row, const uint16_t *loss_id, size_t n_loss)
{
    const ht_net_shape *s = ht_net_get_shape(net);
    const size_t d = s->d_model, dq = s->n_head * s->d_head, dk = s->n_kv_head * s->d_head;
    static double x[MAX_T * 64], q[MAX_T * 64], k[MAX_T * 64], v[MAX_T * 64], att[MAX_T * 64];
    double y[64], z[64], gate[64], up[64];
    const float *embed = ref_param(net, w, "token_embd.weight");
    for (size_t t = 0; t < n; t++)
        for (size_t i = 0; i < d; i++)
            x[t * d + i] = embed[ids[t] * d + i];
    for (size_t l = 0; l < s->n_layer; l++) {
        for (size_t t = 0; t < n; t++) {
            ref_norm(y, x + t * d, ref_layer(net, w, l, "attn_norm"), d, (double)s->norm_eps);
            ref_matvec(q + t * dq, ref_layer(net, w, l, "attn_q"), y, dq, d);
            ref_matvec(k + t * dk, ref_layer(net, w, l, "attn_k"), y, dk, d);
            ref_matvec(v + t * dk, ref_layer(net, w, l, "attn_v"), y, dk, d);
            for (size_t h = 0; h < s->n_head; h++)
                ref_head(q + t * dq + h * s->d_head, ref_layer(net, w, l, "attn_q_norm"), s, pos[t]);
            for (size_t h = 0; h < s->n_kv_head; h++)
                ref_head(k + t * dk + h * s->d_head, ref_layer(net, w, l, "attn_k_norm"), s, pos[t]);
        }
        ref_attention(s, q, k, v, n, sees, att);
        for (size_t t = 0; t < n; t++) {
            ref_matvec(z, ref_layer(net, w, l, "attn_output"), att + t * dq, d, dq);
            for (size_t i = 0; i < d; i++)
                x[t * d + i] += z[i];
            ref_norm(y, x + t * d, ref_layer(net, w, l, "ffn_norm"), d, (double)s->norm_eps);
            ref_matvec(gate, ref_layer(net, w, l, "ffn_gate"), y, s->d_ff, d);
            ref_matvec(up, ref_layer(net, w, l, "ffn_up"), y, s->d_ff, d);
            for (size_t i = 0; i < s->d_ff; i++)
                gate[i] = gate[i] / (1 + exp(-gate[i])) * up[i];
            ref_matvec(z, ref_layer(net, w, l, "ffn_down"), gate, d, s->d_ff);
            for (size_t i = 0; i < d; i++)
                x[t * d + i] += z[i];
        }
    }
    double loss = 0;
    for (size_t i = 0; i < n_loss; i++) {
        double logits[64], sum = 0;
        ref_norm(y, x + loss_row[i] * d, ref_param(net, w, "output_norm.weight"), d, (double)s->norm_eps);
        ref_matvec(logits, embed, y, s->n_vocab, d);
        for (size_t j = 0; j < s->n_vocab; j++)
            sum += exp(logits[j]);
        loss += log(sum) - logits[loss_id[i]];
    }
    return loss;
}

/* --- a batch of two documents: a tree (beginning of 53, branches of 5, 50 and 9) and plain text of 70 --- */
typedef struct {
    ht_batch b;
    uint16_t ids[MAX_T], loss_id[MAX_T];
    uint32_t loss_row[MAX_T], doc_span[3];
    ht_train_span spans[5];
    unsigned pos[MAX_T];
    unsigned char sees[MAX_T * MAX_T];
} sample;

static sample make_sample(void)
{
    static const ht_train_span spans[5] = {{0, 53, 0}, {53, 5, 53}, {58, 50, 53}, {108, 9, 53}, {117, 70, 0}};
    sample s = {.doc_span = {0, 4, 5}};
    ht_rng r;
    ht_rng_seed(&r, 5);
    const uint32_t n = 187;
    uint32_t n_loss = 0;
    memcpy(s.spans, spans, sizeof spans);
    for (int i = 0; i < 5; i++)
        for (uint32_t t = spans[i].first; t < spans[i].first + spans[i].n; t++) {
            s.ids[t] = (uint16_t)ht_rng_below(&r, tiny.n_vocab);
            s.pos[t] = spans[i].pos + t - spans[i].first;
            for (uint32_t j = 0; j < n; j++)
                s.sees[t * n + j] = (j >= spans[i].first && j <= t) || (i > 0 && i < 4 && j < 53);
            const bool is_branch_start = i > 0 && i < 4 && t == spans[i].first;
            if ((t > spans[i].first || is_branch_start) && (i > 0 || t % 3 == 0)) {
                s.loss_row[n_loss] = is_branch_start ? 52 : t - 1;
                s.loss_id[n_loss++] = s.ids[t];
            }
        }
    s.b = (ht_batch){.n_token = n, .n_span = 5, .n_doc = 2, .n_loss = n_loss};
    return s;
}

static void bind(sample *s)
{
    s->b.ids = s->ids, s->b.spans = s->spans, s->b.doc_span = s->doc_span, s->b.loss_row = s->loss_row, s->b.loss_id = s->loss_id;
}

static ht_net *make_net(const ht_net_shape *shape, bool want_bf16, unsigned cpu, ht_pool *pool)
{
    ht_error err = {0};
    ht_net *net = NULL;
    CHECK_OK(ht_net_new(shape, MAX_T, want_bf16, cpu, pool, &net, &err), err);
    CHECK_REQUIRE(net != NULL);
    ht_net_init(net, 3);
    /* norms away from 1 and larger matrices, so that nothing hides */
    ht_rng r;
    ht_rng_seed(&r, 4);
    size_t n;
    const ht_param *p = ht_net_params(net, &n);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < (size_t)p[i].rows * p[i].cols; j++)
            ht_net_weights(net)[p[i].at + j] = p[i].kind == HT_PARAM_NORM ? 0.5f + ht_rng_float(&r) : 0.3f * ht_rng_normal(&r);
    ht_net_pack(net);
    return net;
}

static void check_gradients(unsigned cpu, unsigned n_threads)
{
    ht_error err = {0};
    ht_pool *pool = NULL;
    CHECK_OK(ht_pool_new(n_threads, &pool, &err), err);
    ht_net *net = make_net(&tiny, false, cpu, pool);
    sample s = make_sample();
    bind(&s);
    double loss = 0;
    CHECK_OK(ht_net_loss_grad(net, &s.b, &loss, &err), err);
    float *w = ht_net_weights(net);
    const float *grad = ht_net_grads(net);
    const double want = ref_loss(net, w, s.ids, s.pos, s.sees, s.b.n_token, s.loss_row, s.loss_id, s.b.n_loss);
    CHECK_NEAR(loss, want, 1e-4 * want);
    size_t n;
    const ht_param *p = ht_net_params(net, &n);
    ht_rng r;
    ht_rng_seed(&r, 9);
    for (size_t i = 0; i < n; i++) {
        double worst = 0, size = 0;
        for (int k = 0; k < 5; k++) {
            const size_t at = p[i].at + ht_rng_below(&r, p[i].rows * p[i].cols);
            const float keep = w[at], up = keep + 1e-3f, down = keep - 1e-3f;
            w[at] = up;
            const double a = ref_loss(net, w, s.ids, s.pos, s.sees, s.b.n_token, s.loss_row, s.loss_id, s.b.n_loss);
            w[at] = down;
            const double b = ref_loss(net, w, s.ids, s.pos, s.sees, s.b.n_token, s.loss_row, s.loss_id, s.b.n_loss);
            w[at] = keep;
            const double slope = (a - b) / ((double)up - down);
            worst = fmax(worst, fabs(slope - grad[at]));
            size = fmax(size, fabs(slope));
        }
        if (worst > 2e-3 * size + 1e-4)
            fprintf(stderr, "%s: gradient is off by %g of %g\n", p[i].name, worst, size);
        CHECK(worst <= 2e-3 * size + 1e-4);
    }
    ht_net_free(net);
    ht_pool_free(pool);
}

static void gradients_scalar(void) { check_gradients(0, 1); }
static void gradients_simd(void) { check_gradients(ht_cpu_bits(), 2); }

static void branches_do_not_see_each_other(void)
{
    ht_error err = {0};
    ht_net *net = make_net(&tiny, false, ht_cpu_bits(), NULL);
    sample s = make_sample();
    bind(&s);
    const size_t v = tiny.n_vocab;
    float *before = malloc(s.b.n_loss * v * sizeof *before), *after = malloc(s.b.n_loss * v * sizeof *after);
    CHECK_OK(ht_net_logits(net, &s.b, before, &err), err);
    s.ids[80] = (uint16_t)((s.ids[80] + 1) % v); /* inside the second branch, rows 58 … 107 */
    CHECK_OK(ht_net_logits(net, &s.b, after, &err), err);
    for (uint32_t i = 0; i < s.b.n_loss; i++) {
        const bool may_change = s.loss_row[i] >= 80 && s.loss_row[i] < 108;
        CHECK_EQ(memcmp(before + i * v, after + i * v, v * sizeof(float)) != 0, may_change);
    }
    free(before), free(after);
    ht_net_free(net);
}

static void same_bits_on_any_thread_count(void)
{
    ht_error err = {0};
    sample s = make_sample();
    bind(&s);
    float *first = NULL;
    double first_loss = 0;
    for (unsigned n = 1; n <= 3; n++) {
        ht_pool *pool = NULL;
        CHECK_OK(ht_pool_new(n, &pool, &err), err);
        ht_net *net = make_net(&tiny, true, ht_cpu_bits(), pool);
        double loss = 0;
        CHECK_OK(ht_net_loss_grad(net, &s.b, &loss, &err), err);
        const size_t bytes = ht_net_size(net) * sizeof(float);
        if (first == NULL) {
            first = malloc(bytes);
            memcpy(first, ht_net_grads(net), bytes);
            first_loss = loss;
        }
        CHECK(loss == first_loss);
        CHECK(memcmp(first, ht_net_grads(net), bytes) == 0);
        ht_net_free(net);
        ht_pool_free(pool);
    }
    free(first);
}

static void bf16_is_close_to_f32(void)
{
    if (!(ht_cpu_bits() & HT_CPU_BF16))
        CHECK_SKIP("this CPU lacks AVX512_BF16");
    ht_error err = {0};
    sample s = make_sample();
    bind(&s);
    double loss[2];
    ht_net *nets[2];
    for (int i = 0; i < 2; i++) {
        nets[i] = make_net(&tiny, i == 1, ht_cpu_bits(), NULL);
        CHECK_EQ(ht_net_is_bf16(nets[i]), i == 1);
        CHECK_OK(ht_net_loss_grad(nets[i], &s.b, &loss[i], &err), err);
    }
    CHECK_NEAR(loss[1], loss[0], 0.01 * loss[0]);
    /* whole tensors: the angle between both gradients is small */
    size_t n;
    const ht_param *p = ht_net_params(nets[0], &n);
    for (size_t i = 0; i < n; i++) {
        double ab = 0, aa = 0, bb = 0;
        for (size_t j = p[i].at; j < p[i].at + (size_t)p[i].rows * p[i].cols; j++) {
            const double a = ht_net_grads(nets[0])[j], b = ht_net_grads(nets[1])[j];
            ab += a * b, aa += a * a, bb += b * b;
        }
        CHECK(ab / sqrt(aa * bb) > 0.999);
        CHECK_NEAR(bb / aa, 1, 0.03);
    }
    ht_net_free(nets[0]);
    ht_net_free(nets[1]);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(gradients_scalar),
        CHECK_CASE(gradients_simd),
        CHECK_CASE(branches_do_not_see_each_other),
        CHECK_CASE(same_bits_on_any_thread_count),
        CHECK_CASE(bf16_is_close_to_f32),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
