/*
 * Jobs of a simulated process: port/work.h on the virtual clock. Private to sim/.
 */
#ifndef SIM_SIM_WORK_H
#define SIM_SIM_WORK_H

#include "port/work.h"

extern const struct port_work sim_work_ops;

#endif
