/*
 * Which files with settings are read, and the link to the control socket.
 */
#include "apps/settings/places.h"

#include "tests/apps/wavu/program.h"

#include <ftw.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "apps/term/say.h"

static struct places places;

static void forget(void)
{
    static const char *const names[] = {
        "WAVU_HOME",     "XDG_CONFIG_HOME",         "XDG_RUNTIME_DIR", "STATE_DIRECTORY",
        "HOME",          "CONFIGURATION_DIRECTORY", "XDG_DATA_HOME",   "RUNTIME_DIRECTORY",
        "XDG_STATE_HOME"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        (void)unsetenv(names[i]);
    }
}

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *at)
{
    (void)info;
    (void)kind;
    (void)at;
    return remove(path);
}

static int end(void **state)
{
    (void)state;
    forget();
    return nftw(program_home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static int begin(void **state)
{
    forget();
    return program_make_home(state);
}

/* `name` below the test's folder. Four of them live at a time. */
static const char *below(const char *name)
{
    static char paths[4][256];
    static size_t next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof paths[0], "%s/%s", program_home, name);
    return path;
}

static void make(const char *name, const char *text)
{
    char folder[256];
    (void)snprintf(folder, sizeof folder, "%s", below(name));
    *strrchr(folder, '/') = '\0';
    assert_int_equal(home_make(folder, true), 0);
    FILE *file = fopen(below(name), "w");
    assert_non_null(file);
    (void)fputs(text, file);
    (void)fclose(file);
}

static void expect_files(const char *option, const char *home, const char *const names[])
{
    size_t count = 0;
    assert_int_equal(places_find(&places, option, home), 0);
    for (; names[count] != NULL; count++) {
        assert_true(count < places.count);
        assert_string_equal(places.files[count], below(names[count]));
    }
    assert_int_equal(places.count, count);
}

#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})

static void the_users_files_come_before_the_homes(void **state)
{
    (void)state;
    make("etc/wavu/wavu.toml", "");
    make("config/wavu/conf.d/20-b.toml", "");
    make("config/wavu/conf.d/10-a.toml", "");
    make("config/wavu/conf.d/.hidden.toml", "");
    make("config/wavu/conf.d/readme", "");
    (void)setenv("HOME", program_home, 1);
    (void)setenv("XDG_CONFIG_HOME", below("config"), 1);
    (void)setenv("CONFIGURATION_DIRECTORY", below("etc/wavu"), 1);
    expect_files(NULL, below("home"),
                 FILES("etc/wavu/wavu.toml", "config/wavu/conf.d/10-a.toml",
                       "config/wavu/conf.d/20-b.toml"));
    assert_int_equal(places.system_count, 1);
    assert_string_equal(places.own, below("config/wavu/wavu.toml"));
    make("config/wavu/wavu.toml", "");
    make("home/wavu.toml", "");
    expect_files(NULL, below("home"),
                 FILES("etc/wavu/wavu.toml", "config/wavu/wavu.toml",
                       "config/wavu/conf.d/10-a.toml", "config/wavu/conf.d/20-b.toml",
                       "home/wavu.toml"));
    assert_string_equal(places.own, below("home/wavu.toml")); /* an old home keeps its file */
    (void)setenv("XDG_CONFIG_HOME", "relative", 1);
    make(".config/wavu/wavu.toml", "");
    expect_files(NULL, below("none"), FILES("etc/wavu/wavu.toml", ".config/wavu/wavu.toml"));
}

static void a_named_home_has_its_own_and_no_others(void **state)
{
    (void)state;
    make("etc/wavu/wavu.toml", "");
    make("config/wavu/wavu.toml", "");
    make("home/wavu.toml", "");
    (void)setenv("XDG_CONFIG_HOME", below("config"), 1);
    (void)setenv("CONFIGURATION_DIRECTORY", below("etc/wavu"), 1);
    expect_files(below("home"), below("home"), FILES("home/wavu.toml"));
    (void)setenv("WAVU_HOME", below("none"), 1);
    assert_int_equal(places_find(&places, NULL, below("none")), 0);
    assert_int_equal(places.count, 0);
    assert_string_equal(places.own, below("none/wavu.toml"));
}

static void the_service_has_the_systems(void **state)
{
    char home[HOME_PATH_MAX];
    char link[HOME_PATH_MAX];
    (void)state;
    make("etc/wavu/wavu.toml", "");
    make("config/wavu/wavu.toml", "");
    (void)setenv("XDG_CONFIG_HOME", below("config"), 1);
    (void)setenv("CONFIGURATION_DIRECTORY", below("etc/wavu"), 1);
    (void)setenv("STATE_DIRECTORY", "/var/lib/other", 1); /* a service that runs wavu */
    assert_null(places_systemd("STATE_DIRECTORY"));
    (void)setenv("STATE_DIRECTORY", "/var/lib/other:/srv/wavu", 1);
    (void)setenv("RUNTIME_DIRECTORY", "/run/wavu", 1);
    assert_int_equal(home_find(NULL, home), 0);
    assert_string_equal(home, "/srv/wavu");
    expect_files(NULL, home, FILES("etc/wavu/wavu.toml"));
    assert_string_equal(places.own, below("etc/wavu/wavu.toml"));
    assert_true(places_link_path(NULL, link));
    assert_string_equal(link, "/run/wavu/control.sock");
    /* Who looks after it from outside names its home. */
    (void)unsetenv("STATE_DIRECTORY");
    expect_files(PLACES_SYSTEM_HOME, PLACES_SYSTEM_HOME, FILES("etc/wavu/wavu.toml"));
    assert_string_equal(places.own, below("etc/wavu/wavu.toml"));
}

static void what_was_typed_is_where_state_is(void **state)
{
    char path[HOME_PATH_MAX];
    struct stat found;
    (void)state;
    (void)setenv("HOME", program_home, 1);
    assert_int_equal(places_state(NULL, below("home"), "typed", false, path), 0);
    assert_string_equal(path, below(".local/state/wavu/typed"));
    (void)setenv("XDG_STATE_HOME", below("state"), 1);
    assert_int_equal(places_state(NULL, below("home"), "typed", false, path), 0);
    assert_string_equal(path, below("state/wavu/typed"));
    assert_int_equal(stat(below("state"), &found), -1);
    assert_int_equal(places_state(NULL, below("home"), "typed", true, path), 0);
    assert_int_equal(stat(below("state/wavu"), &found), 0);
    assert_int_equal(found.st_mode & 0777, 0700);
    assert_int_equal(places_state(below("home"), below("home"), "typed", true, path), 0);
    assert_string_equal(path, below("home/typed")); /* named: all is in it */
    (void)setenv("STATE_DIRECTORY", "/srv/wavu", 1);
    assert_int_equal(places_state(NULL, "/srv/wavu", "typed", false, path), 0);
    assert_string_equal(path, "/srv/wavu/typed");
}

static void too_many_files_are_refused(void **state)
{
    char name[64];
    (void)state;
    (void)setenv("XDG_CONFIG_HOME", below("config"), 1);
    (void)setenv("CONFIGURATION_DIRECTORY", below("none/wavu"), 1);
    for (int i = 0; i < PLACES_FILES_MAX; i++) {
        (void)snprintf(name, sizeof name, "config/wavu/conf.d/%03d.toml", i);
        make(name, "");
    }
    assert_int_equal(places_find(&places, NULL, below("home")), 0);
    make("home/wavu.toml", "");
    assert_int_equal(places_find(&places, NULL, below("home")), SAY_FAILURE);
}

/* A socket at `name`, listening. */
static int listen_at(const char *name)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", below(name));
    assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 4), 0);
    return fd;
}

