#!/usr/bin/env python3
"""Writes src/assist/han.c's table of traditional characters from the generator's pairs.

usage: han_table.py data/homegen/zh/noise_traditional.txt > src/assist/han_table.inc
"""
import re, sys

pairs = {}
for simplified, traditional in re.findall(r"(\S)>(\S)(?=\s|$)", open(sys.argv[1], encoding="utf-8").read()):
    if ord(simplified) > 0x3400 and ord(traditional) > 0x3400:
        pairs.setdefault(ord(traditional), ord(simplified))
for more in ("裡里", "裏里", "著着", "臺台", "檯台", "牀床", "冷冷", "開开", "關关", "啟启", "啓启", "溼湿", "麼么", "後后", "週周"):
    pairs.setdefault(ord(more[0]), ord(more[1]))
print("/* {traditional, simplified}, sorted; written by tools/han_table.py */")
row = []
for t in sorted(pairs):
    row.append("{0x%04x, 0x%04x}," % (t, pairs[t]))
    if len(row) == 7:
        print(" ".join(row))
        row = []
print(" ".join(row))
