/*
 * The doctor's checks of worlds that are made up: a healthy one, and each thing that can be wrong.
 */
#include "apps/doctor/doctor.h"

#include "tests/base/unit.h"

#include <errno.h>
#include <jansson.h>

#define NOW_S INT64_C(1795372800) /* 2026-11-22 */
#define DAY_S INT64_C(86400)

static struct doctor_world w;
static struct doctor_finding found;

static const struct doctor_file private_file = {
    .mode = 0600, .is_ours = true, .is_usable = true, .changed_s = NOW_S - 60, .bytes = 4096};

/* A machine with a home, a node that runs and somebody who is connected. */
static void healthy(void)
{
    w = (struct doctor_world){
        .home = "/home/amina/.local/share/wavu",
        .folder = {.mode = 0700, .is_ours = true, .is_usable = true},
        .device_key = private_file,
        .identity_key = private_file,
        .store_key = private_file,
        .store = private_file,
        .config = {.error = ENOENT},
        .control = private_file,
        .now_s = NOW_S,
        .is_clock_kept = true,
        .disk_free = UINT64_C(10) << 30,
        .memory_free = UINT64_C(1) << 30,
        .fds_max = 1024,
        .listen = {.state = DOCTOR_PORT_FREE, .number = 9000},
        .discovery = {.state = DOCTOR_PORT_FREE, .number = 9999},
        .interfaces = 1,
        .calling = 1,
        .ip4_public = 1,
        .ip6_global = 1,
        .has_ip6 = true,
        .has_ip6_way = true,
        .node = DOCTOR_NODE_UP,
    };
    settings_init(&w.settings);
    w.status = json_pack("{s:I,s:I,s:s,s:[s],s:{s:I,s:[]}}", "uptimeMs", (json_int_t)60000, "peers",
                         (json_int_t)2, "disk", "good", "addresses", "/ip4/192.0.2.7/tcp/9000",
                         "mesh", "barred", (json_int_t)0, "seeds");
    w.networks = json_pack("{s:[{s:b,s:I,s:I,s:b}]}", "networks", "isMember", true, "members",
                           (json_int_t)3, "neighbours", (json_int_t)2, "isFrozen", false);
    w.vault = json_pack("{s:I}", "backupUnixMs", (json_int_t)(NOW_S - DAY_S) * 1000);
}

static int start(void **state)
{
    (void)state;
    healthy();
    assert_non_null(w.status);
    assert_non_null(w.networks);
    assert_non_null(w.vault);
    return 0;
}

static void forget(void)
{
    json_decref(w.status);
    json_decref(w.networks);
    json_decref(w.vault);
    w.status = NULL;
    w.networks = NULL;
    w.vault = NULL;
}

static int stop(void **state)
{
    (void)state;
    forget();
    return 0;
}

static void check(const char *name)
{
    for (size_t i = 0; i < doctor_count(); i++) {
        doctor_check(i, &w, &found);
        if (strcmp(found.name, name) == 0) {
            return;
        }
    }
    fail_msg("there is no check '%s'", name);
}

/* The check finds that; what is not ok says what to do. */
static void expect(const char *name, enum doctor_state state, const char *what, const char *next)
{
    check(name);
    if (found.state != state || strstr(found.what, what) == NULL ||
        strstr(found.next, next) == NULL) {
        fail_msg("%s: %d '%s' -> '%s'; expected %d '%s' -> '%s'", name, (int)found.state,
                 found.what, found.next, (int)state, what, next);
    }
    assert_true(state == DOCTOR_OK || found.next[0] != '\0');
    assert_true(found.brief[0] != '\0');
    assert_null(strstr(found.brief, "amina"));
    assert_null(strchr(found.brief, '/'));
}

static void a_healthy_world_is_well(void **state)
{
    (void)state;
    for (size_t i = 0; i < doctor_count(); i++) {
        doctor_check(i, &w, &found);
        if (found.state != DOCTOR_OK || found.next[0] != '\0' || found.what[0] == '\0') {
            fail_msg("%s: %s -> %s", found.name, found.what, found.next);
        }
    }
}

static void an_empty_world_is_survived(void **state)
{
    (void)state;
    forget();
    w = (struct doctor_world){.home = ""};
    for (size_t i = 0; i < doctor_count(); i++) {
        doctor_check(i, &w, &found);
        assert_true(found.what[0] != '\0' && found.brief[0] != '\0');
    }
}

