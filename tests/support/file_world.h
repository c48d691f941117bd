/*
 * Members of one network with the file service, on the simulator: nodes of net_world with a gate, a
 * store and a disk, who remember what they hear of files.
 */
#ifndef TESTS_SUPPORT_FILE_WORLD_H
#define TESTS_SUPPORT_FILE_WORLD_H

#include "sim/sim_files.h"
#include "sync/file.h"
#include "tests/support/net_world.h"

#define FILE_WORLD_NODES_MAX 10
#define FILE_WORLD_PATH_MAX 512

struct file_node {
    struct gate *gate;
    struct gate_network network;
    struct store *store;
    struct file *file;
    uint8_t key[GATE_KEY_SIZE]; /* of the network; another one: a stranger */
    bool is_up;
    /* What it heard last of each kind, and how often. */
    size_t heard[FILE_GONE + 1];
    int err; /* of REFUSED, STOPPED, GONE */
    uint8_t id[FILE_SHAPE_ID_SIZE];
    uint8_t secret[FILE_SHAPE_KEY_SIZE];
    uint64_t size;
    enum aead_kind aead;
    uint64_t bytes;
    size_t holders_max;
    size_t held_max; /* bytes of pieces in memory, ever */
    char path[FILE_WORLD_PATH_MAX];
};

struct file_world {
    struct net_world net;
    struct file_node nodes[FILE_WORLD_NODES_MAX];
    size_t count;
};

/** All know each other's addresses. Node `stranger` has the key of another network; SIZE_MAX: none
 * has. */
void file_world_start(struct file_world *w, uint64_t seed, size_t count, size_t stranger);
void file_world_stop(struct file_world *w);

/** The power of node `i` goes, and comes back. */
void file_world_crash(struct file_world *w, size_t i);
void file_world_restart(struct file_world *w, size_t i);

/** Put a file of `size` bytes, different for each `salt`, on node `i`'s disk, at a path outside its
 * home. */
void file_world_put(struct file_world *w, size_t i, const char *path, uint64_t size, uint32_t salt);

/** Is the file at `path` of node `i` just that? */
bool file_world_is(struct file_world *w, size_t i, const char *path, uint64_t size, uint32_t salt);

/** Node `i` offers it, and waits until it is ready: id, secret and the rest are in its node. */
void file_world_offer(struct file_world *w, size_t i, const char *path);

/** Node `i` fetches what node `giver` offered last, under `name`, and asks `holder`. */
int file_world_fetch(struct file_world *w, size_t i, size_t giver, const char *name, size_t holder);

/** Node `i` asks node `holder`, too. */
int file_world_holder(struct file_world *w, size_t i, size_t giver, size_t holder);

/** Run until node `i` has heard `kind` `count` times, or `ns` are over. */
bool file_world_until(struct file_world *w, size_t i, enum file_event_kind kind, size_t count,
                      uint64_t ns);

struct overlay_id file_world_device(const struct file_world *w, size_t i);

#endif
