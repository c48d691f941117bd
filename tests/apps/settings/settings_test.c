/*
 * Settings: defaults, file, options, and what is wrong with each.
 */
#include "apps/settings/settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "apps/term/say.h"
#include "tests/base/unit.h"

static struct settings s;
static char path[64];
static char said[1024];

/* Read `text` as the file; the exit code, what was said on stderr in `said`. */
static int read_text(const char *text)
{
    int pipes[2];
    int fd = -1;
    (void)snprintf(path, sizeof path, "/tmp/wavu-settings-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    (void)close(fd);
    assert_int_equal(pipe(pipes), 0);
    int before = dup(STDERR_FILENO);
    (void)dup2(pipes[1], STDERR_FILENO);
    settings_init(&s);
    int code = settings_read_file(&s, path, false);
    code = code == 0 ? settings_check(&s) : code;
    (void)fflush(stderr);
    (void)dup2(before, STDERR_FILENO);
    (void)close(before);
    (void)close(pipes[1]);
    ssize_t len = read(pipes[0], said, sizeof said - 1);
    said[len > 0 ? len : 0] = '\0';
    (void)close(pipes[0]);
    (void)unlink(path);
    return code;
}

static void defaults_are_the_issues(void **state)
{
    static const char *const expected[][2] = {
        {"bind_addr", "\"0.0.0.0:9000\""},
        {"discovery_port", "9999"},
        {"min_degree", "4"},
        {"max_degree", "6"},
        {"keypair_seed", "\"\""},
        {"require_invitation", "true"},
        {"gossip_interval", "\"1s\""},
        {"heartbeat_interval", "\"500ms\""},
        {"phi_threshold", "8.0"},
        {"rebalance_interval", "\"5s\""},
        {"ihave_timeout", "\"500ms\""},
        {"max_discovery_retries", "10"},
        {"recovery_base_delay", "\"500ms\""},
        {"connect_timeout", "\"5s\""},
        {"wan_mode", "false"},
        {"auto_accept", "0"},
        {"auto_lock", "0"},
        {"log_level", "\"warn\""},
        {"log_format", "\"text\""},
        {"power", "\"normal\""},
        {"metrics", "\"off\""},
        {"network", "\"\""},
        {"seed_peers", "[]"},
        {"allow_modules", "false"},
        {"modules", "[]"},
        {"kad", "\"auto\""},
        {"kad_prefix", "\"/wavu\""},
        {"kad_admission", "\"members\""},
        {"kad_puzzle", "0"},
    };
    char value[SETTINGS_VALUE_MAX];
    (void)state;
    settings_init(&s);
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_string_equal(settings_name(i), expected[i][0]);
        assert_string_equal(settings_show(&s, i, value), expected[i][1]);
        assert_string_equal(settings_origin(&s, i), "default");
    }
    assert_null(settings_name(sizeof expected / sizeof expected[0]));
    assert_int_equal(settings_check(&s), 0);
}

/* What a bug report shows of a setting is its value, or only that it is set. */
static void what_may_name_somebody_is_private(void **state)
{
    static const char *const names[] = {"bind_addr",  "keypair_seed", "metrics",   "network",
                                        "seed_peers", "modules",      "kad_prefix"};
    size_t count = 0;
    (void)state;
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        bool is_named = false;
        for (size_t at = 0; at < sizeof names / sizeof names[0]; at++) {
            is_named = is_named || strcmp(names[at], settings_name(i)) == 0;
        }
        assert_int_equal(settings_is_private(i), is_named);
        count += is_named ? 1 : 0;
    }
    assert_int_equal(count, sizeof names / sizeof names[0]);
}

