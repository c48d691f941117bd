/*
 * Inside of wavu/os.h: for ipc.c.
 */
#ifndef OS_WAVU_OS_H
#define OS_WAVU_OS_H

#include "wavu/os.h"

struct loop;

/** The loop inside. */
struct loop *wavu_os_loop(struct wavu_os *os);

#endif
