// SPDX-License-Identifier: Apache-2.0
// A shared library needs one source of its own; the room it wraps comes as an archive.
