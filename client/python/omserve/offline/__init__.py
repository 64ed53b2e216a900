# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Embed over a large set of pictures with Ray Data, against several servers; `--help` says how.

`job` and `server_pool` need neither Ray nor PyArrow.
"""
