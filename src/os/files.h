/*
 * Open files of a node's home: the second half of port/files.h, for real. Private to os/.
 *
 * Each is as the field of struct port_files of its name; all may be called from any thread, one at
 * a time for one file.
 */
#ifndef OS_FILES_H
#define OS_FILES_H

#include "port/files.h"

WARN_UNUSED int files_open(struct port *port, const char *path, enum port_files_mode mode,
                           struct port_file **out);
WARN_UNUSED int files_open_outside(struct port *port, const char *path, struct port_file **out);
WARN_UNUSED int files_make_outside(struct port *port, const char *path, struct port_file **out);
WARN_UNUSED int files_move_outside(struct port *port, const char *from, const char *to);
WARN_UNUSED int files_remove_outside(struct port *port, const char *path);
void files_close(struct port_file *f);
WARN_UNUSED int files_read_at(struct port_file *f, uint64_t offset, struct span_mut out,
                              size_t *got);
WARN_UNUSED int files_write_at(struct port_file *f, uint64_t offset, struct span bytes);
WARN_UNUSED int files_truncate(struct port_file *f, uint64_t size);
WARN_UNUSED int files_size(struct port_file *f, uint64_t *out);
WARN_UNUSED int files_stamp(struct port_file *f, struct port_files_stamp *out);
WARN_UNUSED int files_sync(struct port_file *f);
WARN_UNUSED int files_lock(struct port_file *f);
WARN_UNUSED int files_remove(struct port *port, const char *path, bool is_durable);
WARN_UNUSED int files_move(struct port *port, const char *from, const char *to);
WARN_UNUSED int files_make_folder(struct port *port, const char *path);
WARN_UNUSED int files_exists(struct port *port, const char *path);
WARN_UNUSED int files_room(struct port *port, uint64_t *bytes);
WARN_UNUSED int files_list(struct port *port, struct buf *names);
WARN_UNUSED int files_list_folder(struct port *port, const char *path, struct buf *names);

#endif
