/*
 * Checks of the home: who may read it, its files, its disk, its lock, its backup.
 */
#ifndef APPS_DOCTOR_DOCTOR_HOME_H
#define APPS_DOCTOR_DOCTOR_HOME_H

#include "apps/doctor/doctor.h"

doctor_function doctor_home_folder;
doctor_function doctor_home_keys;
doctor_function doctor_home_settings;
doctor_function doctor_home_disk;
doctor_function doctor_home_store;
doctor_function doctor_home_control;
doctor_function doctor_home_backup;

#endif
