#include "check.h"

#include "server/access.h"

static bool host(const char *h)
{
    static const char *const allowed[] = {"home.example.org"};
    return ht_access_host_ok(ht_str_from(h), allowed, 1);
}

static bool origin(const char *o, const char *h) { return ht_access_origin_ok(ht_str_from(o), ht_str_from(h)); }

static void hosts_of_the_house(void)
{
    CHECK(host("127.0.0.1:8420") && host("192.168.1.5") && host("[::1]:8420") && host("localhost:8420") && host("nas:1"));
    CHECK(host("pi.local:8420") && host("pi.LAN") && host("home.home.arpa") && host("Home.Example.org:443"));
    CHECK(!host("evil.com:8420") && !host("127.0.0.1.evil.com") && !host("home.example.org.evil.com") && !host("") && !host(".local") && !host("local.evil.com"));
}

static void origins_of_the_page(void)
{
    CHECK(ht_access_origin_ok((ht_str){NULL, 0}, HT_STR("a:1")));
    CHECK(origin("http://127.0.0.1:8420", "127.0.0.1:8420") && origin("https://home.example.org", "Home.example.org"));
    CHECK(!origin("http://evil.com", "127.0.0.1:8420") && !origin("http://127.0.0.1:9999", "127.0.0.1:8420") && !origin("null", "127.0.0.1:8420"));
    CHECK(!origin("http://127.0.0.1:8420.evil.com", "127.0.0.1:8420") && !origin("", "127.0.0.1:8420"));
}

int main(int argc, char **argv)
{
    static const check_case cases[] = {
        CHECK_CASE(hosts_of_the_house),
        CHECK_CASE(origins_of_the_page),
    };
    return check_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