static void a_wrong_clock_is_found(void **state)
{
    (void)state;
    w.now_s = 86400; /* a Raspberry Pi without a battery */
    expect("clock", DOCTOR_FAIL, "1970-01-02", "timedatectl");
    w.now_s = NOW_S;
    w.store.changed_s = NOW_S + DAY_S; /* the clock was set back by a day */
    expect("clock", DOCTOR_FAIL, "1 d", "set the clock");
    w.store.changed_s = NOW_S + 2 * DOCTOR_CLOCK_SLACK_S;
    expect("clock", DOCTOR_WARN, "2 h", "set the clock");
    w.store.changed_s = NOW_S + 60;
    expect("clock", DOCTOR_OK, "in time", "");
    w.authors_ahead = 1; /* one alone may lie */
    w.ahead_s = DAY_S;
    expect("clock", DOCTOR_WARN, "messages are from 1 d", "set the clock");
    w.authors_ahead = 2;
    expect("clock", DOCTOR_FAIL, "(as many as 2)", "set the clock");
    w.ahead_s = 2 * DOCTOR_CLOCK_SLACK_S;
    expect("clock", DOCTOR_WARN, "(as many as 2)", "set the clock");
    w.authors_ahead = 0;
    w.arrived = 3; /* a clock that is ahead, or messages that waited for a day */
    w.late_s = DAY_S;
    expect("clock", DOCTOR_WARN, "at least 1 d", "set the clock");
    w.late_s = 60;
    expect("clock", DOCTOR_OK, "in time", "");
    w.is_clock_kept = false;
    expect("clock", DOCTOR_OK, "does not say", "");
}

static void what_members_say_of_the_clock_is_told(void **state)
{
    static const struct {
        json_int_t ahead_s;
        int others;
        enum doctor_state state;
        const char *what;
    } rows[] = {{DAY_S, 2, DOCTOR_FAIL, "1 d 0 h ahead of what connected members"},
                {-DAY_S, 2, DOCTOR_FAIL, "1 d 0 h behind what connected members"},
                {-DAY_S, 1, DOCTOR_WARN, "(as many as 1)"}, /* it may be that one's */
                {2 * DOCTOR_CLOCK_SLACK_S, 2, DOCTOR_WARN, "2 h 0 min ahead"}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_t *clock =
            json_pack("{s:I, s:i}", "aheadMs", rows[i].ahead_s * 1000, "others", rows[i].others);
        assert_int_equal(json_object_set_new(w.status, "clock", clock), 0);
        expect("clock", rows[i].state, rows[i].what, "set the clock");
    }
    assert_int_equal(json_object_set_new(w.status, "clock", json_null()), 0);
    expect("clock", DOCTOR_OK, "in time", "");
}

static void a_small_machine_is_told(void **state)
{
    (void)state;
    w.memory_free = UINT64_C(10) << 20;
    expect("memory", DOCTOR_FAIL, "10.0 MiB", "end other programs");
    w.memory_free = UINT64_C(64) << 20;
    expect("memory", DOCTOR_WARN, "not for a passphrase", "end other programs");
    w.memory_free = 0;
    expect("memory", DOCTOR_OK, "does not say", "");
    w.fds_max = 64;
    expect("files", DOCTOR_WARN, "64 files", "ulimit");
    expect("parts", DOCTOR_OK, "TCP", "");
}

static void an_open_home_is_found(void **state)
{
    (void)state;
    w.folder.mode = 0755;
    expect("home", DOCTOR_FAIL, "mode 755", "chmod 700 '/home/amina");
    w.folder = (struct doctor_file){.mode = 0700, .is_usable = true};
    expect("home", DOCTOR_FAIL, "another user", "--home");
    w.folder = (struct doctor_file){.mode = 0700, .is_ours = true};
    expect("home", DOCTOR_FAIL, "cannot read and write", "--home");
    w.folder = (struct doctor_file){.error = EACCES};
    expect("home", DOCTOR_FAIL, "cannot look at", "--home");
    w.folder = (struct doctor_file){.error = ENOENT};
    expect("home", DOCTOR_OK, "no home", "");
    expect("disk", DOCTOR_OK, "no home", "");
}

