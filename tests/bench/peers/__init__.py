# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
