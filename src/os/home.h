/*
 * Files of a node's home: port/files.h for real. Private to os/.
 */
#ifndef OS_HOME_H
#define OS_HOME_H

#include "port/files.h"

#define HOME_PATH_MAX 1024 /* characters of home and name together, with NUL */

/** Write home/path to `out`. WAVU_ERR_NOT_FOUND without a home, _INVALID when too long. */
WARN_UNUSED int home_full_path(struct port *port, const char *path, char out[HOME_PATH_MAX]);

/** Make new and removed names of the folder that `path` lies in durable. */
WARN_UNUSED int home_sync_folder(struct port *port, const char *path);
/** Likewise by a whole path. */
WARN_UNUSED int home_sync_folder_of(const char *full);

/** Give `from` the name `to`, both whole paths, unless something has it. */
WARN_UNUSED int home_publish(const char *from, const char *to);

/** Wipe and remove what a crash left of files that were being created: they may hold a key. A file
 * that a living process is at is left alone. Without a home nothing happens. */
void home_sweep(const char *home);

extern const struct port_files home_files;

#endif
