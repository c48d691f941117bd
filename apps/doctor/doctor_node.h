/*
 * Checks of the running node: is it there, whom it reaches. Each says so when there is none to ask.
 */
#ifndef APPS_DOCTOR_DOCTOR_NODE_H
#define APPS_DOCTOR_DOCTOR_NODE_H

#include "apps/doctor/doctor.h"

doctor_function doctor_node_up;
doctor_function doctor_node_seeds;
doctor_function doctor_node_peers;
doctor_function doctor_node_networks;

#endif
