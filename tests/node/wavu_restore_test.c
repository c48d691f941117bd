/*
 * Backups come back: the person is a member again on a new device, has what was said, and reads
 * what follows; what is damaged restores nothing.
 */
#include "node/wavu_backup.h"

#include "tests/node/vault.h"

struct devices {
    uint32_t of_amina;
    uint32_t members;
};

static void on_devices(void *context, const struct wavu_network_member *member)
{
    struct devices *d = context;
    d->members++;
    d->of_amina = strcmp(member->nick, "Amina") == 0 ? member->devices : d->of_amina;
}

/* Three people talk; the first one's home is lost, and comes back on a fourth machine. */
static void who_is_restored_reads_on(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    struct devices devices = {.members = 0};
    char old[WAVU_PEER_TEXT_MAX];
    char young[WAVU_PEER_TEXT_MAX];
    (void)state;
    start(11, 3, false);
    h.hosts[3] = sim_host_new(h.sim, "10.0.0.4");
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    say(0, "habari");
    run(3);
    say(1, "nzuri");
    run(5);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(read_all(i).text, "Amina:habari|Baraka:nzuri|");
    }
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    wavu_node_id(h.nodes[0], old);
    vault_carry(0, 3);
    down(0);
    assert_int_equal(vault_restore(3, &about), 0);
    assert_int_equal(about.networks, 1);
    assert_int_equal(about.messages, 2);
    h.count = 4;
    vault_up(3);
    wavu_node_id(h.nodes[3], young);
    assert_string_not_equal(young, old);         /* its chains, sessions and nonces are new */
    assert_int_equal(count(3, NULL).members, 3); /* by itself, at once */
    assert_string_equal(read_all(3).text, "Amina:habari|Baraka:nzuri|");
    run(60);
    char nick[WAVU_NAME_MAX];
    wavu_nick(h.nodes[3], nick);
    assert_string_equal(nick, "Amina");
    say(1, "umerudi");
    run(10);
    say(3, "ndiyo");
    run(10);
    assert_non_null(strstr(read_all(3).text, "Baraka:umerudi|Amina:ndiyo|"));
    assert_non_null(strstr(read_all(1).text, "Baraka:umerudi|Amina:ndiyo|"));
    assert_non_null(strstr(read_all(2).text, "Baraka:umerudi|Amina:ndiyo|"));
    assert_int_equal(wavu_network_members(h.nodes[1], NULL, on_devices, &devices), 0);
    assert_int_equal(devices.members, 3); /* the same person */
    assert_int_equal(devices.of_amina, 2);
    stop();
}

/* Settings with a seed would give the old device's key again: what it signed is not signed twice.
 */
static void a_seed_makes_the_old_device_no_more(void **state)
{
    static const uint8_t seed[WAVU_SEED_SIZE] = {7};
    struct wavu_backup_about about = {.bytes = 0};
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    struct wavu_config config = {.mesh = &mesh, .root_seed = seed};
    char ids[2][WAVU_PEER_TEXT_MAX];
    (void)state;
    homes_make(&h, 46, 2);
    for (size_t i = 0; i < 2; i++) {
        config.port = sim_host_port(h.hosts[i]);
        if (i == 1) {
            vault_carry(0, 1);
            assert_int_equal(vault_restore(1, &about), 0);
        }
        assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
        wavu_node_id(h.nodes[i], ids[i]);
        if (i == 0) {
            make();
            run(5);
            assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
        }
    }
    assert_string_not_equal(ids[0], ids[1]);
    down(1);
    assert_int_equal(wavu_node_new(&config, &h.nodes[1]), 0); /* and so it stays */
    wavu_node_id(h.nodes[1], ids[0]);
    assert_string_equal(ids[0], ids[1]);
    stop();
}

/* A backup from before somebody was put out brings nobody back. */
static void who_was_put_out_stays_out(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    (void)state;
    start(45, 3, false);
    h.hosts[3] = sim_host_new(h.sim, "10.0.0.4");
    make();
    join_at(0, 1);
    join_at(0, 2);
    run(60);
    assert_int_equal(vault_create(2, VAULT_FILE).err, 0);
    vault_carry(2, 3);
    down(2);
    struct counted counted = count(0, "Chiku");
    assert_int_equal(counted.members, 3);
    assert_int_equal(wavu_revoke(h.nodes[0], NULL, counted.id, false), 0);
    run(10);
    assert_int_equal(count(1, NULL).members, 2);
    assert_int_equal(vault_restore(3, &about), 0);
    h.count = 4;
    vault_up(3);
    run(60);
    assert_int_equal(count(0, NULL).members, 2);
    assert_int_equal(count(1, NULL).members, 2);
    say(0, "siri");
    run(10);
    assert_non_null(strstr(read_all(1).text, "siri"));
    assert_null(strstr(read_all(3).text, "siri"));
    stop();
}

