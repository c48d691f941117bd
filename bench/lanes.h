/*
 * What wavu's own bench programs share: many nodes on one loop, each with an identity of its own.
 *
 * A lane is one node that dials the same listener. Options: ADDR --count N --parallel K, and for
 * handshakes --security noise|hybrid.
 */
#ifndef BENCH_LANES_H
#define BENCH_LANES_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wavu/node.h"
#include "wavu/os.h"

struct lanes_options {
    const char *address;
    unsigned long count;
    unsigned long parallel;
    int is_classic; /* "/noise" only, as the peers it is compared with */
};

static inline void lanes_fail(const char *what, int err)
{
    printf("{\"event\":\"error\",\"message\":\"%s: %s\"}\n", what, wavu_err_sentence(err));
    fflush(stdout);
    exit(1);
}

static inline void lanes_parse(struct lanes_options *o, int argc, char **argv)
{
    o->address = argc > 1 ? argv[1] : NULL;
    o->count = 1;
    o->parallel = 1;
    o->is_classic = 0;
    for (int i = 2; i + 1 < argc; i += 2) {
        unsigned long value = strtoul(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "--count") == 0 || strcmp(argv[i], "-c") == 0) {
            o->count = value;
        } else if (strcmp(argv[i], "--parallel") == 0) {
            o->parallel = value;
        } else if (strcmp(argv[i], "--security") == 0) {
            o->is_classic = strcmp(argv[i + 1], "noise") == 0;
        }
    }
    if (o->address == NULL || o->count == 0 || o->parallel == 0) {
        fprintf(stderr, "usage: %s ADDR [--count N] [--parallel K]\n", argv[0]);
        exit(2);
    }
}

/** A node without files, with a fresh identity. Its port goes to `*port`; free the node first. */
static inline struct wavu_node *lanes_node(struct wavu_os *os, struct port **port)
{
    struct wavu_config config = {.is_ephemeral = true, .idle_ms = UINT64_C(24) * 3600 * 1000};
    struct wavu_node *node = NULL;
    *port = os == NULL ? NULL : wavu_os_port_new(os, NULL);
    config.port = *port;
    int rc = *port == NULL ? WAVU_ERR_MEMORY : wavu_node_new(&config, &node);
    if (rc != 0) {
        lanes_fail("making a node", rc);
    }
    return node;
}

#endif
