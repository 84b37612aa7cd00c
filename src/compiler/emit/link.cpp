// SPDX-License-Identifier: Apache-2.0
// Object code into executable memory with ORC and JITLink: one library (JITDylib) a piece of
// code, so that each can be unmapped; its external symbols are resolved by the caller.
#include <llvm/ExecutionEngine/JITLink/JITLinkMemoryManager.h>
#include <llvm/ExecutionEngine/Orc/Core.h>
#include <llvm/ExecutionEngine/Orc/ExecutorProcessControl.h>
#include <llvm/ExecutionEngine/Orc/ObjectLinkingLayer.h>
#include <llvm/Object/ObjectFile.h>

#include <atomic>

#include "base/check.h"
#include "compiler/compiler.h"

namespace hone::compiler {
namespace {

namespace orc = llvm::orc;

class Linker {
 public:
    Linker(std::unique_ptr<orc::ExecutorProcessControl> control)
        : session(std::move(control)), layer(session, session.getExecutorProcessControl().getMemMgr()) {}

    orc::ExecutionSession session;
    orc::ObjectLinkingLayer layer;
};

// Never destroyed: linked code outlives every static of this library.
Result<Linker*> linker() {
    static const Result<Linker*> made = []() -> Result<Linker*> {
        auto control = orc::SelfExecutorProcessControl::Create();
        if (!control) return fail(llvm::toString(control.takeError()));
        return new Linker(std::move(*control));
    }();
    return made;
}

class Linked final : public LinkedCode {
 public:
    Linked(orc::JITDylib& library, void* entry, std::size_t size) : library_(library), entry_(entry), size_(size) {}
    ~Linked() override { llvm::consumeError(library_.getExecutionSession().removeJITDylib(library_)); }
    [[nodiscard]] void* entry() const override { return entry_; }
    [[nodiscard]] std::size_t size() const override { return size_; }

 private:
    orc::JITDylib& library_;
    void* entry_;
    std::size_t size_;
};

struct Scan {
    orc::SymbolMap externals;
    std::size_t size = 0;
};

Result<Scan> scan(Linker& in, llvm::MemoryBufferRef buffer, const Resolver& resolve) {
    auto file = llvm::object::ObjectFile::createObjectFile(buffer);
    if (!file) return fail(llvm::toString(file.takeError()));
    Scan found;
    for (const auto& section : (*file)->sections())
        if (section.isText()) found.size += section.getSize();
    for (const auto& symbol : (*file)->symbols()) {
        auto flags = symbol.getFlags();
        auto name = symbol.getName();
        if (!flags || !name) return fail("an unreadable symbol in object code");
        if ((*flags & llvm::object::SymbolRef::SF_Undefined) == 0 || name->empty()) continue;
        const std::uint64_t address = resolve(std::string_view(name->data(), name->size()));
        if (address == 0) return fail("object code refers to " + name->str() + ", which is nowhere");
        found.externals[in.session.intern(*name)] = {orc::ExecutorAddr(address), llvm::JITSymbolFlags::Exported};
    }
    return found;
}

Result<void*> load(Linker& in, orc::JITDylib& library, const ObjectCode& code, Scan found) {
    const auto text = [](llvm::Error error) { return fail(llvm::toString(std::move(error))); };
    if (!found.externals.empty())
        if (auto error = library.define(orc::absoluteSymbols(std::move(found.externals)))) return text(std::move(error));
    auto buffer = llvm::MemoryBuffer::getMemBufferCopy(
        llvm::StringRef(reinterpret_cast<const char*>(code.elf.data()), code.elf.size()), library.getName());
    if (auto error = in.layer.add(library, std::move(buffer))) return text(std::move(error));
    auto body = in.session.lookup({&library}, in.session.intern("hone_body"));
    if (!body) return text(body.takeError());
    return body->getAddress().toPtr<void*>();
}

}  // namespace

Result<std::unique_ptr<LinkedCode>> link(const ObjectCode& code, const Resolver& resolve) {
    static std::atomic<std::uint64_t> number{0};
    auto in = linker();
    if (!in) return std::unexpected(in.error());
    const std::string name = "hone." + std::to_string(++number);
    const llvm::MemoryBufferRef buffer(llvm::StringRef(reinterpret_cast<const char*>(code.elf.data()), code.elf.size()), name);
    auto found = scan(**in, buffer, resolve);
    if (!found) return std::unexpected(found.error());
    const std::size_t size = found->size;
    orc::JITDylib& library = (*in)->session.createBareJITDylib(name);
    auto entry = load(**in, library, code, std::move(*found));
    if (!entry) {
        llvm::consumeError((*in)->session.removeJITDylib(library));
        return std::unexpected(entry.error());
    }
    return std::make_unique<Linked>(library, *entry, size);
}

}  // namespace hone::compiler