/* One person with a backup, and an empty machine beside it that has the file. */
static void start_backup(uint64_t seed)
{
    start(seed, 1, false);
    h.hosts[1] = sim_host_new(h.sim, "10.0.0.2");
    make();
    run(5);
    say(0, "habari");
    run(2);
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0);
    vault_carry(0, 1);
}

static int start_node(size_t i)
{
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[i]), .mesh = &mesh, .failed_file = &h.failed_file};
    struct wavu_node *node = NULL;
    int rc = wavu_node_new(&config, &node);
    if (rc == 0) {
        wavu_node_shut(node);
        run(1);
        wavu_node_free(node);
    }
    return rc;
}

/* Every change of the disk fails from some moment on: no node starts in what is there then, and a
 * second restore ends well. */
static void one_that_was_cut_off_is_done_again(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    size_t cut = 0;
    (void)state;
    start_backup(42);
    for (uint64_t calm = 0; calm < 60; calm += calm < 8 ? 1 : 7) {
        sim_files_fail(h.hosts[1], calm, SIM_DISK_FOR_EVER);
        int rc = vault_restore(1, &about);
        sim_files_fail(h.hosts[1], 0, 0);
        if (rc < 0) {
            cut++;
            int started = calm == 0 ? WAVU_ERR_AGAIN : start_node(1);
            assert_int_equal(started, WAVU_ERR_AGAIN);
            assert_true(calm == 0 || strcmp(h.failed_file, WAVU_BACKUP_RESTORING) == 0);
            sim_host_crash(h.hosts[1], false);
            assert_non_null(sim_host_restart(h.hosts[1]));
            assert_int_equal(vault_restore(1, &about), 0);
            assert_int_equal(about.messages, 1);
            assert_int_equal(start_node(1), 0);
        }
        assert_int_equal(wavu_wipe(sim_host_port(h.hosts[1]), NULL), 0);
    }
    assert_true(cut > 6);
    stop();
}

static void nobodys_state_is_overwritten(void **state)
{
    struct wavu_backup_about about = {.bytes = 0};
    (void)state;
    start_backup(43);
    assert_int_equal(start_node(1), 0);
    assert_int_equal(vault_restore(1, &about), WAVU_ERR_EXISTS);
    assert_int_equal(start_node(1), 0);
    stop();
}

static void what_is_damaged_restores_nothing(void **state)
{
    struct wavu_backup_about about = {.bytes = 77};
    struct port *port;
    struct buf file;
    struct buf names;
    (void)state;
    start_backup(44);
    port = sim_host_port(h.hosts[1]);
    buf_init(&file, 64U << 20);
    buf_init(&names, 1024);
    assert_true(sim_files_peek(h.hosts[1], VAULT_FILE, &file));
    assert_int_equal(vault_verify(1, "mlima wa ziwa", &about), WAVU_ERR_DENIED);
    assert_int_equal(wavu_backup_verify(port, "/media/none", "x", 1, &about), WAVU_ERR_NOT_FOUND);
    assert_int_equal(wavu_backup_verify(port, "none", "x", 1, &about), WAVU_ERR_INVALID);
    for (size_t i = 0; i < 6; i++) {
        size_t at = i < 3 ? file.len * i / 3 + 1 : file.len - 1;
        size_t len = i < 4 ? file.len : i == 4 ? file.len - 1 : file.len / 2;
        file.ptr[at] ^= i < 4 ? 1 : 0;
        sim_files_put(h.hosts[1], VAULT_FILE, span_of(file.ptr, len));
        assert_int_equal(vault_verify(1, VAULT_WORDS, &about), WAVU_ERR_CORRUPT);
        assert_int_equal(vault_restore(1, &about), WAVU_ERR_CORRUPT);
        file.ptr[at] ^= i < 4 ? 1 : 0;
    }
    assert_int_equal(about.bytes, 77); /* only a sound file is told of */
    (void)!port->files->list(port, &names);
    assert_null(memchr(names.len > 0 ? (const void *)names.ptr : "", '.', names.len));
    sim_files_put(h.hosts[1], VAULT_FILE, buf_span(&file));
    assert_int_equal(vault_restore(1, &about), 0);
    buf_clear(&names);
    buf_clear(&file);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(who_is_restored_reads_on),           UNIT(who_was_put_out_stays_out),
        UNIT(one_that_was_cut_off_is_done_again), UNIT(nobodys_state_is_overwritten),
        UNIT(what_is_damaged_restores_nothing),   UNIT(a_seed_makes_the_old_device_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