static void the_file_beats_the_default_and_the_option_the_file(void **state)
{
    static const struct args_option option = {"min-degree", '\0', "N", ""};
    static const struct args_option seed = {"seed", '\0', "ADDR", ""};
    static const struct args_option wan = {"wan-mode", '\0', NULL, ""};
    struct args args = {.found = {{&option, "5"}, {&seed, "[::1]:1"}, {&seed, "b:2"}, {&wan, NULL}},
                        .found_count = 4};
    (void)state;
    assert_int_equal(read_text("min_degree = 3\nphi_threshold = 9\ngossip_interval = \"2m\"\n"
                               "seed_peers = [\"a:1\", '/ip4/10.0.0.1/tcp/9000']\n"
                               "keypair_seed = \"000102030405060708090a0b0c0d0e0f"
                               "101112131415161718191A1B1C1D1E1F\"\n"),
                     0);
    assert_int_equal(s.min_degree, 3);
    assert_true(s.phi_threshold == 9.0);
    assert_int_equal(s.gossip_interval_ms, 120000);
    assert_int_equal(s.seed_peers.count, 2);
    assert_string_equal(s.seed_peers.items[1], "/ip4/10.0.0.1/tcp/9000");
    assert_true(s.has_keypair_seed && s.keypair_seed[31] == 0x1f);
    assert_string_equal(settings_origin(&s, 2), "file");
    assert_int_equal(settings_read_args(&s, &args), 0);
    assert_int_equal(s.min_degree, 5);
    assert_int_equal(s.seed_peers.count, 2); /* the options' list, not both */
    assert_string_equal(s.seed_peers.items[0], "[::1]:1");
    assert_true(s.wan_mode);
    assert_string_equal(settings_origin(&s, 2), "option");
    settings_wipe(&s);
    assert_int_equal(s.keypair_seed[31], 0);
}

static void variables_stand_between_files_and_options(void **state)
{
    static const struct args_option option = {"max-degree", '\0', "N", ""};
    struct args args = {.found = {{&option, "8"}}, .found_count = 1};
    char place[SETTINGS_PLACE_MAX];
    (void)state;
    (void)setenv("WAVU_MIN_DEGREE", "3", 1);
    (void)setenv("WAVU_MAX_DEGREE", "7", 1);
    (void)setenv("WAVU_SEED_PEERS", "a:1,b:2", 1);
    (void)setenv("WAVU_POWER", "", 1);
    (void)setenv("WAVU_KEYPAIR_SEED", "none of its business", 1);
    assert_int_equal(read_text("min_degree = 2\nwan_mode = true\nseed_peers = [\"c:3\"]\n"), 0);
    assert_int_equal(settings_read_environment(&s), 0);
    assert_int_equal(settings_read_args(&s, &args), 0);
    assert_int_equal(s.min_degree, 3);
    assert_int_equal(s.max_degree, 8);
    assert_int_equal(s.seed_peers.count, 2);
    assert_string_equal(s.seed_peers.items[1], "b:2");
    assert_false(s.has_keypair_seed || s.is_low_power);
    assert_string_equal(settings_place(&s, 2, place), "WAVU_MIN_DEGREE");
    assert_string_equal(settings_place(&s, 3, place), "--max-degree");
    assert_string_equal(settings_place(&s, 0, place), "default");
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        if (strcmp(settings_name(i), "wan_mode") == 0) {
            char expected[SETTINGS_PLACE_MAX];
            (void)snprintf(expected, sizeof expected, "%s:2", path);
            assert_string_equal(settings_place(&s, i, place), expected);
        }
    }
    assert_string_equal(settings_file_of(&s, "wan_mode"), path);
    assert_null(settings_file_of(&s, "min_degree"));
    (void)setenv("WAVU_SEED_PEERS", "a:1,b", 1);
    assert_int_equal(settings_read_environment(&s), SAY_USAGE);
    (void)unsetenv("WAVU_SEED_PEERS");
    (void)unsetenv("WAVU_MIN_DEGREE");
    (void)unsetenv("WAVU_MAX_DEGREE");
    (void)unsetenv("WAVU_KEYPAIR_SEED");
    (void)unsetenv("WAVU_POWER");
}

static void the_wide_network_is_set(void **state)
{
    struct wavu_kad_config kad;
    char value[SETTINGS_VALUE_MAX];
    (void)state;
    assert_int_equal(read_text("kad = \"server\"\nkad_prefix = \"/ipfs\"\nkad_admission = \"any\"\n"
                               "kad_puzzle = 12\n"),
                     0);
    assert_true(settings_kad(&s, &kad));
    assert_int_equal(kad.role, WAVU_KAD_SERVER);
    assert_string_equal(kad.prefix, "/ipfs");
    assert_true(kad.is_open);
    assert_int_equal(kad.puzzle, 12);
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        if (strcmp(settings_name(i), "kad") == 0) {
            assert_string_equal(settings_show(&s, i, value), "\"server\"");
        }
    }
    assert_int_equal(read_text("kad = \"off\"\n"), 0);
    assert_false(settings_kad(&s, &kad));
    assert_int_equal(read_text("kad = \"on\"\n"), SAY_USAGE);
    assert_non_null(strstr(said, ":1:7: kad takes auto, client, server or off"));
    assert_int_equal(read_text("kad_admission = \"all\"\n"), SAY_USAGE);
    assert_int_equal(read_text("kad_puzzle = 25\n"), SAY_USAGE);
    static const char *const bad[] = {"ipfs", "/", "/ipfs/", "//ipfs", "/IPFS", "/a b"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "kad_prefix = \"%s\"\n", bad[i]);
        assert_int_equal(read_text(line), SAY_USAGE);
    }
}

