/*
 * A home with a passphrase opens with that alone; one that is wiped is gone, its key first,
 * whatever happens in between.
 */
#include "node/wavu_vault.h"

#include "node/wavu_backup.h"
#include "store/keyfile.h"
#include "store/store_key.h"
#include "tests/node/vault.h"

static int try_words(const char *words)
{
    const struct wavu_mesh_config mesh = {.has_discovery = false};
    const struct wavu_config config = {.port = sim_host_port(h.hosts[0]),
                                       .mesh = &mesh,
                                       .passphrase = words,
                                       .passphrase_len = words == NULL ? 0 : strlen(words),
                                       .failed_file = &h.failed_file};
    int rc = wavu_node_new(&config, &h.nodes[0]);
    if (rc < 0) {
        h.nodes[0] = NULL;
    }
    return rc;
}

static int change(const char *from, const char *to)
{
    return wavu_passphrase_change(sim_host_port(h.hosts[0]), from, strlen(from), to, strlen(to));
}

static void a_passphrase_is_wanted(void **state)
{
    bool is_set = true;
    (void)state;
    start(51, 1, false);
    make();
    run(5);
    say(0, "habari");
    assert_int_equal(wavu_passphrase_is_set(sim_host_port(h.hosts[0]), &is_set), 0);
    assert_false(is_set);
    assert_int_equal(change("", "kisima cha maji"), 0); /* beside the running node */
    say(0, "tena");
    down(0);
    assert_int_equal(wavu_passphrase_is_set(sim_host_port(h.hosts[0]), &is_set), 0);
    assert_true(is_set);
    assert_int_equal(try_words(NULL), WAVU_ERR_DENIED);
    assert_string_equal(h.failed_file, STORE_KEY_FILE);
    assert_int_equal(try_words("kisima"), WAVU_ERR_DENIED);
    assert_int_equal(try_words("kisima cha maji"), 0);
    assert_int_equal(read_all(0).count, 2);
    assert_int_equal(change("kisima", "x"), WAVU_ERR_DENIED);
    assert_int_equal(change("kisima cha maji", ""), 0);
    down(0);
    assert_int_equal(try_words(NULL), 0);
    assert_int_equal(read_all(0).count, 2);
    stop();
}

/* Does that file hold a bare seed? */
static bool is_bare(const char *name)
{
    struct buf file;
    buf_init(&file, 1000);
    assert_true(sim_files_peek(h.hosts[0], name, &file));
    bool is = file.len == 32;
    buf_clear(&file);
    return is;
}

static bool are_bare(void)
{
    assert_int_equal(is_bare(KEYFILE_DEVICE), is_bare(KEYFILE_IDENTITY));
    return is_bare(KEYFILE_DEVICE);
}

/* Who takes the home's files without the passphrase can neither read nor be that person. */
static void the_keys_beside_the_store_are_under_it(void **state)
{
    char before[WAVU_KEY_TEXT_MAX];
    char key[WAVU_KEY_TEXT_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    char again[WAVU_PEER_TEXT_MAX];
    struct wavu_node *bare = NULL;
    (void)state;
    start(53, 1, false);
    make();
    run(5);
    assert_int_equal(wavu_person(h.nodes[0], before), 0);
    wavu_node_id(h.nodes[0], id);
    assert_true(are_bare());
    assert_int_equal(change("", "kisima"), 0);
    assert_false(are_bare());
    assert_int_equal(wavu_person_known(h.nodes[0], key), 0); /* the running node goes on */
    down(0);
    const struct wavu_config config = {.port = sim_host_port(h.hosts[0]),
                                       .failed_file = &h.failed_file};
    assert_int_equal(wavu_node_new(&config, &bare), WAVU_ERR_DENIED); /* without a mesh, too */
    assert_string_equal(h.failed_file, STORE_KEY_FILE);
    assert_int_equal(try_words("kisima"), 0);
    assert_int_equal(wavu_person_known(h.nodes[0], key), 0);
    assert_string_equal(key, before);
    wavu_node_id(h.nodes[0], again);
    assert_string_equal(again, id);
    down(0);
    /* From one passphrase to another they stay as they are. */
    assert_int_equal(change("wrong", "mto"), WAVU_ERR_DENIED);
    assert_int_equal(change("kisima", "mto"), 0);
    assert_false(are_bare());
    assert_int_equal(change("mto", ""), 0);
    assert_true(are_bare());
    assert_int_equal(try_words(NULL), 0);
    wavu_node_id(h.nodes[0], again);
    assert_string_equal(again, id);
    stop();
}

/* A home whose passphrase is older than that, and a key that was brought: the next start seals. */
static void older_homes_are_sealed_at_the_start(void **state)
{
    const struct stretch_cost cheap = {.memory_kib = STORE_WRAP_MEMORY_KIB_MIN, .passes = 1};
    (void)state;
    start(54, 1, false);
    make();
    run(5);
    down(0);
    assert_int_equal(
        store_key_change(sim_host_port(h.hosts[0]), span_empty(), UNIT_TEXT("mto"), cheap), 0);
    assert_true(are_bare());
    assert_int_equal(try_words(NULL), WAVU_ERR_DENIED);
    assert_true(are_bare());
    assert_int_equal(try_words("mto"), 0);
    assert_false(are_bare());
    assert_int_equal(vault_create(0, VAULT_FILE).err, 0); /* which needs the person's */
    stop();
}

/* The power goes after each step of setting and of removing: some passphrase opens the home, and
 * the node that starts is the same. */
static bool change_cut_after(uint64_t calm, const char *from, const char *to)
{
    char id[WAVU_PEER_TEXT_MAX];
    char again[WAVU_PEER_TEXT_MAX];
    bool is_set = false;
    start(55, 1, false);
    make();
    run(5);
    wavu_node_id(h.nodes[0], id);
    down(0);
    if (from[0] != '\0') {
        assert_int_equal(change("", from), 0);
    }
    sim_files_fail(h.hosts[0], calm, SIM_DISK_FOR_EVER);
    int rc = change(from, to);
    bool was_cut = sim_files_failed(h.hosts[0]) > 0;
    assert_true(was_cut || rc == 0);
    sim_host_crash(h.hosts[0], false);
    (void)sim_host_restart(h.hosts[0]);
    assert_int_equal(wavu_passphrase_is_set(sim_host_port(h.hosts[0]), &is_set), 0);
    assert_int_equal(try_words(is_set ? (from[0] != '\0' ? from : to) : NULL), 0);
    wavu_node_id(h.nodes[0], again);
    assert_string_equal(again, id);
    assert_int_equal(are_bare(), !is_set);
    stop();
    return was_cut;
}

static void a_change_survives_every_cut(void **state)
{
    (void)state;
    uint64_t calm = 0;
    while (change_cut_after(calm, "", "kisima")) {
        calm++;
    }
    assert_int_equal(calm, 18);
    for (calm = 0; change_cut_after(calm, "kisima", ""); calm++) {
    }
    assert_int_equal(calm, 18);
}

static bool is_there(const char *name)
{
    struct buf file;
    buf_init(&file, 64U << 20);
    bool is = sim_files_peek(h.hosts[0], name, &file);
    buf_clear(&file);
    return is;
}

static void assert_gone(void)
{
    static const char *const names[] = {STORE_KEY_FILE,    STORE_KEY_FILE_NEW, STORE_FILE,
                                        STORE_FILE "-wal", KEYFILE_DEVICE,     KEYFILE_IDENTITY,
                                        "downloads/song",  WAVU_BACKUP_WIPING};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        assert_false(is_there(names[i]));
    }
}

