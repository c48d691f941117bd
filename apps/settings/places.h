/*
 * Where settings are, and under which second name a node's control socket is found: by the XDG base
 * directory specification 0.8 for a person, by systemd's folders for the system's service.
 *
 *     the home      --home, WAVU_HOME, or $STATE_DIRECTORY (the service: /var/lib/wavu), else
 *                   $XDG_DATA_HOME/wavu: home.h
 *     settings      the system's (/etc/wavu, or $CONFIGURATION_DIRECTORY), then the user's
 *                   ($XDG_CONFIG_HOME/wavu), then the home's; in the first two wavu.toml and then
 *                   conf.d in order of names. What is read later goes before.
 *     state         what was typed: $XDG_STATE_HOME/wavu
 *     the socket    always in the home; a link to it in $XDG_RUNTIME_DIR/wavu, or in
 *                   $RUNTIME_DIRECTORY of the service (/run/wavu)
 *
 * A home that was named has all in it: neither the system's nor the user's settings, and no link.
 * The socket itself stays in its home, so that no two homes can ever meet at one.
 */
#ifndef APPS_SETTINGS_PLACES_H
#define APPS_SETTINGS_PLACES_H

#include <stdbool.h>
#include <stddef.h>

#include "apps/settings/home.h"

#define PLACES_SYSTEM_HOME "/var/lib/wavu"
#define PLACES_SYSTEM_SETTINGS "/etc/wavu"
#define PLACES_DROPS "conf.d"    /* name of the folder beside wavu.toml */
#define PLACES_FILES_MAX 32      /* files with settings that one node reads */
#define PLACES_DROPS_END ".toml" /* of the names of its files */

/** Files with settings in the order in which they are read. About 32 KiB. */
struct places {
    char files[PLACES_FILES_MAX][HOME_PATH_MAX];
    size_t count;
    size_t system_count;     /* the first so many are the system's, no user's */
    char own[HOME_PATH_MAX]; /* what 'wavu set' changes; it need not be there */
};

/**
 * Find the files with settings that are there for the home `home`; `option` is --home or NULL.
 * Returns 0, or an exit code after a sentence.
 */
WARN_UNUSED int places_find(struct places *out, const char *option, const char *home);

/**
 * Write the path of `name`, which a program keeps for itself from one run to the next: in
 * $XDG_STATE_HOME/wavu, else ~/.local/state/wavu; of a home that was named, and of the service, in
 * the home. With `is_made` the folder is there afterwards. Returns 0, or an exit code after a
 * sentence.
 */
WARN_UNUSED int places_state(const char *option, const char *home, const char *name, bool is_made,
                             char out[HOME_PATH_MAX]);

/** The folder that systemd names in `variable` (the one called wavu, of several), or NULL. Valid
 * until the next call. */
const char *places_systemd(const char *variable);

/** Where else the socket of `home` is to be found. False: nowhere. */
WARN_UNUSED bool places_link_path(const char *option, char out[HOME_PATH_MAX]);

/**
 * Let the link `path` lead to the socket `socket`. A link to a node that lives, and what is no
 * link, stay as they are: the node is found in its home all the same. True when it was made.
 */
bool places_link(const char *path, const char *socket);

/** Take the link away, if it is still the one to `socket`. */
void places_unlink(const char *path, const char *socket);

#endif
