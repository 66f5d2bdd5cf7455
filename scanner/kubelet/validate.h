/*
 * validate.h - values that decode but do not let a kubelet start.
 */
#ifndef VALIDATE_H
#define VALIDATE_H

#include "slots.h"

bool settings_valid(const struct slots *s, struct config_fault *fault);

/* ---- for the validate files alone ---- */

const struct setting *validate_setting(const struct slots *s, const char *path);
long long validate_number(const struct slots *s, const char *path);
bool validate_is(const struct slots *s, const char *path, const char *text);
bool validate_since(const struct slots *s, unsigned minor);

/* False, with the fault: "invalid configuration: maxPods (--max-pods) -1 RULE". */
bool validate_refuse(const struct slots *s, struct config_fault *fault, const char *path,
		     const char *rule);

/* Fields that are weighed against each other, and against feature gates. */
bool validate_together(const struct slots *s, struct config_fault *fault);

#endif
