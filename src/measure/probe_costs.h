// SPDX-License-Identifier: Apache-2.0
// What watching one call costs here and now, so that it can be taken off the times.
//
// A small program makes empty calls of each CallWay, once watched by a scratch recorder and once
// not, in turns; the medians of the differences are the costs. Code that is announced also runs
// without the interpreter's call specialisation: that loss is part of the difference, as it should
// be. Split: what the recorder measured between its own two clock reads, minus the time the call
// would have taken there anyway, is `inside`; the rest of the difference is `outside`. On 3.11 a
// profile function makes every instruction slower (no specialised ones, a detour for each):
// `dilation`. It stretches all Python code alike and is left in the times, so that shares are
// right; the price of a probe is what comes on top of it. The dilation, and how much more a call
// costs in programs than in such loops, are measured on a program that does what programs do
// (usual_program.h); what is charged in between goes by how diverse the calls are at the time.
#pragma once

#include "measure/probe_price.h"

namespace hone::measure {

// `natives`: whether native functions are watched too (Python ones then cost more: each call is
// announced twice). Requires: no call events are on. False: a Python error is set.
[[nodiscard]] bool measure_probe_price(bool natives, ProbePrice& price);

}  // namespace hone::measure
