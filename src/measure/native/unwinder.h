// SPDX-License-Identifier: Apache-2.0
// From a thread's registers and a copy of its stack to the places in machine code that it is in.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "measure/native/call_frames.h"
#include "measure/native/registers.h"

namespace hone::measure::native {

// A program or library in memory, as the loader knows it.
struct Image {
    Address begin = 0, table = 0, link_map = 0;
    bool operator==(const Image&) const = default;
};

// Who maps the code at this address. Nothing: code that was made at run time, or none. Takes no
// lock.
[[nodiscard]] std::optional<Image> image_at(Address place) noexcept;
// Can it be told on this system?
[[nodiscard]] bool can_find_images() noexcept;

struct CodePlace {
    Image image;
    Address place = 0;     // in the instruction that runs or calls
    Address function = 0;  // where it begins; 0 = not known
};

enum class End : std::uint8_t {
    Evaluator,  // the next one outwards is the evaluator's frame
    Unknown,    // code whose frames can't be known calls the last one
    Generated,  // code that was made at run time calls the last one, or runs
    Lost,       // these can't be the frames: none of them is to be used
};

class Unwinder {
  public:
    // Innermost first, up to the frame in which `evaluator` lies.
    End unwind(const Registers& registers, const StackCopy& stack, Address evaluator,
               std::vector<CodePlace>& places);

  private:
    static constexpr std::size_t kDeepest = 512;
    static constexpr std::size_t kMostKnown = 20'000;
    struct Known {
        Image image;
        std::optional<Rules> rules;
    };

    const Known* known_at(Address place);

    cpython::OwnMemory tables_;
    std::unordered_map<Address, Known> known_;
};

}  // namespace hone::measure::native
