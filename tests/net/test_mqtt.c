/* The broker's address. The client itself is tested with a real broker, in tests/e2e/test_mqtt.sh. */
#include "check.h"
#include "net/mqtt.h"

static void check_address(const char *url, const char *host, int port, const char *user, const char *password, bool is_tls)
{
    ht_mqtt_address a;
    ht_error err;
    if (ht_mqtt_address_parse(url, &a, &err) != HT_OK) {
        check_fail(__FILE__, __LINE__, err.text);
        return;
    }
    CHECK_STR(a.host, host);
    CHECK_EQ(a.port, port);
    CHECK_STR(a.user ? a.user : "-", user);
    CHECK_STR(a.password ? a.password : "-", password);
    CHECK_EQ(a.is_tls, is_tls);
    ht_mqtt_address_deinit(&a);
}

static void reads_addresses(void)
{
    check_address("mqtt://localhost", "localhost", 1883, "-", "-", false);
    check_address("192.168.1.2", "192.168.1.2", 1883, "-", "-", false);
    check_address("broker.lan:18883", "broker.lan", 18883, "-", "-", false);
    check_address("mqtts://me:p%40ss%3a@host/", "host", 8883, "me", "p@ss:", true);
    check_address("mqtt://me@host:1", "host", 1, "me", "-", false);
    check_address("mqtt://me:a@b@host", "host", 1883, "me", "a@b", false);
    check_address("mqtt://me:@host", "host", 1883, "me", "", false);
    check_address("mqtt://[::1]:99", "::1", 99, "-", "-", false);
    check_address("[fe80::1]", "fe80::1", 1883, "-", "-", false);
    check_address("fe80::1", "fe80::1", 1883, "-", "-", false);
}

static void refuses_what_is_none(void)
{
    static const char *const bad[] = {"", "mqtt://", "http://host", "host:0", "host:65536", "host:", "host:x", "mqtt://me:secret@", "[::1]x", "[::1]:"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ht_mqtt_address a;
        ht_error err;
        CHECK_EQ(ht_mqtt_address_parse(bad[i], &a, &err), HT_BAD_ARG);
        CHECK(strstr(err.text, "secret") == NULL);
        CHECK(a.host == NULL && a.user == NULL && a.password == NULL);
    }
}

/* Nobody listens on port 1: the client goes on trying, says so, and can be closed at any time. */
static void lives_without_a_broker(void)
{
    ht_mqtt_address a;
    ht_error err;
    ht_mqtt *m = NULL;
    char why[200] = "";
    CHECK_OK(ht_mqtt_address_parse("127.0.0.1:1", &a, &err), err);
    CHECK_OK(ht_mqtt_open(&(ht_mqtt_options){.address = &a}, &m, &err), err);
    CHECK_REQUIRE(m != NULL);
    CHECK_OK(ht_mqtt_subscribe(m, "a/+", &err), err);
    CHECK_EQ(ht_mqtt_subscribe(m, "a/#/b", &err), HT_BAD_ARG);
    CHECK_EQ(ht_mqtt_publish(m, "a/b", HT_STR("x"), 1, false, &err), HT_IO);
    CHECK_EQ(ht_mqtt_publish(m, "a/+", HT_STR("x"), 1, false, &err), HT_BAD_ARG);
    CHECK(!ht_mqtt_wait(m, 50));
    CHECK(!ht_mqtt_is_connected(m));
    ht_mqtt_trouble(m, why, sizeof why);
    CHECK(why[0] != '\0');
    CHECK_STR(ht_mqtt_name(m), "127.0.0.1:1");
    ht_mqtt_unsubscribe(m, "a/+");
    ht_mqtt_close(m);
    ht_mqtt_close(NULL);
    ht_mqtt_address_deinit(&a);
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(reads_addresses),
        CHECK_CASE(refuses_what_is_none),
        CHECK_CASE(lives_without_a_broker),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
