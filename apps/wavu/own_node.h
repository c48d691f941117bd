/*
 * A node of the program's own: loop, port and node together, for the commands that need one.
 */
#ifndef APPS_WAVU_OWN_NODE_H
#define APPS_WAVU_OWN_NODE_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/node.h"
#include "wavu/os.h"

#define OWN_NODE_PSK_MAX 4096 /* bytes of a pre-shared key file; a valid one has about 100 */

/* What node is wanted. Zeroed memory is a start; everything is borrowed. */
struct own_node_wish {
    const char *home;     /* NULL: no files, a fresh identity */
    const char *psk_path; /* a pre-shared key file, or NULL */
    bool is_ephemeral;    /* a fresh identity although there is a home */
    bool serves_echo;
    const char *passphrase; /* passphrase_len bytes: of the home; or NULL */
    size_t passphrase_len;
    const uint8_t *root_seed;            /* WAVU_SEED_SIZE bytes, or NULL */
    const struct wavu_mesh_config *mesh; /* or NULL: no mesh */
    const struct wavu_kad_config *kad;   /* or NULL: no Kademlia */
    uint64_t idle_ms;                    /* 0: the library's default */
    uint64_t connect_timeout_ms;         /* likewise */
    enum wavu_log_level log_level;
    void (*log)(void *context, enum wavu_log_level level, const char *subsystem,
                const char *text); /* NULL: stderr */
    void *log_context;
};

/* All three are NULL, or what is open. */
struct own_node {
    struct wavu_os *os;
    struct port *port;
    struct wavu_node *node;
};

/** Make the loop and the port; no node yet. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int own_node_start_loop(struct own_node *own, const char *home);

/** Make the node, and the loop when there is none. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int own_node_open(struct own_node *own, const struct own_node_wish *wish);

/**
 * Close connections in good order, for at most `grace_ms` or until `*is_hurried` (NULL: never),
 * then free the node. The loop stays.
 */
void own_node_close(struct own_node *own, uint64_t grace_ms, const bool *is_hurried);

/** Free what is left: port and loop. Zeroed memory is fine. */
void own_node_clear(struct own_node *own);

/** Check ADDR as a person typed it. Returns 0, or the exit code for usage after a sentence. */
WARN_UNUSED int own_node_check_address(const char *address);

/** As own_node_check_address, for an address to dial: it has to lead over TCP. */
WARN_UNUSED int own_node_check_dial(const char *address);

/** Say why `address` could not be reached or was lost (`err`). Returns the exit code. */
int own_node_explain(const char *address, int err);

#endif
