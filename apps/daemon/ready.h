/*
 * What a node tells the system that runs it as a service: that it is ready, that it reads its
 * settings again, that it lives, that it ends. By sd_notify(3), to whom NOTIFY_SOCKET names; where
 * nobody is named, or without libsystemd (WAVU_HAS_SYSTEMD), nothing is said.
 *
 * It has no thread and no timer: the loop asks ready_patience_ms how long it may sleep, and calls
 * ready_tick when it has returned, so that a turn that hangs is seen as one.
 */
#ifndef APPS_DAEMON_READY_H
#define APPS_DAEMON_READY_H

#include <stdbool.h>
#include <stdint.h>

#include "wavu/api.h"

struct ready {
    bool is_managed;    /* somebody listens */
    uint64_t period_ns; /* between two signs of life: half of what is waited for; 0: none wanted */
    uint64_t due_ns;    /* boot time of the next one */
};

/** Look who listens (NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID). Nothing is said yet. */
void ready_begin(struct ready *r, uint64_t now_ns);

/** Requests are answered from now on; also after ready_reloading. `status` is one line for people,
 * without addresses, ids and names. */
void ready_up(const struct ready *r, const char *status);

/** How it stands now, likewise. */
void ready_status(const struct ready *r, const char *status);

/** The settings are read again; ready_up says when that is over. */
void ready_reloading(const struct ready *r);

/** It ends. */
void ready_stopping(const struct ready *r);

/** How long the loop may sleep, in ms, where it may `patience_ms` otherwise (negative: for ever).
 */
int64_t ready_patience_ms(const struct ready *r, uint64_t now_ns, int64_t patience_ms);

/** The loop has come round: give a sign of life when one is due. */
void ready_tick(struct ready *r, uint64_t now_ns);

#endif
