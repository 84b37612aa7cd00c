// SPDX-License-Identifier: Apache-2.0
// Who a sealed program is: the same user as outside, without the powers that reach beyond its
// namespaces. For an ordinary user the namespaces need a user namespace; the real root does without
// one (its mounts are then not locked, see root.h) and gives up the capabilities that act on the
// machine: clock, kernel modules, reboot, raw devices, mounting.
#pragma once

namespace hone::tune {

enum class Privilege { kRoot, kUser };

Privilege current_privilege();

// Enters the namespaces; the next fork is PID 1 of the new one. Throws SealFailure.
void enter_namespaces(Privilege privilege);

// The loopback interface of the new network namespace, so that a program can talk to itself.
void raise_loopback();

// Irrevocably gives up what could act outside; for the process that becomes the program.
void give_up_powers();

}  // namespace hone::tune
