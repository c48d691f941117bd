/*
 * Backups are written beside a running node, whole or not at all, and hold no key of the device.
 */
#include "node/wavu_backup.h"

#include "members/backup_reader.h"
#include "store/keyfile.h"
#include "tests/node/vault.h"

/* Two people, of whom the first has said some things. */
static void start_talk(uint64_t seed)
{
    start(seed, 2, false);
    make();
    join_at(0, 1);
    run(60);
    say(0, "habari");
    say(1, "nzuri");
    run(5);
}

static void a_backup_is_made_and_verified(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    (void)state;
    start_talk(31);
    struct vault_told t = vault_create(0, VAULT_FILE);
    assert_int_equal(t.err, 0);
    assert_int_equal(t.about.networks, 1);
    assert_int_equal(t.about.messages, 2);
    assert_int_equal(vault_verify(0, VAULT_WORDS, &about), 0);
    assert_memory_equal(&about, &t.about, sizeof about);
    say(0, "tena"); /* the node goes on */
    stop();
}

/* Does the file, opened with its passphrase, have these bytes anywhere? */
static bool has_bytes(size_t i, struct span bytes)
{
    struct buf file;
    struct backup_reader r;
    struct backup_record record;
    struct aead *aead = aead_new();
    bool has = false;
    buf_init(&file, 64U << 20);
    assert_true(sim_files_peek(h.hosts[i], VAULT_FILE, &file));
    assert_int_equal(backup_reader_open(&r, buf_span(&file), span_from_text(VAULT_WORDS), aead), 0);
    while (backup_reader_next(&r, &record) == 0) {
        for (size_t at = 0; at + bytes.len <= record.value.len; at++) {
            has = has || memcmp(record.value.ptr + at, bytes.ptr, bytes.len) == 0;
        }
    }
    assert_int_equal(r.err, WAVU_ERR_CLOSED);
    backup_reader_clear(&r);
    buf_clear(&file);
    aead_free(aead);
    return has;
}

static void no_key_of_the_device_is_in_it(void **state)
{
    struct buf device;
    struct buf person;
    struct buf key;
    (void)state;
    start_talk(32);
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    buf_init(&device, 64);
    buf_init(&person, 64);
    buf_init(&key, 64);
    assert_true(sim_files_peek(h.hosts[0], KEYFILE_DEVICE, &device));
    assert_true(sim_files_peek(h.hosts[0], KEYFILE_IDENTITY, &person));
    assert_true(sim_files_peek(h.hosts[0], "store.key", &key));
    assert_true(has_bytes(0, buf_span(&person))); /* that is how keys are looked for */
    assert_false(has_bytes(0, buf_span(&device)));
    assert_false(has_bytes(0, buf_span(&key)));
    buf_wipe(&device);
    buf_wipe(&person);
    buf_wipe(&key);
    stop();
}

/* Names of tables whose rows are of this device alone, and of those that go in. */
static void tables_of_the_device_stay(void **state)
{
    static const char *const in[] = {"chat.e", "chat.n",  "person",  "views-3",
                                     "peers",  "nicks-1", "contacts"};
    static const char *const out[] = {"networks", "network-keys", "epoch-1",      "life",
                                      "state-2",  "files",        "courier.peer", "c.mail",
                                      "prekeys",  "chat.m",       "sos"};
    (void)state;
    for (size_t i = 0; i < sizeof in / sizeof in[0]; i++) {
        const struct store_copied at = {.name = span_from_text(in[i]), .is_table = true};
        assert_true(wavu_backup_has(&at));
    }
    for (size_t i = 0; i < sizeof out / sizeof out[0]; i++) {
        const struct store_copied at = {.name = span_from_text(out[i]), .is_table = true};
        assert_false(wavu_backup_has(&at));
    }
}

static int try_create(const char *path, size_t len, struct vault_told *t)
{
    return wavu_backup_create(h.nodes[0], path, VAULT_WORDS, len, vault_on_done, t);
}

