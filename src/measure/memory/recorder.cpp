// SPDX-License-Identifier: Apache-2.0
#include "measure/memory/recorder.h"

#include <algorithm>
#include <memory>
#include <mutex>

#include <pthread.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "measure/memory/budget.h"
#include "measure/memory/mappings.h"
#include "measure/ticks.h"

namespace hone::measure::memory {

std::atomic<bool> recording = false;
LiveBlocks live_blocks;
Source small_blocks;
thread_local constinit Stream* my_stream = nullptr;

namespace {

constexpr std::uint64_t kOthers = 1;  // a block that outlives more of them is not temporary
constexpr double kLeastCopyMean = 1 << 18;

struct Session {
    Store store;
    Places places{store};
    Mappings mappings;
    Budget budget;
    double every = 0;
    Ticks started = 0;
    double nanoseconds_per_tick = 1;
    Ticks cost = 0;
};

std::mutex lock;  // of all below, of `live_blocks` and of the streams' chain
std::unique_ptr<Session> session;
Stream* streams = nullptr;
std::uint64_t seeds = 0;
pthread_key_t end_of_thread;
bool prepared = false;

// Memory that nobody counts, and that stays.
Stream* map_stream() noexcept {
    void* const bytes =
        mmap(nullptr, sizeof(Stream), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (bytes == MAP_FAILED) Py_FatalError("hone: no memory for a thread's counts");
    return new (bytes) Stream;
}

void leave_stream(void* left) noexcept {
    auto* const stream = static_cast<Stream*>(left);
    my_stream = nullptr;
    const std::scoped_lock held(lock);
    stream->taken = false;
}

// One at a time; what it asks for is hone's own. Not recording: nothing may be done.
class Turn {
  public:
    explicit Turn(Stream& stream) : stream_(stream), begun_(now_ticks()) {
        stream_.busy = true;
        lock.lock();
    }
    ~Turn() {
        lock.unlock();
        stream_.busy = false;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    [[nodiscard]] explicit operator bool() const noexcept { return session != nullptr; }
    [[nodiscard]] Ticks begun() const noexcept { return begun_; }

  private:
    Stream& stream_;
    Ticks begun_;
};

std::uint64_t nanoseconds(Ticks ticks) noexcept {
    return static_cast<std::uint64_t>(static_cast<double>(ticks) * session->nanoseconds_per_tick);
}

StoreHeader& header() noexcept {
    return session->store.header();
}

// What was counted goes to the file.
void tell_counts(Source& source) noexcept {
    const std::int64_t bytes = source.blocks.bytes();
    const std::uint64_t number = source.blocks.number();
    const auto domain = static_cast<std::size_t>(source.domain);
    header().asked[domain] += static_cast<std::uint64_t>(bytes - source.told_bytes);
    header().number[domain] += number - source.told_number;
    source.told_bytes = bytes;
    source.told_number = number;
}

void tell_copies(Source& source) noexcept {
    const std::int64_t bytes = source.blocks.bytes();
    header().copied += static_cast<std::uint64_t>(bytes - source.told_bytes);
    source.told_bytes = bytes;
}

// What was done in its turn has been work. When it ended.
Ticks pay(const Turn& turn) noexcept {
    const Ticks now = now_ticks();
    const Ticks cost = std::max<Ticks>(now - turn.begun(), 0);
    session->cost += cost;
    session->budget.spend(cost);
    return now;
}

// After each sample, with its turn.
void end_sample(Source& source, Stream& stream, const Turn& turn) noexcept {
    const Ticks now = pay(turn);
    session->budget.end_sample(now, header().all.live);
    source.blocks.draw(session->budget.mean(), stream.random);
    StoreHeader& head = header();
    head.now = nanoseconds(std::max<Ticks>(now - session->started, 0));
    head.cost = nanoseconds(session->cost);
    head.mean = session->budget.mean();
    head.most_mean = std::max(head.most_mean, head.mean);
    ++head.samples;
    session->store.timeline().note(head.now, head.all.live);
}

std::uint64_t time_of(const Turn& turn) noexcept {
    return nanoseconds(std::max<Ticks>(turn.begun() - session->started, 0));
}

// So many bytes were asked for and met with this chance. What they stand for.
double charge(PlaceCounts& place, std::int64_t bytes, double chance) noexcept {
    const double weight = static_cast<double>(bytes) / chance;
    place.asked += weight;
    place.asked_variance += variance_of(weight, chance);
    return weight;
}

void keep(const Block& block, std::uint64_t now) noexcept {
    if (live_blocks.add(block))
        hold(*block.place, header().all, block.bytes, block.blocks, block.variance, now);
}

void forget(const Block& block) noexcept {
    let_go(*block.place, header().all, block.bytes, block.blocks, block.variance);
}

// What was asked for at its address is free, after so many other blocks.
void end_stay(const Block& block, std::uint64_t others) noexcept {
    if (others <= kOthers) block.place->temporary += block.asked;
}

void release(const Block& block) noexcept {
    forget(block);
    end_stay(block, block.by->number() - block.number);
}

// A block that is there no more as it was; with its new one, one more is asked for.
void leave(const Block& block, const Source& source, const Resized& now) noexcept {
    forget(block);
    const std::uint64_t itself = block.by == &source.blocks ? 1 : 0;
    if (now.moved) end_stay(block, block.by->number() - block.number - itself);
}

double charge_resized(PlaceCounts& place, const Source& source, const Resized& now) noexcept {
    const double chance = source.blocks.chance(now.asked());
    if (now.moved) place.number += 1 / chance;
    return charge(place, now.asked(), chance);
}

// Where it has moved or grown, its time begins anew.
Block settled(Block block, PlaceCounts* place, double asked, const Source& source,
              const Resized& now) noexcept {
    block.place = place;
    block.asked = now.moved ? asked : block.asked + asked;
    if (now.asked() > 0 || block.by == nullptr) {
        block.by = &source.blocks;
        block.number = source.blocks.number();
    }
    return block;
}

// Somebody who is not hooked has freed what is there.
void forget_stale(const void* address) noexcept {
    if (!live_blocks.may_have(address)) return;
    if (const auto stale = live_blocks.take(address)) release(*stale);
}

void before_fork() noexcept {
    stream().busy = true;
    lock.lock();
}

void after_fork_in_parent() noexcept {
    lock.unlock();
    stream().busy = false;
}

// The file is not mapped here, and other threads' streams are of nobody.
void after_fork_in_child() noexcept {
    recording = false;
    live_blocks.forget();
    small_blocks.blocks.rest();
    (void)session.release();
    for (Stream* one = streams; one != nullptr; one = one->next) one->taken = one == my_stream;
    lock.unlock();
    stream().busy = false;
}

std::uint64_t fresh_seed() noexcept {
    std::uint64_t seed = 0;
    if (getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = static_cast<std::uint64_t>(now_ticks());
    return seed;
}

void start_stream(Stream& stream) noexcept {
    stream.random = Random(seeds++ * 0xd1342543de82ef95ULL);
    stream.path.steps.clear();  // its nodes were another session's
    if (session == nullptr) return;
    for (Source* source : {&stream.python, &stream.native, &stream.copies})
        source->blocks.draw(session->budget.mean(), stream.random);
}

[[nodiscard]] bool prepare() noexcept {
    if (prepared) return true;
    if (pthread_key_create(&end_of_thread, leave_stream) != 0) return false;
    if (pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child) != 0) return false;
    return prepared = true;
}

}  // namespace

Stream* make_stream() noexcept {
    Stream* found = nullptr;
    {
        const std::scoped_lock held(lock);
        for (Stream* one = streams; one != nullptr && found == nullptr; one = one->next)
            if (!one->taken) found = one;
        if (found == nullptr) {
            found = map_stream();
            found->next = streams;
            streams = found;
        }
        found->taken = true;
        start_stream(*found);
    }
    my_stream = found;
    if (prepared) {
        ++found->inside;
        pthread_setspecific(end_of_thread, found);
        --found->inside;
    }
    return found;
}

Result<void> open_recorder(const RecorderSettings& settings) {
    if (!prepare()) return fail("the system can't tell of ends of threads or of forks");
    if (session != nullptr) return fail("this process's memory is profiled already");
    const double scale = tick_scale().seconds_per_tick() * 1e9;
    Stream& mine = stream();
    mine.busy = true;
    auto made = std::make_unique<Session>();
    const auto opened = made->store.open(settings.store);
    if (!opened) {
        made.reset();
        mine.busy = false;
        return opened;
    }
    made->every = settings.every;
    made->nanoseconds_per_tick = scale;
    made->store.header().block_cost = settings.block_cost;
    {
        const std::scoped_lock held(lock);
        made->started = now_ticks();
        made->budget = Budget(settings.every, made->started);
        session = std::move(made);
        seeds = settings.seed != 0 ? settings.seed : fresh_seed();
        for (Stream* one = streams; one != nullptr; one = one->next) start_stream(*one);
        small_blocks.blocks.draw(session->budget.mean(), mine.random);
        for (Stream* one = streams; one != nullptr; one = one->next)
            for (Source* source : {&one->python, &one->native, &one->copies}) {
                source->told_bytes = source->blocks.bytes();
                source->told_number = source->blocks.number();
            }
        small_blocks.told_bytes = small_blocks.blocks.bytes();
        small_blocks.told_number = small_blocks.blocks.number();
    }
    recording = true;
    mine.busy = false;
    return {};
}

void close_recorder() noexcept {
    Stream& mine = stream();
    mine.busy = true;
    {
        const std::scoped_lock held(lock);
        recording = false;
        if (session != nullptr) {
            tell_counts(small_blocks);
            for (Stream* one = streams; one != nullptr; one = one->next) {
                tell_counts(one->python);
                tell_counts(one->native);
                tell_copies(one->copies);
            }
            header().now = nanoseconds(now_ticks() - session->started);
            header().cost = nanoseconds(session->cost);
            session->store.timeline().note(header().now, header().all.live);
            session->store.close();
        }
        session.reset();
        live_blocks.clear();
        small_blocks.blocks.rest();
    }
    mine.busy = false;
}

// Python's small blocks are counted whoever asks for them: their count is put aside.
void leave_out(bool begins) noexcept {
    static std::uint32_t depth = 0;
    static Countdown aside;
    Stream& mine = stream();
    if (begins) {
        ++mine.inside;
        if (depth++ != 0) return;
        aside = small_blocks.blocks;
        small_blocks.blocks.rest();
    } else {
        --mine.inside;
        if (--depth != 0 || !recording) return;
        small_blocks.blocks = aside;
        small_blocks.blocks.alarm();  // a library may have come since that is not hooked yet
    }
}

void note_block(Source& source, const void* address, std::int64_t bytes) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return source.blocks.rest();
    tell_counts(source);
    forget_stale(address);
    if (PlaceCounts* const place = session->places.here(mine.path, source.domain)) {
        const double chance = source.blocks.chance(bytes);
        const double weight = charge(*place, bytes, chance);
        place->number += 1 / chance;
        keep({.address = reinterpret_cast<std::uintptr_t>(address),
              .place = place,
              .size = bytes,
              .bytes = weight,
              .blocks = 1 / chance,
              .asked = weight,
              .variance = variance_of(weight, chance),
              .by = &source.blocks,
              .number = source.blocks.number()},
             time_of(turn));
    }
    end_sample(source, mine, turn);
}

void note_free(const void* address) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return;
    if (const auto block = live_blocks.take(address)) release(*block);
    pay(turn);
}

std::optional<Block> lift(const void* address) noexcept {
    Stream& mine = stream();
    if (mine.busy) return std::nullopt;
    const Turn turn(mine);
    return turn ? live_blocks.take(address) : std::nullopt;
}

void put_back(const Block& block) noexcept {
    Stream& mine = stream();
    const Turn turn(mine);
    if (turn && !live_blocks.add(block)) release(block);
}

void drop(const Block& block) noexcept {
    Stream& mine = stream();
    const Turn turn(mine);
    if (turn) release(block);
}

void note_resized(Source& source, const std::optional<Block>& block, const Resized& now) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return source.blocks.rest();
    tell_counts(source);
    if (block) leave(*block, source, now);
    if (now.moved) forget_stale(now.address);
    // Who made it grow is asked for at samples only: reading a stack takes longer than growing.
    PlaceCounts* const place =
        now.met ? session->places.here(mine.path, source.domain) : block->place;
    if (place != nullptr) {
        const double asked = now.met ? charge_resized(*place, source, now) : 0;
        const std::optional<Block> known =
            block ? after_resize(*block, now) : met_growing(now, source.blocks, mine.random);
        if (known) keep(settled(*known, place, asked, source, now), time_of(turn));
    }
    if (now.met)
        end_sample(source, mine, turn);
    else
        pay(turn);
}

