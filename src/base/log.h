/* Lines for a person on stderr: "hearth: warning: …". The only mutable file-scope state outside cli/. */
#ifndef HT_BASE_LOG_H
#define HT_BASE_LOG_H
#include "base/status.h"

typedef enum { HT_LOG_ERROR, HT_LOG_WARN, HT_LOG_INFO, HT_LOG_DEBUG } ht_log_level;

/* Lines above this level are dropped; HT_LOG_WARN at start. Set once, before threads. */
void ht_log_set_level(ht_log_level level);
/* One line, no newline in fmt. Any thread; lines do not mix. */
void ht_log(ht_log_level level, const char *fmt, ...) HT_PRINTF(2, 3);
#endif
