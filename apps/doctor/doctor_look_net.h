/*
 * Looking at ports and interfaces, for the doctor: ports are tried and let go, nothing is sent.
 */
#ifndef APPS_DOCTOR_DOCTOR_LOOK_NET_H
#define APPS_DOCTOR_DOCTOR_LOOK_NET_H

#include "apps/doctor/doctor.h"

/** Interfaces, addresses, IPv6; and the ports of `w->settings`. */
void doctor_look_net(struct doctor_world *w);

#endif
