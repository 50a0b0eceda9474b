/* The tokenizer of a GGUF file, for commands that need nothing else of it. */
#ifndef HT_CLI_TOKENIZER_FILE_H
#define HT_CLI_TOKENIZER_FILE_H
#include "text/tokenizer.h"

/* Opens path, reads its tokenizer and lets go of the file. The error names the path. The caller closes *out. */
HT_CHECKED ht_status ht_cli_open_tokenizer(const char *path, ht_tokenizer **out, ht_error *err);
#endif
