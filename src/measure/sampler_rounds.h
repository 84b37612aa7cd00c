// SPDX-License-Identifier: Apache-2.0
// One look at all threads of the program, again and again.
#pragma once

#include <Python.h>

#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "cpython/stacks/codes.h"
#include "cpython/stacks/memory.h"
#include "cpython/stacks/threads.h"
#include "cpython/stacks/walker.h"
#include "measure/native/stacks.h"
#include "measure/sampler_clock.h"
#include "measure/sampler_spool.h"
#include "measure/sampler_stacks.h"

namespace hone::measure {

// Flags of a sample.
enum SampleFlag : std::uint8_t {
    kRan = 1,        // used the processor since its last sample
    kHeldGil = 2,    // held the GIL
    kCollected = 4,  // it was collecting garbage
    kInNative = 8,   // the innermost frame was calling a function that is not Python's
    kCompiled = 16,  // the innermost function was running as compiled by hone
    kCut = 32,       // the stack is deeper than what was read
};

class Rounds {
  public:
    explicit Rounds(Spool& spool);
    ~Rounds();
    Rounds(const Rounds&) = delete;
    Rounds& operator=(const Rounds&) = delete;

    // Samples every thread; one that did not run since its last sample is not written again. To be
    // called by the sampler's thread.
    void round(Nanoseconds at);
    // Another thread is the sampler's from now on (one ends at each fork()): where the last one had
    // placed itself says nothing of it.
    void change_thread() noexcept { place_ = {}; }
    // C stacks too: the signal is there for it (native/asking.h).
    void take_native() { natives_.emplace(spool_); }
    [[nodiscard]] native::Totals native_totals() const noexcept {
        return natives_ ? natives_->totals() : native::Totals{};
    }
    // In the main thread, with the GIL, at a place where compiled code has shown its frames.
    void look_from_inside() noexcept;
    // Writes the names of the threads that threading knows. With the GIL.
    void name_threads() noexcept;
    void note_cost(Nanoseconds cost, std::uint32_t wakings);
    // In the child of a fork: pending calls from before find nobody.
    static void forget() noexcept;

  private:
    struct Watched {
        cpython::ThreadFacts facts;
        std::uint16_t index = 0;
        bool gone = false;
        bool named = false;
        bool sampled = false;  // the fields below hold
        Nanoseconds cpu = 0;
        NodeId node = 0;
        std::uint8_t flags = 0;
        StackPath path;
        native::Readiness readiness;
    };
    // A sample that is better taken by the thread itself, see look_from_inside().
    struct Request {
        Spool::Mark mark = 0;  // of the sample; 0 = none
        std::uint8_t flags = 0;
        bool fresh = false;  // not handed to the interpreter yet
    };

    void look_at_all(Nanoseconds at);
    void find_threads();
    void ask_for_names();
    void sample(Watched& thread);
    enum class Look : std::uint8_t { Seen, Torn, Ran, Gone };
    [[nodiscard]] Look look_at(Watched& thread, Nanoseconds cpu);
    void put_off(const Watched& thread);
    void note_still(Watched& thread);
    [[nodiscard]] std::optional<native::Stacks::Answer> look_native(Watched& thread,
                                                                    Nanoseconds cpu);
    void note_seen(Watched& thread, Nanoseconds cpu, std::uint8_t flags);
    std::uint8_t flags_of_stack(const std::optional<native::Stacks::Answer>& below) const noexcept;
    void write(const Watched& thread);
    void ask_inside(const Watched& thread);
    [[nodiscard]] std::uint8_t gil_flags(const Watched& thread) const noexcept;
    static void tell_code(void* to, cpython::CodeId id, const cpython::CodeText& text);

    Spool& spool_;
    cpython::OwnMemory memory_;
    cpython::Codes codes_;
    cpython::StackWalker walker_;
    StackTree tree_;
    Place place_;
    cpython::Stack stack_, again_;
    std::optional<native::Stacks> natives_;
    std::list<Watched> threads_;  // newest first
    cpython::Address newest_ = 0;
    std::uint16_t next_index_ = 0;
    std::uint32_t rounds_ = 0, torn_ = 0, namings_ = 0;
    std::uint32_t naming_at_ = 0;  // the round in which names are asked for next
    std::uint32_t naming_gap_ = 1;
    Nanoseconds started_ = 0;
    Request request_;
    std::mutex busy_;
};

}  // namespace hone::measure
