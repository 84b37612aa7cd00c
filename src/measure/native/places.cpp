// SPDX-License-Identifier: Apache-2.0
#include <Python.h>

#include "measure/native/places.h"

#include <algorithm>
#include <array>
#include <limits>

#include <link.h>
#include <unistd.h>

namespace hone::measure::native {

namespace {

constexpr std::size_t kLongest = 4096;

std::string own_program() {
    std::array<char, kLongest> path;
    const ssize_t length = readlink("/proc/self/exe", path.data(), path.size());
    return {path.data(), static_cast<std::size_t>(std::max<ssize_t>(length, 0))};
}

}  // namespace

// The program itself has no name in the loader's list.
std::string Places::path_of(Address name) {
    std::string path;
    for (; path.size() < kLongest; ++name) {
        const auto letter = memory_.read<char>(name);
        if (!letter || *letter == 0) break;
        path += *letter;
    }
    return path.empty() ? own_program() : path;
}

std::optional<Places::Object> Places::object_of(const Image& image) {
    memory_.forget();
    const auto map = memory_.read<link_map>(image.link_map);
    if (!map) return std::nullopt;
    const std::string path = path_of(reinterpret_cast<Address>(map->l_name));
    const Address bias = map->l_addr;
    const auto next = static_cast<std::uint16_t>(objects_.size());
    const auto [found, fresh] = objects_.try_emplace({path, bias}, next);
    if (fresh && next == std::numeric_limits<std::uint16_t>::max()) {
        objects_.erase(found);
        return std::nullopt;
    }
    if (fresh)
        spool_.append({.kind = RecordKind::Object,
                       .flags = 0,
                       .thread = next,
                       .link = 0,
                       .value = path.size()},
                      path);
    return Object{.number = found->second, .bias = bias};
}

std::optional<cpython::CodeId> Places::number(const CodePlace& place) {
    const auto known = known_.find(place.place);
    if (known != known_.end() && known->second.image == place.image) return known->second.number;
    const auto object = object_of(place.image);
    if (!object) return std::nullopt;
    const Address function = place.function == 0 ? place.place : place.function;
    spool_.append({.kind = RecordKind::Native,
                   .flags = 0,
                   .thread = object->number,
                   .link = static_cast<std::uint32_t>(place.place - function),
                   .value = place.place - object->bias});
    known_.insert_or_assign(place.place, Known{.image = place.image, .number = next_});
    return next_++;
}

}  // namespace hone::measure::native
