/*
 * The lines on stdout that clients wait for, as go-libp2p-daemon prints them: in no other language.
 */
#include "apps/p2pd/p2pd_lines.h"

#include <stdio.h>
#include <string.h>

/* A stdout that is gone is told when it is flushed. */
static void p2pd_lines_put(const char *name, const char *text, size_t len)
{
    (void)fputs(name, stdout);
    (void)fwrite(text, 1, len, stdout);
    (void)fputc('\n', stdout);
}

void p2pd_lines_print(const struct p2pd *d)
{
    char text[WAVU_ADDRESS_TEXT_MAX];
    char id[WAVU_PEER_TEXT_MAX];
    p2pd_control_address(d, text);
    wavu_node_id(d->node, id);
    p2pd_lines_put("Control socket: ", text, strlen(text));
    p2pd_lines_put("Peer ID: ", id, strlen(id));
    p2pd_lines_put("Peer Addrs:", "", 0);
    for (size_t i = 0; p2pd_host_address(d, i, text); i++) {
        p2pd_lines_put("", text, strlen(text));
    }
    if (d->flags->has_bootstrap && d->flags->bootstrap_peers != NULL) {
        const char *at = d->flags->bootstrap_peers;
        p2pd_lines_put("Bootstrap peers:", "", 0);
        while (*at != '\0') {
            size_t len = strcspn(at, ",");
            p2pd_lines_put("", at, len);
            at += len + (at[len] == ',' ? 1 : 0);
        }
    }
}
