/*
 * Backups in the simulator: made, read, carried from one disk to another. For the tests of
 * wavu_backup.c, wavu_restore.c and wavu_vault.c.
 */
#ifndef TESTS_NODE_VAULT_H
#define TESTS_NODE_VAULT_H

#include "base/buf.h"
#include "tests/node/people.h"
#include "wavu/vault.h"

#define VAULT_FILE "/media/backup"
#define VAULT_WORDS "mlima wa bahari"

struct vault_told {
    int calls;
    int err;
    struct wavu_backup_about about;
};

static inline void vault_on_done(void *context, int err, const struct wavu_backup_about *about)
{
    struct vault_told *t = context;
    t->calls++;
    t->err = err;
    if (about != NULL) {
        t->about = *about;
    }
}

static inline struct vault_told vault_create(size_t i, const char *path)
{
    struct vault_told t = {.calls = 0};
    assert_int_equal(
        wavu_backup_create(h.nodes[i], path, VAULT_WORDS, strlen(VAULT_WORDS), vault_on_done, &t),
        0);
    run(2);
    assert_int_equal(t.calls, 1);
    return t;
}

static inline int vault_verify(size_t i, const char *words, struct wavu_backup_about *about)
{
    return wavu_backup_verify(sim_host_port(h.hosts[i]), VAULT_FILE, words, strlen(words), about);
}

static inline int vault_restore(size_t i, struct wavu_backup_about *about)
{
    return wavu_backup_restore(sim_host_port(h.hosts[i]), VAULT_FILE, VAULT_WORDS,
                               strlen(VAULT_WORDS), about);
}

/* Carry the file to another machine. */
static inline void vault_carry(size_t from, size_t to)
{
    struct buf file;
    buf_init(&file, 64U << 20);
    assert_true(sim_files_peek(h.hosts[from], VAULT_FILE, &file));
    sim_files_put(h.hosts[to], VAULT_FILE, buf_span(&file));
    buf_clear(&file);
}

/* Start node `i`, which finds the others at node 1. */
static inline void vault_up(size_t i)
{
    static const char *const seeds[] = {"10.0.0.2:9000"};
    char address[64];
    const struct wavu_mesh_config mesh = {.seeds = seeds, .seed_count = 1};
    const struct wavu_config config = {
        .port = sim_host_port(h.hosts[i]), .mesh = &mesh, .failed_file = &h.failed_file};
    assert_int_equal(wavu_node_new(&config, &h.nodes[i]), 0);
    (void)snprintf(address, sizeof address, "10.0.0.%zu:9000", i + 1);
    assert_int_equal(wavu_node_listen(h.nodes[i], address), 0);
    assert_int_equal(wavu_members_listen(h.nodes[i], on_members, &told[i]), 0);
}

#endif