static void start_home(uint64_t seed)
{
    start(seed, 1, false);
    make();
    run(5);
    say(0, "habari");
    down(0);
    struct port *port = sim_host_port(h.hosts[0]);
    assert_int_equal(port->files->make_folder(port, "downloads"), 0);
    assert_int_equal(port->files->create(port, "downloads/song", UNIT_TEXT("la la")), 0);
}

static void what_is_wiped_is_gone(void **state)
{
    (void)state;
    start_home(52);
    assert_int_equal(wavu_wipe(sim_host_port(h.hosts[0]), NULL), 0);
    assert_gone();
    assert_int_equal(wavu_wipe(sim_host_port(h.hosts[0]), NULL), 0); /* nothing is fine */
    assert_int_equal(try_words(NULL), 0);                            /* somebody new */
    stop();
}

static const char *const lying[] = {KEYFILE_DEVICE, KEYFILE_IDENTITY, STORE_FILE, "downloads/song"};

static bool is_untouched(void)
{
    bool is_all = !is_there(WAVU_BACKUP_WIPING);

    for (size_t i = 0; i < sizeof lying / sizeof lying[0]; i++) {
        is_all = is_all && is_there(lying[i]);
    }
    return is_all;
}

/* The store's key as it lies there; false when it is gone. */
static bool peek_key(uint8_t out[STORE_KEY_SIZE])
{
    struct buf file;
    buf_init(&file, STORE_KEY_SIZE);
    bool is = sim_files_peek(h.hosts[0], STORE_KEY_FILE, &file) && file.len == STORE_KEY_SIZE;
    if (is) {
        memcpy(out, file.ptr, STORE_KEY_SIZE);
    }
    buf_clear(&file);
    return is;
}

/* From some moment on the disk takes no change: the key went first, no node starts, and the next
 * wipe ends it. */
static void a_wipe_that_was_cut_off_is_finished(void **state)
{
    uint8_t key[STORE_KEY_SIZE];
    uint8_t left[STORE_KEY_SIZE];
    size_t cut = 0;
    (void)state;
    for (uint64_t calm = 1; calm < 24; calm++) {
        const char *file = NULL;
        start_home(60 + calm);
        assert_true(peek_key(key));
        sim_files_fail(h.hosts[0], calm, SIM_DISK_FOR_EVER);
        int rc = wavu_wipe(sim_host_port(h.hosts[0]), &file);
        sim_files_fail(h.hosts[0], 0, 0);
        sim_host_crash(h.hosts[0], false);
        assert_non_null(sim_host_restart(h.hosts[0]));
        assert_true(!peek_key(left) || memcmp(left, key, sizeof key) != 0 || is_untouched());
        if (rc < 0) {
            cut++;
            assert_non_null(file);
            assert_true(is_there(STORE_KEY_FILE) || try_words(NULL) < 0);
        }
        if (h.nodes[0] != NULL) {
            down(0);
        }
        assert_int_equal(wavu_wipe(sim_host_port(h.hosts[0]), NULL), 0);
        assert_gone();
        stop();
    }
    assert_true(cut > 8);
}

static void a_full_disk_does_not_keep_from_it(void **state)
{
    (void)state;
    start_home(53);
    sim_files_set_fault(h.hosts[0], SIM_DISK_FULL);
    assert_int_equal(wavu_wipe(sim_host_port(h.hosts[0]), NULL), 0);
    assert_gone();
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        UNIT(a_passphrase_is_wanted),
        UNIT(the_keys_beside_the_store_are_under_it),
        UNIT(older_homes_are_sealed_at_the_start),
        UNIT(a_change_survives_every_cut),
        UNIT(what_is_wiped_is_gone),
        UNIT(a_wipe_that_was_cut_off_is_finished),
        UNIT(a_full_disk_does_not_keep_from_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
