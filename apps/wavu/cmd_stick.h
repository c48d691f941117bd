/*
 * wavu export, import: what waits for members, on a stick that somebody carries.
 */
#ifndef APPS_WAVU_CMD_STICK_H
#define APPS_WAVU_CMD_STICK_H

#include "apps/wavu/command.h"

/** Each returns the exit code. */
int cmd_stick_export_run(struct call *call);
int cmd_stick_import_run(struct call *call);

#endif