void note_mapped(const void* address, std::size_t bytes) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return;
    mine.native.blocks.count(static_cast<std::int64_t>(bytes));
    tell_counts(mine.native);
    PlaceCounts* const place = session->places.here(mine.path, Domain::Native);
    if (place == nullptr) return;
    place->asked += static_cast<double>(bytes);
    place->number += 1;
    hold(*place, header().all, static_cast<double>(bytes), 1, 0, time_of(turn));
    session->mappings.add(reinterpret_cast<std::uintptr_t>(address), bytes, place);
    session->store.timeline().note(time_of(turn), header().all.live);
}

void note_unmapped(const void* address, std::size_t bytes) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return;
    const auto tell = [](PlaceCounts& place, std::size_t part) {
        let_go(place, header().all, static_cast<double>(part), 1, 0);
    };
    session->mappings.remove(reinterpret_cast<std::uintptr_t>(address), bytes, tell);
}

void note_remapped(const void* before, std::size_t had, const void* now,
                   std::size_t bytes) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return;
    PlaceCounts* place = nullptr;
    const auto tell = [&place](PlaceCounts& old, std::size_t part) {
        let_go(old, header().all, static_cast<double>(part), 1, 0);
        place = &old;
    };
    session->mappings.remove(reinterpret_cast<std::uintptr_t>(before), had, tell);
    if (place == nullptr) return;  // it was none that is known
    if (bytes > had) {
        mine.native.blocks.count_more(static_cast<std::int64_t>(bytes - had));
        tell_counts(mine.native);
        PlaceCounts* const here = session->places.here(mine.path, Domain::Native);
        if (here != nullptr) place = here;
        place->asked += static_cast<double>(bytes - had);
    }
    hold(*place, header().all, static_cast<double>(bytes), 1, 0, time_of(turn));
    session->mappings.add(reinterpret_cast<std::uintptr_t>(now), bytes, place);
}

void note_copy(Source& source, std::int64_t bytes) noexcept {
    Stream& mine = stream();
    if (mine.busy) return;
    const Turn turn(mine);
    if (!turn) return source.blocks.rest();
    tell_copies(source);
    if (PlaceCounts* const place = session->places.here(mine.path, source.domain))
        place->copied += static_cast<double>(bytes) / source.blocks.chance(bytes);
    end_sample(source, mine, turn);
    if (session->every == 0)
        source.blocks.draw(std::max(session->budget.mean(), kLeastCopyMean), mine.random);
}

}  // namespace hone::measure::memory