static void power_and_network_are_words(void **state)
{
    char value[SETTINGS_VALUE_MAX];
    (void)state;
    assert_int_equal(read_text("power = \"low\"\nnetwork = \"harbour-2\"\n"), 0);
    assert_true(s.is_low_power);
    assert_string_equal(s.network, "harbour-2");
    for (size_t i = 0; settings_name(i) != NULL; i++) {
        if (strcmp(settings_name(i), "power") == 0) {
            assert_string_equal(settings_show(&s, i, value), "\"low\"");
        }
    }
    assert_int_equal(read_text("power = \"off\"\n"), SAY_USAGE);
    assert_non_null(strstr(said, ":1:9: power takes normal or low"));
    assert_int_equal(read_text("power = true\n"), SAY_USAGE);
    assert_int_equal(read_text("network = \"\"\n"), SAY_USAGE);
    assert_int_equal(read_text("network = \"Two Words\"\n"), SAY_USAGE);
    assert_non_null(strstr(said, ":1:11: network takes a name of 1 to 64"));
}

static void what_is_wrong_is_said_with_its_place(void **state)
{
    static const struct {
        const char *text;
        const char *part;
    } rows[] = {
        {"min_degre = 3", ":1:1: there is no setting 'min_degre'; did you mean min_degree"},
        {"\nxyzzy = 3", ":2:1: there is no setting 'xyzzy'\n"},
        {"[net]\nmin_degree = 3", "there is no table [net]"},
        {"min_degree = 0", ":1:14: min_degree takes a whole number from 1 to 12"},
        {"min_degree = \"3\"", "min_degree takes a whole number"},
        {"min_degree = -3", "min_degree takes a whole number"},
        {"discovery_port = 65536", "from 0 to 65535"},
        {"phi_threshold = 0.5", "phi_threshold takes a number from 1 to 100"},
        {"phi_threshold = true", "phi_threshold takes a number"},
        {"gossip_interval = 1",
         "takes a time such as 500ms, 5s, 2m, 1h or 7d, from 50ms to 24h, in quotes"},
        {"gossip_interval = \"1 s\"", "takes a time"},
        {"gossip_interval = \"1ms\"", "from 50ms to 24h"},
        {"gossip_interval = \"99999999999999999999s\"", "takes a time"},
        {"wan_mode = \"true\"", "wan_mode takes true or false"},
        {"bind_addr = \"nonsense\"", "bind_addr takes an address"},
        {"keypair_seed = \"00\"", "64 hexadecimal digits"},
        {"seed_peers = \"a:1\"", "takes a list"},
        {"modules = \"/a.so\"", "takes a list: [\"/path/file.so\", ...]"},
        {"modules = [\"a.so\"]", "modules takes the whole path of a module"},
        {"modules = ['/a\\b.so']", "modules takes the whole path of a module"},
        {"allow_modules = 1", "allow_modules takes true or false"},
        {"seed_peers = [\"a:1\", \"b\"]", ":1:22: seed_peers takes an address"},
        {"min_degree = 6\nmax_degree = 5", "min_degree is 6 and max_degree 5"},
        {"min_degree = 3 x", ":1:16: something stands behind"},
        {"min_degree = 3\nmin_degree = 3", ":2:1: this key stands twice"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(read_text(rows[i].text), SAY_USAGE);
        if (strstr(said, rows[i].part) == NULL) {
            fail_msg("'%s' -> '%s' does not hold '%s'", rows[i].text, said, rows[i].part);
        }
    }
}

static void every_setting_reaches_the_mesh(void **state)
{
    const char *seeds[SETTINGS_SEEDS_MAX];
    struct wavu_mesh_config mesh;
    (void)state;
    assert_int_equal(read_text("discovery_port = 9001\nmin_degree = 2\nmax_degree = 9\n"
                               "gossip_interval = \"1100ms\"\nheartbeat_interval = \"1200ms\"\n"
                               "phi_threshold = 5.5\nrebalance_interval = \"1300ms\"\n"
                               "ihave_timeout = \"1400ms\"\nmax_discovery_retries = 7\n"
                               "recovery_base_delay = \"1500ms\"\nconnect_timeout = \"1600ms\"\n"
                               "wan_mode = true\nnetwork = \"harbour\"\n"
                               "seed_peers = [\"a:1\", \"b:2\"]\n"),
                     0);
    settings_mesh(&s, seeds, &mesh);
    assert_true(mesh.has_discovery && mesh.has_mdns && mesh.is_wan && !mesh.is_low_power);
    assert_int_equal(mesh.discovery_port, 9001);
    assert_int_equal(mesh.min_degree, 2);
    assert_int_equal(mesh.max_degree, 9);
    assert_int_equal(mesh.gossip_interval_ms, 1100);
    assert_int_equal(mesh.heartbeat_interval_ms, 1200);
    assert_true(mesh.phi_threshold == 5.5);
    assert_int_equal(mesh.rebalance_interval_ms, 1300);
    assert_int_equal(mesh.ihave_timeout_ms, 1400);
    assert_int_equal(mesh.max_discovery_retries, 7);
    assert_int_equal(mesh.recovery_base_delay_ms, 1500);
    assert_int_equal(mesh.connect_timeout_ms, 1600);
    assert_string_equal(mesh.network, "harbour");
    assert_int_equal(mesh.seed_count, 2);
    assert_string_equal(mesh.seeds[1], "b:2");
    assert_int_equal(read_text("discovery_port = 0\npower = \"low\"\n"), 0);
    settings_mesh(&s, seeds, &mesh);
    assert_false(mesh.has_discovery || mesh.has_mdns || mesh.is_wan);
    assert_true(mesh.is_low_power);
    assert_int_equal(mesh.seed_count, 0);
}

static void a_file_may_be_absent_unless_it_was_named(void **state)
{
    (void)state;
    settings_init(&s);
    assert_int_equal(settings_read_file(&s, "/nonexistent/wavu.toml", true), 0);
    assert_int_equal(settings_read_file(&s, "/nonexistent/wavu.toml", false), SAY_NOT_FOUND);
}

/* Of every kind. */
static void settings_are_compared_one_by_one(void **state)
{
    static const char *const lines[] = {
        "bind_addr = \"127.0.0.1:9001\"\n",
        "auto_accept = 3\n",
        "connect_timeout = \"6s\"\n",
        "phi_threshold = 9.5\n",
        "wan_mode = true\n",
        "power = \"low\"\n",
        "log_level = \"info,keep=debug\"\n",
        "log_format = \"json\"\n",
        "network = \"mji\"\n",
        "seed_peers = [\"a:1\"]\n",
        "keypair_seed = \"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\"\n"};
    static struct settings other;
    (void)state;
    for (size_t k = 0; k < sizeof lines / sizeof lines[0]; k++) {
        size_t count = 0;
        settings_init(&other);
        assert_int_equal(read_text(lines[k]), 0);
        for (size_t i = 0; settings_name(i) != NULL; i++) {
            bool is_it = strncmp(lines[k], settings_name(i), strlen(settings_name(i))) == 0;
            assert_int_equal(settings_differ(&s, &other, i), is_it);
            assert_int_equal(settings_differ(&other, &s, i), is_it);
            if (is_it) {
                settings_take(&other, &s, i);
                assert_string_equal(settings_origin(&other, i), "file");
                count++;
            }
            assert_false(settings_differ(&other, &s, i));
        }
        assert_int_equal(count, 1);
    }
    settings_wipe(&s);
    settings_wipe(&other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_may_name_somebody_is_private),
        UNIT(defaults_are_the_issues),
        UNIT(the_file_beats_the_default_and_the_option_the_file),
        UNIT(variables_stand_between_files_and_options),
        UNIT(the_wide_network_is_set),
        UNIT(power_and_network_are_words),
        UNIT(what_is_wrong_is_said_with_its_place),
        UNIT(every_setting_reaches_the_mesh),
        UNIT(a_file_may_be_absent_unless_it_was_named),
        UNIT(settings_are_compared_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