static void keys_that_are_no_secrets_are_found(void **state)
{
    (void)state;
    w.identity_key.mode = 0644;
    expect("keys", DOCTOR_FAIL, "identity.key' (mode 644)", "chmod 600");
    w.identity_key = (struct doctor_file){.error = EACCES};
    expect("keys", DOCTOR_FAIL, "cannot look at", "chown");
    w.identity_key = (struct doctor_file){.error = ENOENT};
    expect("keys", DOCTOR_OK, "alone", "");
    w.device_key.is_ours = false;
    expect("keys", DOCTOR_FAIL, "device.key' belongs to another user", "chown");
    w.device_key = (struct doctor_file){.mode = 0600, .is_ours = true};
    expect("keys", DOCTOR_FAIL, "cannot read", "chmod 600");
    w.device_key = private_file;
    w.store_key = (struct doctor_file){.error = ENOENT};
    expect("keys", DOCTOR_FAIL, "store.key' is gone", "restore");
    w.store.error = ENOENT;
    w.device_key.error = ENOENT;
    expect("keys", DOCTOR_OK, "no keys yet", "");
}

static void settings_are_looked_at(void **state)
{
    (void)state;
    w.settings_code = 2;
    (void)snprintf(w.settings_problem, sizeof w.settings_problem, "wavu.toml:3:1: no \x1b[2J");
    expect("settings", DOCTOR_FAIL, "wavu.toml:3:1: no ?", "wavu config check");
    w.settings_code = 0;
    w.config = (struct doctor_file){.mode = 0644, .is_ours = true, .is_usable = true};
    expect("settings", DOCTOR_OK, "good", "");
    w.settings.has_keypair_seed = true;
    expect("settings", DOCTOR_FAIL, "keypair_seed", "chmod 600");
}

static void a_disk_that_takes_nothing_is_found(void **state)
{
    (void)state;
    w.disk_error = ENOSPC;
    expect("disk", DOCTOR_FAIL, "is full", "free some space");
    w.disk_error = EROFS;
    expect("disk", DOCTOR_FAIL, "only be read", "mount it");
    w.disk_error = EIO;
    expect("disk", DOCTOR_FAIL, "takes nothing", "system's log");
    w.disk_error = 0;
    w.disk_free = 1 << 20;
    expect("disk", DOCTOR_FAIL, "only 1.0 MiB", "free some space");
    w.disk_free = 100 << 20;
    expect("disk", DOCTOR_WARN, "100.0 MiB", "free some space");
}

static void a_store_that_is_not_whole_is_found(void **state)
{
    (void)state;
    assert_int_equal(json_object_set_new(w.status, "disk", json_string("damaged")), 0);
    expect("store", DOCTOR_FAIL, "cannot be read", "backup");
    assert_int_equal(json_object_set_new(w.status, "disk", json_string("failing")), 0);
    expect("store", DOCTOR_FAIL, "cannot write", "log");
    w.is_cut = true;
    expect("store", DOCTOR_FAIL, "cut off", "wavu backup restore");
    w.is_cut = false;
    w.store = (struct doctor_file){.error = EACCES};
    expect("store", DOCTOR_FAIL, "cannot read", "chmod 600");
    w.store = (struct doctor_file){.error = ENOENT};
    expect("store", DOCTOR_OK, "no store yet", "");
    w.store = private_file;
    json_decref(w.status);
    w.status = NULL;
    expect("store", DOCTOR_OK, "only a running node", "");
}

static void what_stands_in_a_nodes_way_is_found(void **state)
{
    static char path[200];
    (void)state;
    w.is_held = true;
    expect("control", DOCTOR_OK, "nothing", ""); /* the node's own */
    w.node = DOCTOR_NODE_NONE;
    expect("control", DOCTOR_FAIL, "holds the lock", "fuser");
    w.is_held = false;
    expect("control", DOCTOR_OK, "killed", "");
    w.control.is_usable = false;
    expect("control", DOCTOR_FAIL, "no socket", "move it away");
    w.control.error = ENOENT;
    w.node = DOCTOR_NODE_FOREIGN;
    expect("control", DOCTOR_FAIL, "another user", "--home");
    memset(path, 'x', sizeof path - 1);
    w.home = path;
    check("control");
    assert_int_equal(found.state, DOCTOR_FAIL);
    assert_non_null(strstr(found.next, "shorter"));
}

