#!/usr/bin/env bash
# Makes models/hearth-nano.gguf from nothing: tokenizer, pre-training on text, fine-tuning on synthetic home conversations.
#
# usage: tools/nano/train.sh CORPORA [SUITE.jsonl …]
#   CORPORA: folder with zh/*.txt, en/*.txt and dialog/*.jsonl (sources and licences: docs/DATA.md)
#   SUITE:   evaluation suites; no training request may equal one of theirs
# Everything lies in runs/nano; a killed run goes on with the same command. About two hours on two AVX-512 cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
corpora=$1
shift
exclude=()
for suite in "$@"; do exclude+=(--exclude "$suite"); done
hearth=build/release/hearth
out=runs/nano
mkdir -p $out

if [ ! -f $out/tokenizer.gguf ]; then
    python3 tools/nano/seed.py src/assist/tools.h $out/seed_calls.txt $out/seed_words.txt
    python3 tools/nano/tatoeba.py "$corpora/dialog/tatoeba_en_zh.jsonl" $out/tatoeba.jsonl
    z=data/homegen/zh
    $hearth tokenizer train --vocab 8192 --out $out/tokenizer.gguf --max-mb 150 \
        --special '<|endoftext|>' --special '<|im_start|>' --special '<|im_end|>' --user '<tool_call>' --user '</tool_call>' --eos '<|im_end|>' \
        "$corpora"/zh/zhwiki.txt:0.8 "$corpora"/zh/recipes_howtocook.txt:8 "$corpora"/zh/stories_asp.txt:10 "$corpora"/zh/docs_cc.txt:1 \
        "$corpora"/zh/poetry_classical.txt:0.02 "$corpora"/dialog/crosswoz_zh.jsonl:1 "$corpora"/dialog/kdconv_zh.jsonl:4 \
        "$corpora"/dialog/qa_cmrc_drcd_zh.jsonl:1 "$corpora"/en/enwiki.txt:0.3 "$corpora"/en/novels_pd.txt:0.4 \
        "$corpora"/en/stories_asp.txt:4 "$corpora"/en/wordnet_glosses.txt:0.5 "$corpora"/dialog/sgd_en.jsonl:0.7 \
        "$corpora"/dialog/taskmaster4_en.jsonl:3 "$corpora"/dialog/topicalchat_en.jsonl:1.5 "$corpora"/dialog/gsm8k_en.jsonl:1 \
        "$corpora"/dialog/opentrivia_en.jsonl:0.3 "$corpora"/dialog/chatterbot_en_zh.jsonl:5 $out/tatoeba.jsonl:5 \
        $out/seed_calls.txt:2 $out/seed_words.txt:6 $z/lexicon.txt:200 $z/lexicon_devices.txt:200 $z/lexicon_media.txt:50 \
        $z/lexicon_sensors.txt:80 data/homegen/KEYS.md:40
fi

pack() { $hearth data pack -m $out/tokenizer.gguf "$@"; }
if [ ! -f $out/sgd.shard ]; then
    pack --ctx 256 --max-tokens 9000000 --out $out/zh.shard "$corpora"/zh/{zhwiki,recipes_howtocook,stories_asp,docs_cc}.txt
    pack --ctx 256 --max-tokens 9000000 --out $out/en.shard "$corpora"/en/{enwiki,novels_pd,stories_asp,wordnet_glosses}.txt
    pack --ctx 256 --loss all --out $out/dialog.shard --eval-fraction 0.003 --eval-out $out/dialog_eval.shard \
        "$corpora"/dialog/{chatterbot_en_zh,crosswoz_zh,kdconv_zh,topicalchat_en,taskmaster4_en,personality_en,qa_cmrc_drcd_zh}.jsonl $out/tatoeba.jsonl
    pack --ctx 256 --loss all --max-tokens 4000000 --out $out/sgd.shard "$corpora"/dialog/{sgd_en,gsm8k_en}.jsonl
fi

homes() { # NAME SEED COUNT
    for lang in zh en; do
        [ -f $out/$1_$lang.shard ] && continue
        $hearth data home --phrases data/homegen --lang $lang --seed "$2" --count "$3" "${exclude[@]}" --out $out/$1_$lang.jsonl
        pack --ctx 1024 --eval-fraction 0.004 --eval-out $out/$1_${lang}_eval.shard --out $out/$1_$lang.shard $out/$1_$lang.jsonl
    done
}
homes home1 11 220000
homes home2 22 240000
homes home3 55 170000

train() { # CONFIG FOLDER
    [ -f $out/$2/done ] && return
    $hearth train "$1" $([ -f $out/$2/last.ckpt ] && echo --resume)
    touch $out/$2/done
}
train data/train/nano_1_pretrain.json pretrain
train data/train/nano_2_tune.json tune1
train data/train/nano_3_tune.json tune2
train data/train/nano_4_tune.json tune3
$hearth train --export $out/tune3/last.ckpt $out/hearth-nano-f32.gguf
$hearth quantize $out/hearth-nano-f32.gguf models/hearth-nano.gguf Q8_0
