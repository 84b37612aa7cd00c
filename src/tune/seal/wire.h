// SPDX-License-Identifier: Apache-2.0
// The answer of hone-seal as bytes: 64-bit integers and doubles in the machine's order, strings
// with their length before them. Its reader is python/hone/tune/seal.py; the first field is 1 for a
// result, 0 for a failure (errno, sentence), and the version is checked there.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hone::tune {

class WireWriter {
  public:
    void put(std::uint64_t value) {
        bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void put(double value) { bytes_.append(reinterpret_cast<const char*>(&value), sizeof value); }
    void put(std::string_view text) {
        put(static_cast<std::uint64_t>(text.size()));
        bytes_.append(text);
    }
    [[nodiscard]] const std::string& bytes() const { return bytes_; }

  private:
    std::string bytes_;
};

}  // namespace hone::tune