static void a_missing_backup_is_told(void **state)
{
    (void)state;
    assert_int_equal(json_object_set_new(w.vault, "backupUnixMs", json_null()), 0);
    expect("backup", DOCTOR_WARN, "no backup", "wavu backup create");
    assert_int_equal(
        json_object_set_new(w.vault, "backupUnixMs", json_integer((NOW_S - 90 * DAY_S) * 1000)), 0);
    expect("backup", DOCTOR_WARN, "90 d", "wavu backup create");
    w.node = DOCTOR_NODE_NONE;
    expect("backup", DOCTOR_OK, "asked of a running", "");
    w.identity_key.error = ENOENT;
    expect("backup", DOCTOR_OK, "nothing to be saved", "");
}

static void ports_are_looked_at(void **state)
{
    (void)state;
    expect("port", DOCTOR_OK, "dialled: 1;", "");
    assert_int_equal(json_object_set_new(w.status, "addresses", json_array()), 0);
    expect("port", DOCTOR_WARN, "no address", "--listen");
    w.node = DOCTOR_NODE_NONE;
    expect("port", DOCTOR_OK, "9000 is free", "");
    w.listen.state = DOCTOR_PORT_TAKEN;
    expect("port", DOCTOR_FAIL, "taken by another user", "bind_addr");
    (void)snprintf(w.listen.by, sizeof w.listen.by, "nginx, process 812");
    expect("port", DOCTOR_FAIL, "taken by nginx, process 812", "end that one");
    w.listen.state = DOCTOR_PORT_DENIED;
    expect("port", DOCTOR_FAIL, "may not", "above 1023");
    w.listen.state = DOCTOR_PORT_ABSENT;
    expect("port", DOCTOR_FAIL, "no address of this machine", "0.0.0.0:9000");
    w.discovery.state = DOCTOR_PORT_TAKEN;
    expect("discovery", DOCTOR_FAIL, "9999", "discovery_port");
    w.discovery.state = DOCTOR_PORT_OFF;
    expect("discovery", DOCTOR_OK, "off", "");
}

static void ways_out_are_looked_at(void **state)
{
    (void)state;
    w.has_ip6_way = false;
    expect("ipv6", DOCTOR_WARN, "no way", "router");
    w.ip6_global = 0;
    expect("ipv6", DOCTOR_OK, "local network alone", "");
    w.has_ip6 = false;
    expect("ipv6", DOCTOR_OK, "does not speak", "");
    expect("nat", DOCTOR_OK, "public", "");
    w.ip4_public = 0;
    w.ip4_private = 1;
    expect("nat", DOCTOR_WARN, "private addresses alone", "forward");
    assert_int_equal(json_object_set_new(w.status, "observed",
                                         json_pack("[s,s]", "/ip4/10.1.2.3", "/ip4/203.0.113.9")),
                     0);
    expect("nat", DOCTOR_WARN, "203.0.113.9", "seed");
    w.calling = 0;
    expect("lan", DOCTOR_WARN, "multicast", "--seed");
    w.interfaces = 0;
    expect("lan", DOCTOR_WARN, "no network", "wavu export");
}

static void how_the_node_answers_is_told(void **state)
{
    (void)state;
    w.node = DOCTOR_NODE_LOCKED;
    expect("node", DOCTOR_WARN, "locked", "wavu unlock");
    w.node = DOCTOR_NODE_SILENT;
    expect("node", DOCTOR_FAIL, "does not answer", "wavu bugreport");
    w.node = DOCTOR_NODE_FOREIGN;
    expect("node", DOCTOR_FAIL, "another user", "that user");
    w.node = DOCTOR_NODE_ODD;
    expect("node", DOCTOR_FAIL, "another version", "wavu up");
    w.node = DOCTOR_NODE_NONE;
    expect("node", DOCTOR_WARN, "no node runs", "wavu up");
    expect("seeds", DOCTOR_OK, "not asked", "");
    expect("peers", DOCTOR_OK, "not asked", "");
    expect("networks", DOCTOR_OK, "not asked", "");
}

