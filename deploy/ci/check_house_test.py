# SPDX-FileCopyrightText: The omserve authors
# SPDX-License-Identifier: Apache-2.0
"""Every rule of check_house.py is seen failing once."""

import unittest

from deploy.ci import check_house

HEAD = "// SPDX-FileCopyrightText: The omserve authors\n// SPDX-License-Identifier: Apache-2.0\n"


def findings(path: str, body: str, cmake: str = "") -> list[str]:
    return check_house.check({path: HEAD + body}, cmake)


class CheckHouseTest(unittest.TestCase):
    def test_clean_file_passes(self):
        self.assertEqual(findings("server/batching/a.cc", '#include "server/device/b.h"\n'), [])

    def test_arrow_that_points_up(self):
        found = findings("server/device/a.cc", '#include "server/service/b.h"\n')
        self.assertIn("server/device may not include server/service/b.h", found[0])

    def test_pipelines_know_no_server(self):
        self.assertTrue(findings("pipelines/steps/a.cc", '#include "server/base/b.h"\n'))

    def test_acl_outside_the_device_room(self):
        self.assertTrue(findings("server/batching/a.cc", '#include "acl/acl.h"\n'))

    def test_opencv_outside_the_image_room(self):
        self.assertTrue(findings("pipelines/steps/a.cc", "#include <opencv2/core.hpp>\n"))

    def test_grpc_outside_the_service_room(self):
        self.assertTrue(findings("server/registry/a.cc", "#include <grpcpp/grpcpp.h>\n"))

    def test_words(self):
        for line in (
            "throw 1;",
            "std::mutex m;",
            "std::thread t;",
            "absl::SleepFor(d);",
            'getenv("X");',
            "auto t = absl::Now();",
            "} catch (...) {",
        ):
            self.assertTrue(findings("server/batching/a.cc", line + "\n"), line)

    def test_words_in_comments_and_strings_are_fine(self):
        self.assertEqual(findings("server/batching/a.cc", '// we throw\nf("throw");\n'), [])

    def test_long_file(self):
        self.assertTrue(findings("server/base/a.cc", "\n" * 900))

    def test_banned_name(self):
        self.assertTrue(findings("server/base/string_utils.h", "#pragma once\n"))

    def test_missing_header(self):
        self.assertTrue(check_house.check({"server/base/a.cc": "int x;\n"}, ""))

    def test_missing_pragma(self):
        self.assertTrue(findings("server/base/a.h", "int x;\n"))

    def test_marker(self):
        self.assertTrue(findings("server/base/a.cc", "// TO" + "DO: later\n"))

    def test_test_that_nothing_builds(self):
        self.assertTrue(findings("tests/unit/a_test.cc", "\n"))
        self.assertEqual(findings("tests/unit/a_test.cc", "\n", "SOURCES a_test.cc"), [])


if __name__ == "__main__":
    unittest.main()
