# SPDX-License-Identifier: Apache-2.0
"""What `./dev` does, one file a topic. Standard library only: it runs before anything is set up."""
