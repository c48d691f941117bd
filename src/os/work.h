/*
 * Jobs on libuv's threads: port/work.h for real. Private to os/.
 */
#ifndef OS_WORK_H
#define OS_WORK_H

#include "port/work.h"

extern const struct port_work work_threads;

#endif
