/*
 * Looking at the machine, the home and the ways to others, for the doctor. Changes nothing: a file
 * without a name is written and gone, ports are tried and let go.
 */
#ifndef APPS_DOCTOR_DOCTOR_LOOK_H
#define APPS_DOCTOR_DOCTOR_LOOK_H

#include "apps/doctor/doctor.h"

/** Clock, memory, descriptors. */
void doctor_look_machine(struct doctor_world *w);

/** The home `w->home`: rights, files, disk, lock, settings. */
void doctor_look_home(struct doctor_world *w);

#endif
