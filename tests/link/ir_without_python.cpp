// SPDX-License-Identifier: Apache-2.0
// Linked with the whole of base and ir and nothing else: it links only if neither needs Python,
// LLVM or another room. Running it shows that no constructor of theirs needs them either.

int main() {
    return 0;
}
