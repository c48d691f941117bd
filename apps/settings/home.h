/*
 * The home: the folder that holds a node's state. Finds it, makes it, explains what is wrong with
 * it.
 */
#ifndef APPS_SETTINGS_HOME_H
#define APPS_SETTINGS_HOME_H

#include <stdbool.h>
#include <stddef.h>

#include "wavu/api.h"

#define HOME_PATH_MAX 1000          /* bytes of a path with NUL; os/ has 1024 for it and a name */
#define HOME_CONTROL "control.sock" /* name of the control socket in the home */
#define HOME_KEY_SIZE 32            /* its bytes */
#define HOME_SOCKET_MAX 108         /* bytes of a socket's path with NUL (sun_path) */
#define HOME_KEY "device.key"       /* name of the key file in the home */

/**
 * Write the home's path: `option` (--home) when it is not NULL, else WAVU_HOME, else systemd's
 * $STATE_DIRECTORY when it is called wavu, else $XDG_DATA_HOME/wavu, else ~/.local/share/wavu.
 * Empty variables count as absent, and so does an XDG_DATA_HOME that is no absolute path
 * (basedir-spec 0.8). Returns 0, or an exit code after a sentence.
 */
WARN_UNUSED int home_find(const char *option, char out[HOME_PATH_MAX]);

/**
 * Make sure that the folder exists (mode 0700, parents as well), and that this user can create
 * files there when `needs_write`. Returns 0, or an exit code after a sentence.
 */
WARN_UNUSED int home_make(const char *home, bool needs_write);

/** Write the path of `name` in the home. Returns 0, or an exit code after a sentence. */
WARN_UNUSED int home_path(const char *home, const char *name, char out[HOME_PATH_MAX]);

/** Say why the store of `home` could not be had: `err` and `file` ("store.key" or "store.db") of
 * wavu_node_new. Returns the exit code. */
int home_explain_store(const char *home, const char *file, int err);

/** Warn when others than this user may do anything in the folder `path`, or with the file: both
 * hold secrets. What is not there is no matter. */
void home_warn_open(const char *path);

/** Say why the device key of `home` could not be had (`err` of wavu_node_new). Returns the exit
 * code. */
int home_explain_key(const char *home, int err);

#endif
