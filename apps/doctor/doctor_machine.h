/*
 * Checks of the machine: its clock, memory, limits, and what this program was built with.
 */
#ifndef APPS_DOCTOR_DOCTOR_MACHINE_H
#define APPS_DOCTOR_DOCTOR_MACHINE_H

#include "apps/doctor/doctor.h"

doctor_function doctor_machine_clock;
doctor_function doctor_machine_memory;
doctor_function doctor_machine_files;
doctor_function doctor_machine_parts;

#endif
