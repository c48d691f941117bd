/*
 * Checks of the ways to others: ports, interfaces, IPv6, and who can dial this machine.
 */
#ifndef APPS_DOCTOR_DOCTOR_NET_H
#define APPS_DOCTOR_DOCTOR_NET_H

#include "apps/doctor/doctor.h"

doctor_function doctor_net_port;
doctor_function doctor_net_discovery;
doctor_function doctor_net_lan;
doctor_function doctor_net_ip6;
doctor_function doctor_net_nat;

#endif
