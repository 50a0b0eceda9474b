/* Errors as the OpenAI API shapes them: {"error":{"message","type","param","code"}}. */
#ifndef HT_SERVER_API_ERROR_H
#define HT_SERVER_API_ERROR_H
#include "base/str.h"

typedef struct {
    int status;        /* HTTP */
    const char *code;  /* "model_not_found" …, NULL = null. Static */
    char param[96];    /* the field that is wrong; "" = null */
    char message[320];
} ht_api_error;

/* Fills e and returns status. param may be NULL. */
int ht_api_fail(ht_api_error *e, int status, const char *code, const char *param, const char *fmt, ...) HT_PRINTF(5, 6);
/* The error of a failed call below: what the client got wrong is 400, the rest 500. Returns the status code. */
int ht_api_fail_from(ht_api_error *e, const ht_error *err);
/* Appends the object, on one line. */
void ht_api_error_json(const ht_api_error *e, ht_buf *out);
#endif
