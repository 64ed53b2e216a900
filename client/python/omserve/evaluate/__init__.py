# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Scores of a running omserve on labelled data: python -m omserve.evaluate."""
