/*
 * The contacts of a node's person, beside its networks. Private to node/.
 */
#ifndef NODE_WAVU_CONTACTS_H
#define NODE_WAVU_CONTACTS_H

#include "chat/contacts.h"
#include "node/wavu_networks.h"
#include "wavu/contacts.h"

struct wavu_contacts {
    struct contacts contacts;
    void (*up)(void *context, const struct wavu_contacts_event *event);
    void *context;
};

/** Load them. As contacts_init. */
WARN_UNUSED int wavu_contacts_new(struct wavu_node *node, struct wavu_contacts **out);
void wavu_contacts_free(struct wavu_contacts *c);

/** Who belongs to that network has changed: whose key was followed by another? */
void wavu_contacts_look(struct wavu_networks_one *o);

/** What is known of the person with that root; NULL for nothing. */
const struct contacts_one *wavu_contacts_of(const struct wavu_networks *w, const uint8_t root[32]);

/** Is the member of that id blocked? */
bool wavu_contacts_is_blocked(const struct wavu_networks_one *o, const uint8_t member[32]);

/** Is it verified, and not blocked? */
bool wavu_contacts_is_verified(const struct wavu_networks_one *o, const uint8_t member[32]);

#endif
