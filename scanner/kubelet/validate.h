/*
 * validate.h - values that decode but do not let a kubelet start.
 */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "slots.h"

bool settings_valid(const struct slots *s, struct config_fault *fault);

#endif
