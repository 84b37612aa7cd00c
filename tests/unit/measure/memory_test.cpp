// SPDX-License-Identifier: Apache-2.0
// The parts of the memory profiler that need no Python: estimates are unbiased, whatever the rate
// does meanwhile; the filter and the table forget nothing; the peak is made of what was there.
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <optional>
#include <vector>

#include "measure/memory/budget.h"
#include "measure/memory/countdown.h"
#include "measure/memory/footprint.h"
#include "measure/memory/live_blocks.h"
#include "measure/memory/mappings.h"
#include "measure/memory/resized.h"

namespace hone::measure::memory {
namespace {

const void* at(std::uintptr_t address) {
    return reinterpret_cast<const void*>(address);
}

TEST(Countdown, EveryBlockIsASampleIfAsked) {
    Countdown blocks;
    Random random(1);
    blocks.draw(1, random);
    for (std::int64_t size = 1; size < 100; ++size) {
        ASSERT_TRUE(blocks.take(size));
        EXPECT_EQ(blocks.chance(size), 1.0);
        blocks.draw(1, random);
    }
    EXPECT_EQ(blocks.number(), 99u);
    EXPECT_EQ(blocks.bytes(), 99 * 100 / 2);
}

// Sums over many blocks of many sizes, the mean changing as it goes.
TEST(Countdown, EstimatesAreUnbiased) {
    Countdown blocks;
    Random random(7), sizes(8);
    blocks.draw(1000, random);
    double bytes = 0, number = 0, exact = 0;
    constexpr int kBlocks = 2'000'000;
    for (int i = 0; i < kBlocks; ++i) {
        const auto size = static_cast<std::int64_t>(1 + 300 * sizes.share() * sizes.share());
        exact += static_cast<double>(size);
        if (!blocks.take(size)) continue;
        bytes += static_cast<double>(size) / blocks.chance(size);
        number += 1 / blocks.chance(size);
        blocks.draw(500 + 3000 * random.share(), random);
    }
    EXPECT_EQ(blocks.bytes(), static_cast<std::int64_t>(exact));
    EXPECT_EQ(blocks.number(), static_cast<std::uint64_t>(kBlocks));
    EXPECT_NEAR(bytes / exact, 1, 0.02);  // some 75,000 samples: 5 standard deviations
    EXPECT_NEAR(number / kBlocks, 1, 0.03);
}

TEST(Countdown, LargeBlocksAreAlwaysSamples) {
    Countdown blocks;
    Random random(3);
    for (int i = 0; i < 1000; ++i) {
        blocks.draw(1000, random);
        EXPECT_TRUE(blocks.take(1'000'000));
        EXPECT_NEAR(blocks.chance(1'000'000), 1, 1e-12);
    }
}

TEST(Countdown, AnAlarmChangesNoSample) {
    Countdown plain, alarmed;
    Random one(5), other(5), when(6);
    plain.draw(700, one);
    alarmed.draw(700, other);
    for (int i = 0; i < 20'000; ++i) {
        const std::int64_t size = 1 + i % 97;
        if (when.share() < 0.1) alarmed.alarm();
        const bool wanted = plain.take(size);
        bool met = alarmed.take(size);
        if (met && alarmed.passed()) met = false;
        ASSERT_EQ(met, wanted);
        if (!wanted) continue;
        plain.draw(700, one);
        alarmed.draw(700, other);
    }
    EXPECT_EQ(plain.bytes(), alarmed.bytes());
}

TEST(Countdown, WhatWasNoBlockIsGivenBack) {
    Countdown blocks;
    Random random(3);
    blocks.draw(1000, random);
    (void)blocks.take(5'000'000);
    blocks.give_back(5'000'000);
    EXPECT_EQ(blocks.bytes(), 0);
    EXPECT_EQ(blocks.number(), 0u);
}

// A block that is asked for and grows and shrinks in steps, the mean changing between them by up to
// a thousand times: what it stands for afterwards, 0 if it is not known.
double stands_for(Countdown& blocks, Random& random, const std::vector<std::int64_t>& sizes,
                  bool moves) {
    const auto draw = [&] { blocks.draw(100 * std::pow(1000, random.share()), random); };
    std::optional<Block> block;
    if (blocks.take(sizes.front())) {
        const double weight = static_cast<double>(sizes.front()) / blocks.chance(sizes.front());
        block = Block{.address = 1, .size = sizes.front(), .bytes = weight};
    }
    for (std::size_t i = 1; i < sizes.size(); ++i) {
        draw();
        Resized now{.address = at(1), .before = sizes[i - 1], .after = sizes[i], .moved = moves};
        take(blocks, now);
        if (block)
            block = after_resize(*block, now);
        else if (now.met)
            block = met_growing(now, blocks, random);
    }
    draw();
    return block ? block->bytes : 0;
}

TEST(Resized, EstimatesAreUnbiasedWhateverTheMeanWas) {
    constexpr int kBlocks = 400'000;
    const std::vector<std::int64_t> sizes{300, 700, 5000, 2500, 2600, 9000};
    for (const bool moves : {false, true}) {
        Countdown blocks;
        Random random(11);
        blocks.draw(1000, random);
        double sum = 0, squares = 0;
        for (int i = 0; i < kBlocks; ++i) {
            const double bytes = stands_for(blocks, random, sizes, moves);
            sum += bytes;
            squares += bytes * bytes;
        }
        const double mean = sum / kBlocks;
        const double error = std::sqrt((squares / kBlocks - mean * mean) / kBlocks);
        EXPECT_NEAR(mean, 9000, 5 * error) << moves;
        EXPECT_LT(error, 100);
    }
}

TEST(Resized, AKnownBlockGrowsByWhatItGrowsBy) {
    const Block block{.address = 1, .size = 100, .bytes = 4000, .variance = 64};
    const Block more =
        after_resize(block, {.address = at(2), .before = 104, .after = 150, .moved = true});
    EXPECT_EQ(more.address, 2u);
    EXPECT_EQ(more.size, 150);
    EXPECT_EQ(more.bytes, 4050);
    EXPECT_EQ(more.variance, 64);
    const Block less =
        after_resize(block, {.address = at(1), .before = 104, .after = 50, .moved = false});
    EXPECT_EQ(less.bytes, 2000);
    EXPECT_EQ(less.variance, 16);
}

TEST(LiveBlocks, WhatIsInIsFoundAndWhatIsOutIsNot) {
    LiveBlocks blocks;
    std::map<std::uintptr_t, double> model;
    Random random(11);
    for (int i = 0; i < 200'000; ++i) {
        const auto address =
            std::uintptr_t{16} * (1 + static_cast<std::uintptr_t>(20'000 * random.share()));
        if (model.contains(address)) {
            ASSERT_TRUE(blocks.may_have(at(address)));
            const auto found = blocks.take(at(address));
            ASSERT_TRUE(found);
            EXPECT_EQ(found->bytes, model[address]);
            model.erase(address);
        } else {
            EXPECT_FALSE(blocks.take(at(address)));
            ASSERT_TRUE(blocks.add({.address = address, .bytes = static_cast<double>(i)}));
            model[address] = i;
        }
        ASSERT_EQ(blocks.size(), model.size());
    }
    for (const auto& [address, bytes] : model) EXPECT_TRUE(blocks.take(at(address)));
    EXPECT_EQ(blocks.size(), 0u);
    for (std::uintptr_t page = 0; page < 100; ++page) EXPECT_FALSE(blocks.may_have(at(page << 12)));
}

TEST(LiveBlocks, AFilterBitStaysAsLongAsAnyOfItsBlocks) {
    LiveBlocks blocks;
    ASSERT_TRUE(blocks.add({.address = 0x10010}));
    ASSERT_TRUE(blocks.add({.address = 0x10020}));
    EXPECT_TRUE(blocks.take(at(0x10010)));
    EXPECT_TRUE(blocks.may_have(at(0x10020)));
    EXPECT_TRUE(blocks.take(at(0x10020)));
    EXPECT_FALSE(blocks.may_have(at(0x10020)));
}

// Against a copy of all places at each maximum.
TEST(Footprint, ThePeakIsMadeOfWhatWasThere) {
    constexpr std::size_t kPlaces = 20;
    std::vector<PlaceCounts> places(kPlaces);
    std::vector<double> now(kPlaces), then(kPlaces);
    Footprint all;
    double live = 0, peak = 0;
    Random random(13);
    for (std::uint64_t i = 0; i < 50'000; ++i) {
        const auto place = static_cast<std::size_t>(kPlaces * random.share());
        const double bytes = std::floor(1000 * random.share());
        if (random.share() < 0.5 && now[place] >= bytes) {
            let_go(places[place], all, bytes, 1, 0);
            now[place] -= bytes;
            live -= bytes;
        } else {
            hold(places[place], all, bytes, 1, 0, i);
            now[place] += bytes;
            live += bytes;
            if (live > peak) {
                peak = live;
                then = now;
            }
        }
    }
    EXPECT_EQ(all.peak, peak);
    EXPECT_EQ(all.live, live);
    for (std::size_t i = 0; i < kPlaces; ++i) {
        settle(places[i], all);
        EXPECT_EQ(places[i].peak, then[i]) << i;
        EXPECT_EQ(places[i].live, now[i]) << i;
    }
}

// One sample that stands for much, and is gone soon, is no peak; only that there may be one.
TEST(Footprint, ThePeakIsWhatIsThereForSure) {
    PlaceCounts kept, passing;
    Footprint all;
    hold(kept, all, 100, 1, 25, 1);
    EXPECT_EQ(all.peak, 100);
    hold(passing, all, 80, 1, 80 * 80, 2);
    let_go(passing, all, 80, 1, 80 * 80);
    EXPECT_EQ(all.peak, 100);
    EXPECT_EQ(all.peak_variance, 25);
    EXPECT_EQ(all.most, 180);
    hold(kept, all, 30, 1, 0, 3);
    EXPECT_EQ(all.peak, 130);
    EXPECT_EQ(all.peak_at, 3u);
    settle(passing, all);
    EXPECT_EQ(passing.peak, 0);
}

TEST(Footprint, WhereNothingIsSureTheLargestEstimateIsThePeak) {
    PlaceCounts place;
    Footprint all;
    hold(place, all, 80, 1, 80 * 80, 1);
    hold(place, all, 80, 1, 80 * 80, 2);
    let_go(place, all, 160, 2, 2 * 80 * 80);
    EXPECT_EQ(all.peak, 160);
    hold(place, all, 10, 1, 0, 3);
    EXPECT_EQ(all.peak, 10);
}

TEST(Timeline, StretchesBecomeLongerAndKeepTheMost) {
    Timeline line;
    double most = 0;
    for (std::uint64_t i = 0; i < 100'000; ++i) {
        const double live = i == 77'777 ? 5000 : static_cast<double>(i % 100);
        most = std::max(most, live);
        line.note(i * 1'000'000, live);
    }
    EXPECT_LE(line.used, Timeline::kStretches);
    EXPECT_GE(line.used * line.stretch, 99'999 * 1'000'000ull);
    EXPECT_EQ(*std::max_element(line.most.begin(), line.most.end()), most);
    EXPECT_EQ(line.most[77'777ull * 1'000'000 / line.stretch], 5000);
}

TEST(Timeline, WhereNothingChangedItStaysAsItWas) {
    Timeline line;
    line.note(0, 10);
    line.note(5'000'000, 3);
    EXPECT_EQ(line.most[4], 10);
    EXPECT_EQ(line.most[5], 3);
}

TEST(Mappings, PartsGo) {
    Mappings mappings;
    PlaceCounts one, other;
    mappings.add(0x1000, 0x4000, &one);
    mappings.add(0x5000, 0x1000, &other);
    std::map<PlaceCounts*, std::size_t> gone;
    const auto tell = [&gone](PlaceCounts& place, std::size_t bytes) { gone[&place] += bytes; };
    mappings.remove(0x2000, 0x1000, tell);  // the middle
    EXPECT_EQ(gone[&one], 0x1000u);
    mappings.remove(0x4000, 0x1800, tell);  // an end, and a beginning
    EXPECT_EQ(gone[&one], 0x2000u);
    EXPECT_EQ(gone[&other], 0x800u);
    mappings.remove(0, 0x100000, tell);
    EXPECT_EQ(gone[&one], 0x4000u);
    EXPECT_EQ(gone[&other], 0x1000u);
    mappings.remove(0, 0x100000, tell);
    EXPECT_EQ(gone[&one], 0x4000u);
}

TEST(Budget, TheRateFollowsTheCost) {
    Budget dear(0, 0), cheap(0, 0), fixed(5000, 0);
    Ticks now = 0;
    for (int i = 0; i < 10'000; ++i) {
        now += 1000;
        for (Budget* const one : {&dear, &fixed}) one->spend(500);
        cheap.spend(1);
        dear.end_sample(now, 0);
        cheap.end_sample(now, 0);
        fixed.end_sample(now, 0);
    }
    EXPECT_GT(dear.mean(), 1e6);
    EXPECT_EQ(cheap.mean(), Budget::kLeastMean);
    EXPECT_EQ(fixed.mean(), 5000);
    Budget large(0, 0);
    for (int i = 0; i < 100; ++i) large.end_sample(i * 1000, 1e9);
    EXPECT_EQ(large.mean(), 1e9 / Budget::kMostLive);
}

}  // namespace
}  // namespace hone::measure::memory
