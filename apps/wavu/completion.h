/*
 * wavu completion: what a shell reads once so that Tab works.
 */
#ifndef APPS_WAVU_COMPLETION_H
#define APPS_WAVU_COMPLETION_H

#include "apps/wavu/command.h"

/** Prints the script for the shell that is named; returns the exit code. */
int completion_run(struct call *call);

#endif
