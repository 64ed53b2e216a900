// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "client/file_answer.h"
#include "client/vision_client.h"

namespace omserve::client {

// Files that were sent as the frames of one video.
struct StreamedFiles {
  // One a file, in order; ABORTED for those that were dropped because a newer one came.
  std::vector<DetectFileAnswer> answers;
  int frames = 0;    // that could be read, and so sent
  int answered = 0;  // with detections or an error
  int dropped = 0;
};

// Sends 'files' as frames, 'rate' a second (0: as fast as it goes), each with the options of
// 'form'. Blocks until the stream has ended. A file that cannot be read is left out and has its
// error; when the stream breaks off, the frames that are left have its error.
StreamedFiles StreamFiles(VisionClient& client, const std::vector<std::string>& files, double rate,
                          const v1::DetectRequest& form);

}  // namespace omserve::client
