// SPDX-License-Identifier: Apache-2.0
// Numbers for places in machine code and for the files that they are mapped from, told to the spool
// when they are first met. The reader of the spool finds names for them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>

#include "measure/native/unwinder.h"
#include "measure/sampler_spool.h"

namespace hone::measure::native {

class Places {
  public:
    explicit Places(Spool& spool) : spool_(spool) {}
    // As in the `code` of a stack's frame: above all numbers of code objects. Nothing: what is
    // mapped there is gone.
    [[nodiscard]] std::optional<cpython::CodeId> number(const CodePlace& place);

  private:
    struct Object {
        std::uint16_t number;
        Address bias;  // what is added to the file's addresses
    };

    [[nodiscard]] std::optional<Object> object_of(const Image& image);
    [[nodiscard]] std::string path_of(Address name);

    Spool& spool_;
    cpython::OwnMemory memory_;
    struct Known {
        Image image;
        cpython::CodeId number;
    };
    std::unordered_map<Address, Known> known_;
    std::map<std::pair<std::string, Address>, std::uint16_t> objects_;
    cpython::CodeId next_ = kFirstPlace;
};

}  // namespace hone::measure::native
