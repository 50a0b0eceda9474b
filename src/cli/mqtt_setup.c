#include "cli/mqtt_setup.h"

#include <stdlib.h>

const char *ht_cli_mqtt_url(const char *given)
{
    const char *env = getenv("HEARTH_MQTT");
    return given != NULL ? given : env != NULL && env[0] != '\0' ? env : NULL;
}

ht_status ht_cli_home_spec(const char *home, const char *url, ht_buf *out, const char **spec, ht_error *err)
{
    ht_buf_clear(out);
    *spec = home;
    if (home != NULL || url == NULL)
        return HT_OK;
    ht_buf_addf(out, "mqtt:%s", url);
    *spec = out->ptr;
    return out->failed ? ht_fail(err, HT_NO_MEMORY, -1, "out of memory") : HT_OK;
}

ht_status ht_cli_open_hub(const char *url, ht_mqtt_hub **out, ht_error *err)
{
    ht_mqtt_address address;
    *out = NULL;
    ht_status st = ht_mqtt_address_parse(url, &address, err);
    if (st == HT_OK)
        st = ht_mqtt_hub_open(&(ht_mqtt_hub_options){.address = &address}, out, err);
    ht_mqtt_address_deinit(&address);
    return st;
}
