#!/usr/bin/env python3
"""Writes a GGUF model with random weights and a real model's shape, to measure speed without downloading anything.

usage: bench/random_model.py OUT.gguf SHAPE TYPE
SHAPE: a name below, or n_layer,d_model,n_head,n_kv_head,d_head,d_ff,n_vocab      TYPE: Q8_0 or Q4_0"""
import os, struct, sys

SHAPES = {
    "home-12m": ("qwen3", 8, 384, 6, 2, 64, 1024, 6144),
    "qwen2.5-0.5b": ("qwen2", 24, 896, 14, 2, 64, 4864, 151936),
    "qwen3-0.6b": ("qwen3", 28, 1024, 16, 8, 128, 3072, 151936),
    "llama-3.2-1b": ("llama", 16, 2048, 32, 8, 64, 8192, 128256),
}
TYPES = {"Q8_0": (8, 34), "Q4_0": (2, 18)}


def text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def main():
    if len(sys.argv) != 4 or sys.argv[3] not in TYPES:
        sys.exit(__doc__)
    out, shape, (type_id, block_bytes) = sys.argv[1], sys.argv[2], TYPES[sys.argv[3]]
    arch, n_layer, d, n_head, n_kv, d_head, ff, vocab = SHAPES.get(shape) or ("llama", *map(int, shape.split(",")))
    meta = [("general.architecture", arch), ("general.name", "random " + shape)]
    for key, v in (("block_count", n_layer), ("context_length", 4096), ("embedding_length", d), ("feed_forward_length", ff),
                   ("attention.head_count", n_head), ("attention.head_count_kv", n_kv), ("attention.key_length", d_head),
                   ("attention.value_length", d_head), ("attention.layer_norm_rms_epsilon", 1e-6), ("rope.freq_base", 1e6)):
        meta.append((arch + "." + key, v))
    tensors = [("token_embd.weight", (d, vocab)), ("output_norm.weight", (d,))]
    for l in range(n_layer):
        b = f"blk.{l}."
        tensors += [(b + "attn_norm.weight", (d,)), (b + "ffn_norm.weight", (d,)),
                    (b + "attn_q.weight", (d, n_head * d_head)), (b + "attn_k.weight", (d, n_kv * d_head)),
                    (b + "attn_v.weight", (d, n_kv * d_head)), (b + "attn_output.weight", (n_head * d_head, d)),
                    (b + "ffn_gate.weight", (d, ff)), (b + "ffn_up.weight", (d, ff)), (b + "ffn_down.weight", (ff, d))]
        if arch == "qwen2":
            tensors += [(b + f"attn_{c}.bias", (n * d_head,)) for c, n in (("q", n_head), ("k", n_kv), ("v", n_kv))]
        if arch == "qwen3":
            tensors += [(b + "attn_q_norm.weight", (d_head,)), (b + "attn_k_norm.weight", (d_head,))]
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(meta))
    for key, v in meta:
        head += text(key)
        head += struct.pack("<I", 8) + text(v) if isinstance(v, str) else \
            struct.pack("<If", 6, v) if isinstance(v, float) else struct.pack("<II", 4, v)
    sizes, offset = [], 0
    for name, dims in tensors:
        n = dims[0] * (dims[1] if len(dims) > 1 else 1)
        matrix = len(dims) > 1
        size = n // 32 * block_bytes if matrix else 4 * n
        head += text(name) + struct.pack("<I", len(dims)) + b"".join(struct.pack("<Q", x) for x in dims)
        head += struct.pack("<IQ", type_id if matrix else 0, offset)
        sizes.append((size, matrix, name))
        offset += (size + 31) // 32 * 32
    raw = os.urandom(32 * 4096)
    scale = struct.pack("<e", 0.0004 if type_id == 8 else 0.006)
    pool = b"".join(scale + raw[32 * i:32 * i + block_bytes - 2] for i in range(4096))
    with open(out, "wb") as f:
        f.write(head + bytes(-len(head) % 32))
        for size, matrix, name in sizes:
            if matrix:
                for at in range(0, size, len(pool)):
                    f.write(pool[:min(len(pool), size - at)])
            else:
                f.write(struct.pack("<f", 0.0 if name.endswith("bias") else 1.0) * (size // 4))
            f.write(bytes(-size % 32))


main()
