#!/usr/bin/env python3
"""Draws training curves as SVG from the metrics.jsonl of `hearth train`.

usage: plot_loss.py OUT.svg TITLE=metrics.jsonl [TITLE=metrics.jsonl ...]
"""
import json, sys

W, H, LEFT, BOTTOM, TOP = 860, 420, 64, 48, 36
COLOURS = ["#d9622b", "#2b6fd9", "#2b9d62", "#8a4fc7"]


def smooth(values, k):
    out, acc = [], None
    for v in values:
        acc = v if acc is None else acc + (v - acc) / k
        out.append(acc)
    return out


def main():
    runs = []
    for arg in sys.argv[2:]:
        title, path = arg.split("=", 1)
        rows = [json.loads(l) for l in open(path, encoding="utf-8") if l.strip()]
        loss = [(r["tokens"] / 1e6, r["loss"]) for r in rows if "loss" in r]
        tokens = {r["step"]: r["tokens"] / 1e6 for r in rows if "tokens" in r}
        held = [(tokens[r["step"]], r["eval_loss"]) for r in rows if "eval_loss" in r and r["step"] in tokens]
        ys = smooth([y for _, y in loss], 20)
        runs.append((title, [(x, y) for (x, _), y in zip(loss, ys)], held))
    xmax = max(x for _, l, _ in runs for x, _ in l)
    ymax = min(7.0, max(y for _, l, _ in runs for _, y in l))
    px = lambda x: LEFT + x / xmax * (W - LEFT - 20)
    py = lambda y: H - BOTTOM - min(y, ymax) / ymax * (H - BOTTOM - TOP)
    s = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {H}" font-family="sans-serif" font-size="13">',
         f'<rect width="{W}" height="{H}" fill="#fff"/>']
    for i in range(int(ymax) + 1):
        s.append(f'<path d="M{LEFT} {py(i):.1f}H{W-20}" stroke="#e5e5e5"/><text x="{LEFT-10}" y="{py(i)+4:.1f}" text-anchor="end" fill="#555">{i}</text>')
    step = max(1, round(xmax / 8))
    for x in range(0, int(xmax) + 1, step):
        s.append(f'<text x="{px(x):.1f}" y="{H-BOTTOM+20}" text-anchor="middle" fill="#555">{x}</text>')
    s.append(f'<text x="{(LEFT+W-20)/2}" y="{H-8}" text-anchor="middle" fill="#333">million tokens</text>')
    s.append(f'<text x="16" y="{H/2}" transform="rotate(-90 16 {H/2})" text-anchor="middle" fill="#333">loss (nats a predicted token)</text>')
    for i, (title, loss, held) in enumerate(runs):
        c = COLOURS[i % len(COLOURS)]
        s.append(f'<polyline fill="none" stroke="{c}" stroke-width="2" points="' + " ".join(f"{px(x):.1f},{py(y):.1f}" for x, y in loss[::max(1, len(loss)//400)]) + '"/>')
        s += [f'<circle cx="{px(x):.1f}" cy="{py(y):.1f}" r="3" fill="{c}"/>' for x, y in held]
        s.append(f'<rect x="{W-330}" y="{TOP+i*22-10}" width="14" height="14" fill="{c}"/><text x="{W-310}" y="{TOP+i*22+2}" fill="#222">{title} (dots: held out)</text>')
    s.append("</svg>")
    open(sys.argv[1], "w", encoding="utf-8").write("\n".join(s) + "\n")


main()
