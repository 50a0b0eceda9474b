#!/usr/bin/env python3
"""Turns Tatoeba's sentence pairs {"en","zh"} into requests to translate, in turn one way and the other.

usage: tatoeba.py IN.jsonl OUT.jsonl
"""
import json, sys

with open(sys.argv[2], "w", encoding="utf-8") as out:
    for i, line in enumerate(open(sys.argv[1], encoding="utf-8")):
        pair = json.loads(line)
        ask, reply = ("翻译成中文：" + pair["en"], pair["zh"]) if i % 2 == 0 else ("翻译成英文：" + pair["zh"], pair["en"])
        messages = [{"role": "user", "content": ask}, {"role": "assistant", "content": reply}]
        out.write(json.dumps({"messages": messages}, ensure_ascii=False) + "\n")
