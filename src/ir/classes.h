// SPDX-License-Identifier: Apache-2.0
// What is known of the classes whose instances a piece of code works on: where each attribute
// that the code names is found, as plain data. Made by engine/facts.cpp from the live classes;
// true for as long as the class has the version stated here (Op::GuardClass).
//
// An attribute that an instance could have for itself (shadowed) is what the class says only
// while no instance was given one of that name: Op::GuardKeys, or the class gives its instances
// no attributes of their own at all.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "ir/unit.h"

namespace hone::ir {

enum class AttributeKind : std::uint8_t {
    Unknown,   // found by the generic look-up only
    Value,     // the instance's own: value `index` of the array that shared keys describe
    OwnDict,   // in the instance's own dict, if anywhere: no name that instances share
    Slot,      // a member of __slots__ at byte offset `index`
    Method,    // a Python function of the class, bound to the instance
    Bound,     // a class method: a function, called with the class first
    Property,  // `value` is the getter, a Python function
    Constant,  // an attribute of the class that is no descriptor, or a static method's function
};

struct AttributeFact {
    AttributeKind kind = AttributeKind::Unknown;
    std::uint32_t index = 0;
    bool writable = false;  // Value, OwnDict, Slot: assignment stores there, nothing else
    ObjectFact value;       // Method, Bound, Property, Constant
};

struct ClassFact {
    ObjectId type;
    std::uint32_t version = 0;     // of the class' and its bases' attributes
    std::uint32_t basic_size = 0;  // of an instance: the array of values lies behind it (3.13+)
    bool inline_values = false;  // instances keep attributes in an array until a dict is asked for
    bool no_dict = false;        // instances have no attributes of their own but slots
    std::uint32_t shared_keys = 0;                    // names that instances were given so far
    std::map<std::string, AttributeFact> attributes;  // of instances
    std::map<std::string, AttributeFact> class_attributes;  // of the class itself
};

// All classes of one request; its units share it.
struct ClassTable {
    std::deque<ClassFact> rows;  // stay where they are

    [[nodiscard]] const ClassFact* with_version(std::uint32_t version) const {
        for (const ClassFact& row : rows)
            if (row.version == version && version != 0) return &row;
        return nullptr;
    }
    [[nodiscard]] const ClassFact* of(ObjectId type) const {
        for (const ClassFact& row : rows)
            if (row.type == type) return &row;
        return nullptr;
    }
};

}  // namespace hone::ir
