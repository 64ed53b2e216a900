// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "client/control_commands.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/answer_json.h"
#include "client/control_answers.h"
#include "client/error_advice.h"
#include "omserve/v1/control.grpc.pb.h"

namespace omserve::client {
namespace {

using Stub = v1::Control::Stub;

// What there is to do about an error of the control listener.
std::string ControlAdvice(const absl::Status& status, const std::string& control) {
  if (absl::IsUnavailable(status)) {
    return absl::StrCat("does the server's control listener listen on ", control,
                        "? It is on the loopback of the server's machine unless listeners.control "
                        "says else; give it with --control or OMSERVE_CONTROL");
  }
  if (absl::IsUnauthenticated(status) || absl::IsPermissionDenied(status)) {
    return AdviceFor(status, control);
  }
  if (absl::IsNotFound(status)) return "`omserve-client models --all` lists what there is";
  if (absl::IsDeadlineExceeded(status)) return "the change goes on; `models --all` shows it";
  return "";
}

std::shared_ptr<grpc::Channel> Connect(const ClientCommand& command) {
  grpc::ChannelArguments arguments;
  command.access.Configure(arguments);
  return grpc::CreateCustomChannel(command.control, command.access.Credentials(), arguments);
}

class Asker {
 public:
  Asker(const ClientCommand& command, std::ostream& out, std::ostream& err)
      : command_(command), out_(out), err_(err), stub_(v1::Control::NewStub(Connect(command))) {}

  // One call, and its answer or error in print.
  template <typename Request, typename Response>
  int Ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
          const Request& request) {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(absl::Now() + command_.deadline));
    command_.access.Sign(context);
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) {
      return Complain(
          absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message()));
    }
    if (command_.json) {
      out_ << Dump(ToJson(response)) << "\n";
    } else {
      out_ << Format(response);
    }
    return 0;
  }

  template <typename Request, typename Response>
  int Change(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*)) {
    Request request;
    request.set_model(command_.model);
    request.set_version(command_.version);
    return Ask(method, request);
  }

 private:
  int Complain(const absl::Status& status) {
    if (command_.json) out_ << Dump({{"error", ErrorToJson(status)}}) << "\n";
    err_ << "error: " << DescribeError(status) << "\n";
    const std::string advice = ControlAdvice(status, command_.control);
    if (!advice.empty()) err_ << "  -> " << advice << "\n";
    return 1;
  }

  const ClientCommand& command_;
  std::ostream& out_;
  std::ostream& err_;
  const std::unique_ptr<Stub> stub_;
};

}  // namespace

int RunControlCommand(const ClientCommand& command, std::ostream& out, std::ostream& err) {
  Asker asker(command, out, err);
  switch (command.kind) {
    case ClientCommand::Kind::kLoad:
      return asker.Change<v1::LoadRequest, v1::LoadResponse>(&Stub::Load);
    case ClientCommand::Kind::kReload:
      return asker.Change<v1::ReloadRequest, v1::ReloadResponse>(&Stub::Reload);
    case ClientCommand::Kind::kUnload:
      return asker.Change<v1::UnloadRequest, v1::UnloadResponse>(&Stub::Unload);
    case ClientCommand::Kind::kStats:
      return asker.Ask<v1::StatsRequest, v1::StatsResponse>(&Stub::Stats, {});
    default:
      return asker.Ask<v1::ModelsRequest, v1::ModelsResponse>(&Stub::Models, {});
  }
}

}  // namespace omserve::client
