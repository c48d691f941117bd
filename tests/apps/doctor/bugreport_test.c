/*
 * A bug report of a world that is full of names: none of them is in it.
 */
#include "apps/doctor/bugreport.h"

#include "tests/base/unit.h"

#include <errno.h>
#include <jansson.h>

static struct doctor_world w;
static struct bugreport_answers answers;
static struct buf text;

/* Each text of the world has "canary" in it. */
static int start(void **state)
{
    (void)state;
    w = (struct doctor_world){.home = "/srv/canary/wavu",
                              .named = "/srv/canary/wavu",
                              .config_path = "/srv/canary/wavu.toml",
                              .settings_code = 2,
                              .settings_problem = "canary.toml:1:1: there is no setting 'canary'",
                              .folder = {.error = EACCES},
                              .device_key = {.mode = 0644, .is_ours = true, .is_usable = true},
                              .now_s = 86400,
                              .disk_error = EIO,
                              .listen = {DOCTOR_PORT_TAKEN, 9000, "canary, process 7"},
                              .discovery = {DOCTOR_PORT_TAKEN, 9999, "canary"},
                              .node = DOCTOR_NODE_UP};
    settings_init(&w.settings);
    (void)snprintf(w.settings.bind_addr, sizeof w.settings.bind_addr, "canary:9000");
    (void)snprintf(w.settings.network, sizeof w.settings.network, "canary");
    (void)snprintf(w.settings.metrics, sizeof w.settings.metrics, "/canary");
    w.status = json_pack("{s:s,s:s,s:[s],s:[s],s:i,s:{s:s,s:i,s:[{s:s,s:s}]}}", "peerId", "canary",
                         "version", "canary", "addresses", "/dns4/canary/tcp/1", "observed",
                         "/ip4/203.0.113.77", "peers", 7, "mesh", "network", "canary", "members", 9,
                         "seeds", "seed", "canary:1", "state", "unreachable");
    w.networks = json_pack("{s:[{s:s,s:s,s:b,s:i}]}", "networks", "id", "canary", "name", "canary",
                           "isMember", true, "members", 12);
    w.vault = json_pack("{s:s,s:b}", "problem", "canary", "hasPassphrase", true);
    answers.metrics = json_pack("{s:{s:i,s:i,s:s}}", "counters", "conns_opened_total", 31,
                                "Canary/total", 5, "text_total", "canary");
    answers.rooms = json_pack("{s:[{s:s,s:s,s:i}]}", "rooms", "name", "canary", "topic", "canary",
                              "entries", 40);
    answers.chats = json_pack("{s:[{s:s,s:s,s:i}]}", "chats", "member", "canary", "nick", "canary",
                              "messages", 2);
    answers.contacts = json_pack("{s:[{s:s}]}", "contacts", "name", "canary");
    answers.files = json_pack("{s:[{s:s}]}", "files", "name", "canary.ogg");
    buf_init(&text, BUGREPORT_MAX);
    return w.status == NULL || w.networks == NULL || answers.metrics == NULL ||
                   answers.rooms == NULL || answers.chats == NULL
               ? -1
               : 0;
}

static int stop(void **state)
{
    (void)state;
    json_decref(w.status);
    json_decref(w.networks);
    json_decref(w.vault);
    json_decref(answers.metrics);
    json_decref(answers.rooms);
    json_decref(answers.chats);
    json_decref(answers.contacts);
    json_decref(answers.files);
    buf_clear(&text);
    return 0;
}

static const char *written(void)
{
    assert_int_equal(bugreport_write(&w, &answers, &text), 0);
    assert_int_equal(buf_append(&text, span_of((const uint8_t *)"", 1)), 0);
    return (const char *)text.ptr;
}

static void has(const char *report, const char *part)
{
    if (strstr(report, part) == NULL) {
        fail_msg("'%s' is not in\n%s", part, report);
    }
}

static void nobody_is_named(void **state)
{
    (void)state;
    const char *report = written();
    if (strcasestr(report, "canary") != NULL) {
        fail_msg("%s", strcasestr(report, "canary"));
    }
    assert_null(strstr(report, "203.0.113"));
    assert_null(strstr(report, "/srv"));
    assert_null(strstr(report, "process 7"));
}

static void what_helps_is_there(void **state)
{
    (void)state;
    const char *report = written();
    has(report, "\nversion ");
    has(report, "\nmin_degree 4 (default)\n");
    has(report, "\nfail  clock ");
    has(report, "\nfail  settings   the settings have a mistake\n");
    has(report, "\nfail  keys       others have rights on a key\n");
    has(report, "\npeers 7\n");
    has(report, "\nseeds 1\nseed unreachable\n");
    has(report, "\nconns_opened_total 31\n");
    has(report, "\npassphrase yes\n");
    has(report, "\nmembers 12\n");
    has(report, "\nmessages and entries 42\n");
    has(report, "\nfiles 1\n");
}

static void without_a_node_it_is_made_too(void **state)
{
    struct doctor_world empty = {.home = ""};
    struct bugreport_answers none = {.metrics = NULL};
    (void)state;
    settings_init(&empty.settings);
    assert_int_equal(bugreport_write(&empty, &none, &text), 0);
    assert_int_equal(buf_append(&text, span_of((const uint8_t *)"", 1)), 0);
    has((const char *)text.ptr, "[counters]\nnot asked: no node is open\n");
    has((const char *)text.ptr, "passphrase not asked\n");
}

static void what_does_not_fit_fails(void **state)
{
    (void)state;
    buf_init(&text, 400);
    assert_int_equal(bugreport_write(&w, &answers, &text), WAVU_ERR_LIMIT);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(nobody_is_named),
        WORLD(what_helps_is_there),
        WORLD(without_a_node_it_is_made_too),
        WORLD(what_does_not_fit_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
