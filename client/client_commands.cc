// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/client_commands.h"

#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "client/answer_json.h"
#include "client/answer_tables.h"
#include "client/control_commands.h"
#include "client/drawing/result_pictures.h"
#include "client/error_advice.h"
#include "client/file_answer.h"
#include "client/picture_files.h"
#include "client/progress_bar.h"
#include "client/streamed_files.h"
#include "client/text_json.h"
#include "client/text_lines.h"
#include "client/vision_client.h"

namespace omserve::client {
namespace {

constexpr int kMaxComplaints = 10;  // of files, so that a dead server does not fill a screen

VisionClientOptions OptionsOf(const ClientCommand& command) {
  return {.server = command.server,
          .max_in_flight = command.in_flight,
          .deadline = command.deadline,
          .budget = command.budget,
          .priority = command.priority,
          .access = command.access};
}

// Sends every file and gives the answers in the order of the files. 'start' begins one call.
template <typename Request, typename Response, typename Start>
std::vector<FileAnswer<Response>> AskForFiles(const ClientCommand& command, const Request& form,
                                              Start start) {
  std::vector<FileAnswer<Response>> answers(command.files.size());
  ProgressBar progress(static_cast<int>(command.files.size()));
  VisionClient client(OptionsOf(command));
  for (size_t i = 0; i < answers.size(); ++i) {
    FileAnswer<Response>& answer = answers[i];
    answer.file = command.files[i];
    absl::StatusOr<std::string> bytes = ReadFile(answer.file);
    if (!bytes.ok()) {
      answer.status = bytes.status();
      progress.Advance();
      continue;
    }
    auto request = std::make_shared<Request>(form);
    request->mutable_image()->set_encoded(*std::move(bytes));
    start(client, std::move(request), [&answer, &progress](absl::StatusOr<Response> response) {
      answer.status = response.status();
      if (response.ok()) {
        answer.answer = *std::move(response);
      }
      progress.Advance();
    });
  }
  client.WaitUntilIdle();
  return answers;
}

// Returns 1 if a file failed, else 0. Frames that a newer one replaced did not fail.
template <typename Response>
int ReportErrors(const std::vector<FileAnswer<Response>>& answers, const std::string& server,
                 std::ostream& err) {
  int failed = 0;
  std::set<std::string> advice;
  for (const auto& answer : answers) {
    if (answer.status.ok() || absl::IsAborted(answer.status)) {
      continue;
    }
    if (++failed <= kMaxComplaints) {
      err << "error: " << answer.file << ": " << DescribeError(answer.status) << "\n";
    }
    // A file that could not be read has no advice: its own message says what to do.
    const bool is_local = absl::StrContains(answer.status.message(), "cannot read ");
    if (std::string line = is_local ? "" : AdviceFor(answer.status, server); !line.empty()) {
      advice.insert(std::move(line));
    }
  }
  if (failed > kMaxComplaints) {
    err << "error: ... and " << failed - kMaxComplaints << " more files\n";
  }
  for (const std::string& line : advice) {
    err << "  -> " << line << "\n";
  }
  return failed == 0 ? 0 : 1;
}

// 'more' are the members beside the results.
template <typename Response>
void PrintJson(const std::vector<FileAnswer<Response>>& answers, std::ostream& out,
               nlohmann::json more = nlohmann::json::object()) {
  nlohmann::json results = nlohmann::json::array();
  for (const auto& answer : answers) {
    results.push_back(ToJson(answer));
  }
  more["results"] = std::move(results);
  out << Dump(more) << "\n";
}

template <typename Response>
void PrintTables(const std::string& table, const std::vector<FileAnswer<Response>>& answers,
                 std::ostream& out) {
  const std::vector<v1::Timing> timings = TimingsOf(answers);
  out << table;
  if (const std::string stages = FormatStageTimes(timings); !stages.empty()) {
    out << "\nmean over " << timings.size() << (timings.size() == 1 ? " file" : " files") << "\n"
        << stages;
  }
}

int Complain(const absl::Status& status, const ClientCommand& command, std::ostream& out,
             std::ostream& err) {
  if (command.json) {
    out << Dump({{"error", ErrorToJson(status)}}) << "\n";
  }
  err << "error: " << DescribeError(status) << "\n";
  if (const std::string advice = AdviceFor(status, command.server); !advice.empty()) {
    err << "  -> " << advice << "\n";
  }
  return 1;
}

// Prints what was found, however it was asked for.
void PrintDetections(const ClientCommand& command, const std::vector<DetectFileAnswer>& answers,
                     nlohmann::json more, std::ostream& out) {
  if (command.json) {
    PrintJson(answers, out, std::move(more));
    return;
  }
  PrintTables(FormatDetections(answers), answers, out);
  out << FormatCuts(answers);
}

std::vector<DetectFileAnswer> StreamDetections(const ClientCommand& command,
                                               const v1::DetectRequest& form, std::ostream& out) {
  VisionClient client(OptionsOf(command));
  StreamedFiles streamed = StreamFiles(client, command.files, command.frame_rate, form);
  PrintDetections(command, streamed.answers,
                  {{"stream",
                    {{"frames", streamed.frames},
                     {"answered", streamed.answered},
                     {"dropped", streamed.dropped}}}},
                  out);
  if (!command.json) {
    out << "\n"
        << streamed.frames << (streamed.frames == 1 ? " frame: " : " frames: ") << streamed.answered
        << " answered, " << streamed.dropped << " dropped because a newer one came\n";
  }
  return std::move(streamed.answers);
}

// Draws the answers when --out says where to. Returns 1 if a picture failed, else 0.
template <typename Response>
int DrawIfAsked(const std::vector<FileAnswer<Response>>& answers, const ClientCommand& command,
                std::ostream& out, std::ostream& err) {
  if (command.out.empty()) {
    return 0;
  }
  const DrawnPictures drawn = DrawResults(answers, command.out);
  for (const absl::Status& error : drawn.errors) {
    err << "error: " << DescribeError(error) << "\n";
  }
  if (!drawn.note.empty()) {
    err << "note: " << drawn.note << "\n";
  }
  if (!command.json && !drawn.contact_sheet.empty()) {
    out << "\ndrew " << drawn.files.size() << (drawn.files.size() == 1 ? " picture" : " pictures")
        << "; all on one: " << drawn.contact_sheet << "\n";
  }
  return drawn.errors.empty() ? 0 : 1;
}

int RunDetect(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  v1::DetectRequest form;
  form.set_model(command.model);
  form.set_version(command.version);
  form.set_dedup(command.dedup);
  form.set_mask_form(command.mask);
  if (command.score_threshold.has_value()) {
    form.set_score_threshold(*command.score_threshold);
  }
  if (command.max_detections.has_value()) {
    form.set_max_detections(*command.max_detections);
  }
  std::vector<DetectFileAnswer> answers;
  if (command.stream) {
    answers = StreamDetections(command, form, out);
  } else {
    answers = AskForFiles<v1::DetectRequest, v1::DetectResponse>(
        command, form, [](VisionClient& client, auto request, auto done) {
          client.Detect(std::move(request), std::move(done));
        });
    PrintDetections(command, answers, nlohmann::json::object(), out);
  }
  return ReportErrors(answers, command.server, err) | DrawIfAsked(answers, command, out, err);
}

int RunEmbed(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  v1::EmbedRequest form;
  form.set_model(command.model);
  form.set_version(command.version);
  form.set_feature(command.feature);
  form.set_top_k(command.top_k);
  const auto answers = AskForFiles<v1::EmbedRequest, v1::EmbedResponse>(
      command, form, [](VisionClient& client, auto request, auto done) {
        client.Embed(std::move(request), std::move(done));
      });
  if (command.json) {
    PrintJson(answers, out);
  } else {
    PrintTables(FormatEmbeddings(answers), answers, out);
  }
  return ReportErrors(answers, command.server, err);
}

int RunRead(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  v1::ReadTextRequest form;
  form.set_model(command.model);
  form.set_version(command.version);
  form.set_task(command.task);
  form.set_region(command.region);
  form.set_characters(command.characters);
  form.set_words(command.words);
  if (command.min_score.has_value()) {
    form.set_min_score(*command.min_score);
  }
  if (command.orientation.has_value()) {
    form.set_orientation(*command.orientation);
  }
  const auto answers = AskForFiles<v1::ReadTextRequest, v1::ReadTextResponse>(
      command, form, [as_lines = command.as_lines](VisionClient& client, auto request, auto done) {
        if (as_lines) {
          *request->add_lines() = std::move(*request->mutable_image());
          request->clear_image();
        }
        client.ReadText(std::move(request), std::move(done));
      });
  if (command.json) {
    PrintJson(answers, out);
  } else {
    PrintTables(FormatText(answers), answers, out);
  }
  return ReportErrors(answers, command.server, err) | DrawIfAsked(answers, command, out, err);
}

int RunModels(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  const auto models = VisionClient(OptionsOf(command)).ListModels();
  if (!models.ok()) {
    return Complain(models.status(), command, out, err);
  }
  if (!command.json) {
    out << FormatModels(*models);
    return 0;
  }
  nlohmann::json list = nlohmann::json::array();
  for (const v1::ModelInfo& model : models->models()) {
    list.push_back(ToJson(model));
  }
  out << Dump({{"models", std::move(list)}, {"error", nullptr}}) << "\n";
  return 0;
}

int RunHealth(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  const absl::StatusOr<Health> health =
      VisionClient(OptionsOf(command)).CheckHealth(command.service);
  if (!health.ok()) {
    return Complain(health.status(), command, out, err);
  }
  const std::string text = *health == Health::kServing      ? "SERVING"
                           : *health == Health::kNotServing ? "NOT_SERVING"
                                                            : "UNKNOWN";
  if (command.json) {
    out << Dump({{"service", command.service}, {"status", text}, {"error", nullptr}}) << "\n";
  } else {
    out << text << "\n";
  }
  return *health == Health::kServing ? 0 : 1;
}

}  // namespace

int RunClientCommand(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  switch (command.kind) {
    case ClientCommand::Kind::kDetect:
      return RunDetect(command, out, err);
    case ClientCommand::Kind::kEmbed:
      return RunEmbed(command, out, err);
    case ClientCommand::Kind::kRead:
      return RunRead(command, out, err);
    case ClientCommand::Kind::kModels:
      return RunModels(command, out, err);
    case ClientCommand::Kind::kHealth:
      return RunHealth(command, out, err);
    default:
      return RunControlCommand(command, out, err);
  }
  return 1;
}

}  // namespace omserve::client
