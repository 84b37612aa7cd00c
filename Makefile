# SPDX-License-Identifier: Apache-2.0
#
# For users: `make demo` and `make test`. Everything else is `./dev`.
#   PYTHON=/usr/bin/python3.12   the interpreter to use (default: python3)
#   EXAMPLE=examples/x.py        the program that demo tunes
PYTHON ?= python3
EXAMPLE ?=
export PYTHON

.PHONY: demo test setup
setup:
	@tools/bootstrap

demo: setup
	@./dev demo $(EXAMPLE)

# The report's page is tested in a browser.
test:
	@tools/bootstrap chromium
	@./dev test $(TEST_OPTIONS)
