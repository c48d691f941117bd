/*
 * Looking at a real home and a real port: what is there is seen, and nothing is changed.
 */
#include "apps/doctor/doctor_look.h"

#include "tests/base/unit.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "apps/doctor/doctor_look_net.h"

static char home[64];
static struct doctor_world w;

static int start(void **state)
{
    (void)state;
    (void)snprintf(home, sizeof home, "/tmp/wavu-doctor-XXXXXX");
    w = (struct doctor_world){.home = home, .named = home};
    return mkdtemp(home) != NULL ? 0 : -1;
}

static int stop(void **state)
{
    char command[128];
    (void)state;
    (void)snprintf(command, sizeof command, "rm -rf %s", home);
    return system(command) == 0 ? 0 : -1;
}

static const char *in_home(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", home, name);
    return path;
}

static void put(const char *name, const char *text, mode_t mode)
{
    int fd = open(in_home(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(close(fd), 0);
}

static int files_in_home(void)
{
    int count = 0;
    DIR *folder = opendir(home);
    assert_non_null(folder);
    for (const struct dirent *e = readdir(folder); e != NULL; e = readdir(folder)) {
        count += e->d_name[0] != '.' || strlen(e->d_name) > 2 ? 1 : 0;
    }
    assert_int_equal(closedir(folder), 0);
    return count;
}

static void a_home_is_seen_and_left_alone(void **state)
{
    (void)state;
    put("device.key", "0123456789", 0640);
    put("wavu.toml", "bind_addr = \"127.0.0.1:7777\"\n", 0600);
    doctor_look_home(&w);
    assert_int_equal(w.folder.error, 0);
    assert_int_equal(w.folder.mode, 0700);
    assert_true(w.folder.is_ours && w.folder.is_usable);
    assert_int_equal(w.device_key.mode, 0640);
    assert_int_equal(w.device_key.bytes, 10);
    assert_true(w.device_key.changed_s > DOCTOR_CLOCK_LEAST_S);
    assert_int_equal(w.identity_key.error, ENOENT);
    assert_int_equal(w.settings_code, 0);
    assert_string_equal(w.settings.bind_addr, "127.0.0.1:7777");
    assert_int_equal(w.disk_error, 0);
    assert_true(w.disk_free > 0);
    assert_false(w.is_held || w.is_cut);
    assert_int_equal(files_in_home(), 2);
}

static void what_is_wrong_is_seen(void **state)
{
    (void)state;
    put("wavu.toml", "bind_adr = 1\n", 0600);
    put("wiping", "", 0600);
    put("control.sock", "", 0600);
    assert_int_equal(mkdir(in_home("store.key"), 0700), 0);
    doctor_look_home(&w);
    assert_int_not_equal(w.settings_code, 0);
    assert_non_null(strstr(w.settings_problem, "wavu.toml:1:1: there is no setting 'bind_adr'"));
    assert_string_equal(w.config_path, in_home("wavu.toml"));
    assert_true(w.is_cut);
    assert_false(w.control.is_usable);
    assert_false(w.store_key.is_usable);
}

static void a_missing_home_is_not_made(void **state)
{
    (void)state;
    w.home = "/tmp/wavu-doctor-nowhere";
    w.named = w.home;
    doctor_look_home(&w);
    assert_int_equal(w.folder.error, ENOENT);
    assert_int_equal(w.store.error, ENOENT);
    assert_int_equal(access(w.home, F_OK), -1);
}

static void a_held_lock_is_seen(void **state)
{
    (void)state;
    int fd = open(home, O_RDONLY | O_DIRECTORY);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    doctor_look_home(&w);
    assert_true(w.is_held);
    assert_int_equal(close(fd), 0);
    put("store.db", "x", 0600);
    fd = open(in_home("store.db"), O_RDWR);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    w.is_held = false;
    doctor_look_home(&w);
    assert_true(w.is_held);
    assert_int_equal(close(fd), 0);
}

static void the_machine_says_something(void **state)
{
    (void)state;
    doctor_look_machine(&w);
    assert_true(w.now_s > 0);
    assert_true(w.memory_free > 0);
}

static void a_taken_port_and_who_has_it_are_seen(void **state)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    char process[32];
    (void)state;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    int udp = socket(AF_INET, SOCK_DGRAM, 0); /* without sharing it */
    struct sockaddr_in any = {.sin_family = AF_INET};
    len = sizeof any;
    assert_int_equal(bind(udp, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(getsockname(udp, (struct sockaddr *)&any, &len), 0);
    settings_init(&w.settings);
    w.settings.discovery_port = ntohs(any.sin_port);
    (void)snprintf(w.settings.bind_addr, sizeof w.settings.bind_addr, "127.0.0.1:%u",
                   (unsigned)ntohs(at.sin_port));
    (void)snprintf(process, sizeof process, "process %d", (int)getpid());
    doctor_look_net(&w);
    assert_int_equal(w.listen.state, DOCTOR_PORT_TAKEN);
    assert_int_equal(w.listen.number, ntohs(at.sin_port));
    assert_non_null(strstr(w.listen.by, process));
    assert_int_equal(w.discovery.state, DOCTOR_PORT_TAKEN);
    assert_non_null(strstr(w.discovery.by, process));
    assert_int_equal(close(fd), 0);
    assert_int_equal(close(udp), 0);
    struct doctor_world again = {.home = home, .settings = w.settings};
    doctor_look_net(&again);
    assert_int_equal(again.listen.state, DOCTOR_PORT_FREE);
    assert_int_equal(again.discovery.state, DOCTOR_PORT_FREE);
}

static void an_address_of_others_is_seen(void **state)
{
    (void)state;
    settings_init(&w.settings);
    w.settings.discovery_port = 0;
    (void)snprintf(w.settings.bind_addr, sizeof w.settings.bind_addr, "192.0.2.1:0");
    doctor_look_net(&w);
    assert_int_equal(w.listen.state, DOCTOR_PORT_ABSENT);
    assert_int_equal(w.discovery.state, DOCTOR_PORT_OFF);
}

#define HOME(test) cmocka_unit_test_setup_teardown(test, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOME(a_home_is_seen_and_left_alone), HOME(what_is_wrong_is_seen),
        HOME(a_missing_home_is_not_made),    HOME(a_held_lock_is_seen),
        HOME(the_machine_says_something),    HOME(a_taken_port_and_who_has_it_are_seen),
        HOME(an_address_of_others_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
