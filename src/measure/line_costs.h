// SPDX-License-Identifier: Apache-2.0
// What watching lines and ends of calls costs here and now, by kind of event, so that it can be
// taken off the times. Loops in which one kind more comes up than in another run watched and not,
// in turns, each sample in units of the pace around it; medians of the differences are the costs.
// How much more programs pay that call many functions in turn, the usual program tells.
#pragma once

#include "measure/line_price.h"

namespace hone::measure {

// Requires: the recorder's events are on and no book counts. False: a Python error is set.
[[nodiscard]] bool measure_line_price(LinePrice& price);

}  // namespace hone::measure
