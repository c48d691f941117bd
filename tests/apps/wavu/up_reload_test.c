/*
 * Settings that are read again: what changes, what waits for the next start, what is refused.
 */
#include "apps/wavu/up_reload.h"

#include "tests/apps/wavu/program.h"

#include "apps/term/say.h"

static struct settings settings;
static struct call call;
static struct methods_reloaded done;
static size_t changes;

static void on_change(void *context)
{
    (void)context;
    changes++;
}

static void write_file(const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/wavu.toml", program_home);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static struct up_reload start(void)
{
    changes = 0;
    call = (struct call){.home = NULL};
    write_file("bind_addr = \"127.0.0.1:9001\"\nauto_accept = 1\n");
    assert_int_equal(up_reload_read(&call, program_home, &settings), 0);
    return (struct up_reload){&call, program_home, &settings, false, on_change, NULL};
}

static const char *again(const struct up_reload *r, const char *text)
{
    static char line[METHODS_RELOAD_PROBLEM_MAX];
    write_file(text);
    done = (struct methods_reloaded){.changed_count = 0};
    up_reload_run(r, &done);
    return up_reload_line(r, &done, line);
}

static void what_can_change_changes(void **state)
{
    (void)state;
    struct up_reload r = start();
    assert_string_equal(again(&r, "bind_addr = \"127.0.0.1:9001\"\nauto_accept = 1\n"),
                        "the settings were read again; changed: nothing");
    assert_int_equal(changes, 0);
    assert_string_equal(
        again(&r, "bind_addr = \"127.0.0.1:9002\"\nseed_peers = [\"a:1\"]\n"
                  "auto_accept = 7\nrequire_invitation = false\n"),
        "the settings were read again; changed: require_invitation, auto_accept, seed_peers; at "
        "the next start: bind_addr");
    assert_int_equal(changes, 1);
    assert_int_equal(settings.auto_accept_kib, 7);
    assert_false(settings.require_invitation);
    assert_string_equal(settings.bind_addr, "127.0.0.1:9001"); /* as it listens */
    assert_int_equal(settings.seed_peers.count, 1);
    assert_string_equal(again(&r, "bind_addr = \"127.0.0.1:9002\"\n"),
                        "the settings were read again; changed: require_invitation, auto_accept; "
                        "at the next start: bind_addr, seed_peers"); /* the address still waits */
    assert_int_equal(settings.seed_peers.count, 1); /* one that went is tried until then */
    assert_int_equal(settings.auto_accept_kib, 0);
}

static void options_stay(void **state)
{
    static const struct args_option option = {"auto-accept", '\0', "KIB", ""};
    (void)state;
    struct up_reload r = start();
    call.args = (struct args){.found = {{&option, "5"}}, .found_count = 1};
    assert_int_equal(up_reload_read(&call, program_home, &settings), 0);
    assert_string_equal(again(&r, "bind_addr = \"127.0.0.1:9001\"\nauto_accept = 9\n"),
                        "the settings were read again; changed: nothing");
    assert_int_equal(settings.auto_accept_kib, 5);
}

/* All of it is good, or nothing changes. The log has no folder, which may bear a name. */
static void a_wrong_file_changes_nothing(void **state)
{
    char expected[256];
    (void)state;
    struct up_reload r = start();
    assert_string_equal(again(&r, "auto_accept = 9\nmax_degre = 3\n"),
                        "the settings stay as they were: wavu.toml:2:1: there is no setting "
                        "'max_degre'; did you mean max_degree?");
    (void)snprintf(expected, sizeof expected,
                   "%s/wavu.toml:2:1: there is no setting 'max_degre'; did you mean max_degree?",
                   program_home);
    assert_string_equal(done.problem, expected);
    assert_string_equal(again(&r, "auto_accept = 9\nmin_degree = 9\n"),
                        "the settings stay as they were: min_degree is 9 and max_degree 6; let it "
                        "not be less");
    program_expect(again(&r, "auto_accept = 9\nauto_lock = 5\n"),
                   "auto_lock needs a home with a passphrase");
    assert_int_equal(changes, 0);
    assert_int_equal(settings.auto_accept_kib, 1);
    r.has_passphrase = true;
    program_expect(again(&r, "auto_lock = 5\n"), "changed: auto_accept, auto_lock");
    assert_int_equal(settings.auto_lock_minutes, 5);
}

/* A running node would wait for ever for whoever writes into it. */
static void a_pipe_is_not_read(void **state)
{
    char path[128];
    (void)state;
    struct up_reload r = start();
    (void)snprintf(path, sizeof path, "%s/wavu.toml", program_home);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    done = (struct methods_reloaded){.changed_count = 0};
    up_reload_run(&r, &done);
    program_expect(done.problem, "no file that can be read again");
    assert_int_equal(changes, 0);
}

/* Whoever listened to problems before does so again. */
static void problems_are_heard_as_before(void **state)
{
    (void)state;
    struct up_reload r = start();
    struct say_ear ear = {NULL, &changes};
    (void)say_to(ear);
    (void)again(&r, "x = 1\n");
    assert_ptr_equal(say_to((struct say_ear){NULL, NULL}).context, &changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        PROGRAM(what_can_change_changes),      PROGRAM(options_stay),
        PROGRAM(a_wrong_file_changes_nothing), PROGRAM(a_pipe_is_not_read),
        PROGRAM(problems_are_heard_as_before),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
