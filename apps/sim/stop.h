/*
 * Ctrl+C and SIGTERM: a wish to stop, which loops ask for.
 */
#ifndef APPS_SIM_STOP_H
#define APPS_SIM_STOP_H

#include <stdbool.h>

/** From now on both signals are a wish, in this process and in those that it forks; the second one
 * of a process ends it. */
void stop_listen(void);

bool stop_is_wished(void);

#endif
