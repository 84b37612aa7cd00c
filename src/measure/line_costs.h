// SPDX-License-Identifier: Apache-2.0
// What watching a line and watching a call of a chosen function cost here and now, so that it can
// be taken off the times: a small program runs watched and not, in turns; the medians of the
// differences are the costs.
#pragma once

#include "measure/line_recorder.h"

namespace hone::measure {

// Requires: the recorder's events are on and no book counts. False: a Python error is set.
[[nodiscard]] bool measure_line_price(LinePrice& price);

}  // namespace hone::measure