static void what_cannot_be_made_is_said(void **state)
{
    struct vault_told t = {.calls = 0};
    (void)state;
    start(33, 1, false);
    assert_int_equal(try_create(VAULT_FILE, 4, &t), WAVU_ERR_NOT_FOUND); /* nobody yet */
    make();
    run(5);
    assert_int_equal(try_create("backup", 4, &t), WAVU_ERR_INVALID);
    assert_int_equal(try_create(VAULT_FILE, 0, &t), WAVU_ERR_INVALID);
    assert_int_equal(try_create(VAULT_FILE, WAVU_PASSPHRASE_MAX + 1, &t), WAVU_ERR_INVALID);
    assert_int_equal(t.calls, 0);
    assert_int_equal(wavu_backup_last(h.nodes[0]), 0);
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    uint64_t last_ms = wavu_backup_last(h.nodes[0]);
    uint64_t now_ms = sim_host_port(h.hosts[0])->wall_ms(sim_host_port(h.hosts[0]));
    assert_true(last_ms > 0 && last_ms <= now_ms && last_ms + 10000 > now_ms);
    assert_int_equal(vault_create(0, VAULT_FILE).err, WAVU_ERR_EXISTS); /* it is never replaced */
    assert_int_equal(wavu_backup_last(h.nodes[0]), last_ms);
    assert_int_equal(try_create("/media/other", 4, &t), 0);
    assert_int_equal(try_create("/media/third", 4, &t), WAVU_ERR_IN_USE);
    wavu_node_shut(h.nodes[0]); /* ends it */
    assert_int_equal(t.calls, 1);
    assert_int_equal(t.err, WAVU_ERR_SHUTDOWN);
    run(1);
    wavu_node_free(h.nodes[0]);
    h.nodes[0] = NULL;
    stop();
}

static bool is_there(const char *path)
{
    struct buf file;
    buf_init(&file, 64U << 20);
    bool is = sim_files_peek(h.hosts[0], path, &file);
    buf_clear(&file);
    return is;
}

/* Each change to the disk fails once: then there is no file of that name, and it can be tried
 * again; or it is whole. */
static void a_failing_disk_leaves_all_or_nothing(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    size_t failures = 0;
    (void)state;
    start_talk(34);
    for (uint64_t calm = 0; calm < 8; calm++) {
        sim_files_fail(h.hosts[0], calm, 1);
        struct vault_told t = vault_create(0, VAULT_FILE);
        run(130); /* the node's own commits are tried again */
        sim_files_fail(h.hosts[0], 0, 0);
        failures += t.err != 0 ? 1 : 0;
        if (t.err == 0 || is_there(VAULT_FILE)) {
            assert_int_equal(vault_verify(0, VAULT_WORDS, &about), 0);
            struct port *port = sim_host_port(h.hosts[0]);
            assert_int_equal(port->files->remove_outside(port, VAULT_FILE), 0);
        }
    }
    assert_true(failures > 2);
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    struct vault_told t = vault_create(0, VAULT_FILE);
    assert_int_equal(t.err, WAVU_ERR_NO_SPACE);
    assert_false(is_there(VAULT_FILE));
    sim_files_set_fault(h.hosts[0], SIM_DISK_SOUND);
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    stop();
}

/* What stands beside it is not this backup's: it is there after success and after failure. */
static void files_of_others_stay(void **state)
{
    static const char other[] = VAULT_FILE ".part";
    struct buf file;
    (void)state;
    start_talk(35);
    sim_files_put(h.hosts[0], other, UNIT_TEXT("a person's only copy"));
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    struct port *port = sim_host_port(h.hosts[0]);
    assert_int_equal(port->files->remove_outside(port, VAULT_FILE), 0);
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    assert_int_equal(vault_create(0, VAULT_FILE).err, WAVU_ERR_NO_SPACE);
    sim_files_set_fault(h.hosts[0], SIM_DISK_SOUND);
    buf_init(&file, 64);
    assert_true(sim_files_peek(h.hosts[0], other, &file));
    assert_memory_equal(file.ptr, "a person's only copy", file.len);
    buf_clear(&file);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_backup_is_made_and_verified),
        UNIT(no_key_of_the_device_is_in_it),
        UNIT(tables_of_the_device_stay),
        UNIT(what_cannot_be_made_is_said),
        UNIT(a_failing_disk_leaves_all_or_nothing),
        UNIT(files_of_others_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
