/* What the subcommands that reach devices over MQTT share. */
#ifndef HT_CLI_MQTT_SETUP_H
#define HT_CLI_MQTT_SETUP_H
#include "home/home.h"
#include "home/mqtt/hub.h"

/* Options for `--mqtt URL`: usage line, two columns. */
#define HT_CLI_MQTT_USAGE \
    "  --mqtt URL      devices of this MQTT broker, mqtt://[user:password@]host[:port] or mqtts://…; $HEARTH_MQTT if\n" \
    "                  it is set. They announce themselves (Home Assistant discovery); without --home there are no others\n"

/* given, or $HEARTH_MQTT if it is set and not empty, or NULL. */
const char *ht_cli_mqtt_url(const char *given);
/* What to open (ht_cli_open_home) for --home and a broker's URL, either of which may be NULL: the file, else the broker's home, else NULL. Borrowed
 * from home or out, which is cleared first. */
HT_CHECKED ht_status ht_cli_home_spec(const char *home, const char *url, ht_buf *out, const char **spec, ht_error *err);
/* Starts connecting to the broker at url. */
HT_CHECKED ht_status ht_cli_open_hub(const char *url, ht_mqtt_hub **out, ht_error *err);
#endif
