/*
 * Inside of wavu/os.h: for ipc.c, and for a library in apps/ that stands on libuv itself.
 */
#ifndef OS_WAVU_OS_H
#define OS_WAVU_OS_H

#include "wavu/os.h"

struct loop;

/** The loop inside. */
struct loop *wavu_os_loop(struct wavu_os *os);

/** libuv's loop (uv_loop_t), for the handles of a library that serves on it; it closes them before
 * wavu_os_free. Its callbacks come between two turns: they may ask a node, behind wavu_os_enter. */
void *wavu_os_foreign(struct wavu_os *os);

/** A callback of such a library begins: bring the nodes' time up to date. */
void wavu_os_enter(struct wavu_os *os);

#endif