static void seed(const char *state)
{
    json_t *seeds = json_object_get(json_object_get(w.status, "mesh"), "seeds");
    assert_int_equal(
        json_array_append_new(seeds, json_pack("{s:s,s:s}", "seed", "hub:9000", "state", state)),
        0);
}

static void why_a_seed_fails_is_told(void **state)
{
    static const char *const words[][2] = {
        {"unreachable", "firewall"},
        {"unreachable: there is no such name", "spelling"},
        {"unreachable: its name cannot be looked up now", "DNS"},
        {"unreachable: nothing listens there", "which port"},
        {"refused: another peer answers there", "present address"},
        {"refused: wrong network", "same network"},
        {"refused: it hung up", "--psk"},
        {"not invited", "wavu join"},
        {"dialing", "wait a little"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        json_t *seeds = json_object_get(json_object_get(w.status, "mesh"), "seeds");
        assert_int_equal(json_array_clear(seeds), 0);
        seed(words[i][0]);
        expect("seeds", DOCTOR_FAIL, "hub:9000", words[i][1]);
    }
    seed("connected");
    expect("seeds", DOCTOR_WARN, "1 of 2;", "wait");
    assert_int_equal(
        json_array_remove(json_object_get(json_object_get(w.status, "mesh"), "seeds"), 0), 0);
    expect("seeds", DOCTOR_OK, "all seeds", "");
}

static void who_is_alone_is_told(void **state)
{
    (void)state;
    json_t *one = json_array_get(json_object_get(w.networks, "networks"), 0);
    assert_int_equal(json_object_set_new(one, "neighbours", json_integer(0)), 0);
    expect("networks", DOCTOR_WARN, "nobody is connected now: 1", "seeds");
    assert_int_equal(json_object_set_new(one, "isFrozen", json_true()), 0);
    expect("networks", DOCTOR_FAIL, "newer wavu", "install");
    assert_int_equal(json_object_set_new(one, "isMember", json_false()), 0);
    expect("networks", DOCTOR_WARN, "no network", "wavu join");
    assert_int_equal(
        json_object_set_new(json_object_get(w.status, "mesh"), "barred", json_integer(1)), 0);
    expect("peers", DOCTOR_WARN, "broke the rules", "wavu peers");
    assert_int_equal(json_object_set_new(w.status, "peers", json_integer(0)), 0);
    expect("peers", DOCTOR_WARN, "nobody", "wavu invite");
    assert_int_equal(json_object_set_new(w.status, "mesh", json_null()), 0);
    expect("peers", DOCTOR_WARN, "--no-mesh", "without");
}

/* A seed's text and a process's name are others': nothing of them steers a terminal. */
static void others_words_are_cleaned(void **state)
{
    (void)state;
    json_t *seeds = json_object_get(json_object_get(w.status, "mesh"), "seeds");
    assert_int_equal(json_array_append_new(seeds, json_pack("{s:s,s:s}", "seed", "a\x1b[2Jb",
                                                            "state", "un\x1b[1mreachable")),
                     0);
    check("seeds");
    assert_null(strchr(found.what, '\x1b'));
    w.discovery.state = DOCTOR_PORT_TAKEN;
    (void)snprintf(w.discovery.by, sizeof w.discovery.by, "\x1b]0;x\a, process 1");
    check("discovery");
    assert_null(strchr(found.what, '\x1b'));
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(a_healthy_world_is_well),
        WORLD(an_empty_world_is_survived),
        WORLD(a_wrong_clock_is_found),
        WORLD(what_members_say_of_the_clock_is_told),
        WORLD(a_small_machine_is_told),
        WORLD(an_open_home_is_found),
        WORLD(keys_that_are_no_secrets_are_found),
        WORLD(settings_are_looked_at),
        WORLD(a_disk_that_takes_nothing_is_found),
        WORLD(a_store_that_is_not_whole_is_found),
        WORLD(what_stands_in_a_nodes_way_is_found),
        WORLD(a_missing_backup_is_told),
        WORLD(ports_are_looked_at),
        WORLD(ways_out_are_looked_at),
        WORLD(how_the_node_answers_is_told),
        WORLD(why_a_seed_fails_is_told),
        WORLD(who_is_alone_is_told),
        WORLD(others_words_are_cleaned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