static void expect_link(const char *path, const char *target)
{
    char found[HOME_PATH_MAX];
    ssize_t len = readlink(path, found, sizeof found - 1);
    assert_true(len > 0);
    found[len] = '\0';
    assert_string_equal(found, target);
}

static void two_homes_do_not_meet_at_one_link(void **state)
{
    char link[HOME_PATH_MAX];
    (void)state;
    make("a/x", "");
    make("b/x", "");
    make("run/x", "");
    assert_false(places_link_path(NULL, link));
    (void)setenv("XDG_RUNTIME_DIR", below("run"), 1);
    assert_false(places_link_path(below("a"), link)); /* named: all is in it */
    assert_true(places_link_path(NULL, link));
    assert_string_equal(link, below("run/wavu/control.sock"));

    int a = listen_at("a/control.sock");
    int b = listen_at("b/control.sock");
    assert_true(places_link(link, below("a/control.sock")));
    expect_link(link, below("a/control.sock"));
    assert_true(places_link(link, below("a/control.sock"))); /* it is there */
    assert_false(places_link(link, below("b/control.sock")));
    places_unlink(link, below("b/control.sock")); /* not its own */
    expect_link(link, below("a/control.sock"));
    (void)close(a); /* killed: what it left behind is replaced */
    assert_true(places_link(link, below("b/control.sock")));
    expect_link(link, below("b/control.sock"));
    (void)close(b);
    (void)unlink(below("b/control.sock"));
    places_unlink(link, below("b/control.sock"));
    assert_int_equal(access(link, F_OK), -1);

    make("run/wavu/control.sock", "somebody's file");
    assert_false(places_link(link, below("a/control.sock")));
    struct stat found;
    assert_int_equal(lstat(link, &found), 0);
    assert_true(S_ISREG(found.st_mode));
}

static void a_runtime_folder_of_others_is_not_used(void **state)
{
    char link[HOME_PATH_MAX];
    (void)state;
    (void)setenv("XDG_RUNTIME_DIR", geteuid() == 0 ? below("other") : "/", 1);
    make("other/x", "");
    if (geteuid() == 0) {
        assert_int_equal(chown(below("other"), 65534, 65534), 0);
    }
    assert_false(places_link_path(NULL, link));
    make("open/x", ""); /* as /tmp is root's: others come first, and wavu/ is theirs */
    assert_int_equal(chmod(below("open"), 01777), 0);
    (void)setenv("XDG_RUNTIME_DIR", below("open"), 1);
    assert_false(places_link_path(NULL, link));
}

#define PLACES(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PLACES(the_users_files_come_before_the_homes),
        PLACES(a_named_home_has_its_own_and_no_others),
        PLACES(the_service_has_the_systems),
        PLACES(what_was_typed_is_where_state_is),
        PLACES(too_many_files_are_refused),
        PLACES(two_homes_do_not_meet_at_one_link),
        PLACES(a_runtime_folder_of_others_is_not_used),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
