/*
 * What this process takes of the machine, as the kernel counts it.
 */
#ifndef APPS_DAEMON_PROCESS_H
#define APPS_DAEMON_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"

/* All 0 where the kernel does not say. */
struct process_figures {
    uint64_t cpu_ms; /* of user and system */
    uint64_t resident_bytes;
    uint64_t virtual_bytes;
    uint64_t start_unix_ms;
    uint64_t open_fds;
    uint64_t fds_max; /* 0 also: no limit */
};

/** Ask the kernel (/proc/self). */
void process_read(struct process_figures *out);

/** Read the text of /proc/self/stat: processor time and sizes into `out`, whose other fields stay;
 * when it began, in ms since boot, into `*out_start_ms`. A page has `page_size` bytes, a second
 * `ticks`. False when it is no such text; nothing is written then. */
WARN_UNUSED bool process_parse(const char *stat, uint64_t page_size, uint64_t ticks,
                               struct process_figures *out, uint64_t *out_start_ms);

#endif
