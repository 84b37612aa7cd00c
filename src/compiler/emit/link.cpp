// SPDX-License-Identifier: Apache-2.0
// Object code into executable memory, by JITLink directly: one allocation per code, freed
// with it. ORC's sessions and dylibs are for lazy and concurrent linking, which nobody here
// does. Everything runs on the calling thread.
#include <llvm/ExecutionEngine/JITLink/ELF_x86_64.h>
#include <llvm/ExecutionEngine/JITLink/JITLink.h>
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/Support/Process.h>

#include <optional>

#include "compiler/compiler.h"

namespace hone::compiler {
namespace {

namespace jl = llvm::jitlink;
using FinalizedAlloc = jl::JITLinkMemoryManager::FinalizedAlloc;

jl::InProcessMemoryManager& memory_manager() {
    static auto* const manager =
        new jl::InProcessMemoryManager(llvm::sys::Process::getPageSizeEstimate());
    return *manager;
}

class MappedCode final : public LinkedCode {
  public:
    MappedCode(void* entry, void* direct, std::size_t size, FinalizedAlloc memory)
        : entry_(entry), direct_(direct), size_(size), memory_(std::move(memory)) {}
    ~MappedCode() override {
        std::vector<FinalizedAlloc> memory;
        memory.push_back(std::move(memory_));
        memory_manager().deallocate(
            std::move(memory), [](llvm::Error error) { llvm::consumeError(std::move(error)); });
    }
    MappedCode(const MappedCode&) = delete;
    MappedCode& operator=(const MappedCode&) = delete;
    [[nodiscard]] void* entry() const override { return entry_; }
    [[nodiscard]] void* direct() const override { return direct_; }
    [[nodiscard]] std::size_t size() const override { return size_; }

  private:
    void* entry_;
    void* direct_;
    std::size_t size_;
    FinalizedAlloc memory_;
};

// What the link leaves behind; the context itself is owned, and destroyed, by JITLink.
struct Outcome {
    std::uint64_t entry = 0, direct = 0;
    std::size_t size = 0;
    std::optional<FinalizedAlloc> memory;
    std::string failure;
};

class Context final : public jl::JITLinkContext {
  public:
    Context(const Resolver& resolve, Outcome& outcome)
        : JITLinkContext(nullptr), resolve_(resolve), outcome_(outcome) {}

    jl::JITLinkMemoryManager& getMemoryManager() override { return memory_manager(); }
    void notifyFailed(llvm::Error error) override {
        outcome_.failure = llvm::toString(std::move(error));
    }

    void lookup(const LookupMap& symbols,
                std::unique_ptr<jl::JITLinkAsyncLookupContinuation> done) override {
        jl::AsyncLookupResult found;
        for (const auto& [name, flags] : symbols) {
            const std::uint64_t address = resolve_(std::string_view(name.data(), name.size()));
            if (address == 0) {
                done->run(llvm::createStringError(llvm::inconvertibleErrorCode(),
                                                  "unknown symbol %s", name.str().c_str()));
                return;
            }
            found[name] = {llvm::orc::ExecutorAddr(address), llvm::JITSymbolFlags::Exported};
        }
        done->run(std::move(found));
    }

    llvm::Error notifyResolved(jl::LinkGraph& graph) override {
        for (const jl::Symbol* symbol : graph.defined_symbols()) {
            if (!symbol->hasName()) continue;
            if (symbol->getName() == "hone_body") outcome_.entry = symbol->getAddress().getValue();
            if (symbol->getName() == "hone_direct")
                outcome_.direct = symbol->getAddress().getValue();
        }
        for (const jl::Block* block : graph.blocks()) outcome_.size += block->getSize();
        return llvm::Error::success();
    }

    void notifyFinalized(FinalizedAlloc memory) override { outcome_.memory = std::move(memory); }

  private:
    const Resolver& resolve_;
    Outcome& outcome_;
};

}  // namespace

Result<std::unique_ptr<LinkedCode>> link(const ObjectCode& code, const Resolver& resolve) {
    const llvm::StringRef bytes(reinterpret_cast<const char*>(code.elf.data()), code.elf.size());
    auto graph = jl::createLinkGraphFromELFObject_x86_64(llvm::MemoryBufferRef(bytes, "hone"));
    if (!graph) return fail("linking: " + llvm::toString(graph.takeError()));
    Outcome outcome;
    jl::link(std::move(*graph), std::make_unique<Context>(resolve, outcome));
    if (!outcome.memory) return fail("linking: " + outcome.failure);
    auto linked = std::make_unique<MappedCode>(reinterpret_cast<void*>(outcome.entry),
                                               reinterpret_cast<void*>(outcome.direct),
                                               outcome.size, std::move(*outcome.memory));
    if (outcome.entry == 0) return fail("linking: no entry in the object code");
    return linked;
}

}  // namespace hone::compiler
