/* What is said after the calls: short, true (from the results, not from the model), in the asker's language. */
#ifndef HT_ASSIST_REPLY_H
#define HT_ASSIST_REPLY_H
#include "assist/execute.h"

/* lang: "zh…" gives Chinese, anything else English. Appends one sentence, or a few, for n results in order:
 * done ("好的，客厅灯已打开。" / "The kitchen light is on."), look-ups answered from `answer` (counts, yes/no and lists for
 * HassGetState with a state), failures named ("这里没有找到洗碗机。"), ambiguity as a question with the candidates. */
void ht_reply(const ht_home *h, ht_str lang, const ht_context *cx, const ht_result *results, size_t n, ht_buf *out);
#endif
