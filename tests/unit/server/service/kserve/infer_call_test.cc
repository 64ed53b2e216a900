// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "server/service/kserve/infer_call.h"

#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/service/kserve/bytes_elements.h"
#include "tests/unit/pipelines/graphs/scripted_runner.h"

namespace omserve::kserve {
namespace {

using ::testing::HasSubstr;

constexpr auto kNever = std::chrono::system_clock::time_point::max();

// Runs posted work when it is told to. Single-thread.
class ManualExecutor final : public Executor {
 public:
  using Executor::Post;
  void Post(Lane /*lane*/, absl::AnyInvocable<void()> work) override {
    waiting_.push_back(std::move(work));
  }
  bool RunOne() {
    if (waiting_.empty()) return false;
    auto work = std::move(waiting_.front());
    waiting_.pop_front();
    work();
    return true;
  }

 private:
  std::deque<absl::AnyInvocable<void()>> waiting_;
};

ModelTensor Tensor(const std::string& name, DType dtype, Shape shape, size_t row_bytes) {
  ModelTensor tensor;
  tensor.name = name;
  tensor.dtype = dtype;
  tensor.shape = std::move(shape);
  tensor.row_bytes = row_bytes;
  return tensor;
}

// A pipeline "vit" whose stage adds one to each of two floats a row; gears 1 and 4.
class InferCallTest : public ::testing::Test {
 protected:
  InferCallTest() {
    InternVitConfig config;
    config.image_size = 8;
    auto runner = std::make_unique<ScriptedRunner>();
    runner_ = runner.get();
    runner_->answers["internvit"] = [this](const StageCall& call) -> absl::StatusOr<StageResult> {
      if (!failure_.ok()) return failure_;
      HostTensor out = TensorAllocator::Heap().Allocate(DType::kFloat32, {call.items, 2});
      for (int64_t i = 0; i < call.items * 2; ++i) {
        out.as<float>()[static_cast<size_t>(i)] =
            call.inputs[0].host.as<float>()[static_cast<size_t>(i)] + 1;
      }
      StageResult result;
      result.outputs.push_back(OnHost(out));
      result.outputs.push_back(OnHost(Constant({call.items, 1}, 9)));
      return result;
    };
    auto model = std::shared_ptr<ServedModel>(new ServedModel{"vit",
                                                              "1",
                                                              {"cat", "dog"},
                                                              {"internvit"},
                                                              *InternVit::Create(config),
                                                              std::move(runner),
                                                              metrics_.AddMethod("vit", "Embed"),
                                                              {}});
    ServedStage stage;
    stage.name = "internvit";
    stage.info.inputs = {Tensor("x", DType::kFloat32, {4, 2}, 8)};
    stage.info.outputs = {Tensor("y", DType::kFloat32, {4, 2}, 8),
                          Tensor("z", DType::kFloat32, {4, 1}, 4)};
    stage.info.gears = {1, 4};
    stage.metrics = metrics_.AddMethod("vit.internvit", "ModelInfer");
    stage.metrics.statistics = &statistics_;
    stage.most_items = 100;
    model->stage_models.push_back(std::move(stage));
    model->infer_metrics = metrics_.AddMethod("vit", "ModelInfer");
    catalog_.Publish(model);
  }

  static inference::ModelInferRequest Request(int64_t rows = 1) {
    inference::ModelInferRequest request;
    request.set_model_name("vit.internvit");
    request.set_id("a1");
    auto& input = *request.add_inputs();
    input.set_name("x");
    input.set_datatype("FP32");
    input.add_shape(rows);
    input.add_shape(2);
    std::vector<float> values(static_cast<size_t>(rows) * 2);
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
    request.add_raw_input_contents(
        std::string(reinterpret_cast<const char*>(values.data()), values.size() * 4));
    return request;
  }

  // The answer's message; status_ tells why there is none.
  inference::ModelInferResponse Infer(const std::string& bytes) {
    const grpc::Slice slice(bytes);
    call_ = InferCall::Make(environment_, InferMessage::Parse(grpc::ByteBuffer(&slice, 1)), terms_,
                            kNever);
    inference::ModelInferResponse response;
    status_.reset();
    call_->Begin([&](const absl::Status& status, InferAnswer answer) {
      EXPECT_FALSE(status_.has_value()) << "a second end";
      status_ = status;
      if (!status.ok()) return;
      std::vector<grpc::Slice> slices;
      EXPECT_TRUE(answer.Release(false).Dump(&slices).ok());
      std::string whole;
      for (const grpc::Slice& piece : slices) {
        whole.append(reinterpret_cast<const char*>(piece.begin()), piece.size());
      }
      EXPECT_TRUE(response.ParseFromString(whole));
    });
    if (cancel_) call_->Cancel();
    do {
      runner_->Drain();
    } while (executor_.RunOne());
    runner_->Drain();
    EXPECT_TRUE(status_.has_value()) << "no end";
    return response;
  }
  inference::ModelInferResponse Infer(const inference::ModelInferRequest& request) {
    return Infer(request.SerializeAsString());
  }
  // The error of a request; empty when it was answered.
  std::string ErrorOf(const inference::ModelInferRequest& request) {
    Infer(request);
    if (status_->ok()) return "";
    EXPECT_EQ(status_->code(), absl::StatusCode::kInvalidArgument) << *status_;
    return std::string(status_->message());
  }

  ManualClock clock_;
  ServerMetrics metrics_{BuildInfo()};
  InferStatistics statistics_;
  const RequestMetrics fallback_ = metrics_.AddMethod("unknown", "ModelInfer");
  ManualExecutor executor_;
  Admission admission_{2};
  ModelCatalog catalog_;
  const CallEnvironment calls_{catalog_, executor_, clock_, admission_, absl::Seconds(30)};
  const InferEnvironment environment_{calls_, fallback_};
  absl::StatusOr<CallTerms> terms_ = CallTerms();
  absl::Status failure_;
  ScriptedRunner* runner_ = nullptr;
  bool cancel_ = false;
  std::optional<absl::Status> status_;
  std::unique_ptr<InferCall> call_;
};

TEST_F(InferCallTest, RunsOneStage) {
  const auto response = Infer(Request(3));
  ASSERT_TRUE(status_->ok()) << *status_;
  EXPECT_EQ(response.model_name(), "vit.internvit");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "a1");
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "y");
  EXPECT_EQ(response.outputs(0).shape(0), 3);
  float last = 0;
  std::memcpy(&last, response.raw_output_contents(0).data() + 20, 4);
  EXPECT_EQ(last, 6.0F);
  EXPECT_EQ(runner_->items.back(), 3);
  EXPECT_EQ(statistics_.totals().success.count, 1u);
}

TEST_F(InferCallTest, TakesTypedContentsToo) {
  inference::ModelInferRequest request = Request();
  request.clear_raw_input_contents();
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(4);
  request.mutable_inputs(0)->mutable_contents()->add_fp32_contents(5);
  const auto response = Infer(request);
  ASSERT_TRUE(status_->ok()) << *status_;
  float last = 0;
  std::memcpy(&last, response.raw_output_contents(0).data() + 4, 4);
  EXPECT_EQ(last, 6.0F);
}

TEST_F(InferCallTest, NoRowsAreAnOrdinaryRequest) {
  const auto response = Infer(Request(0));
  ASSERT_TRUE(status_->ok()) << *status_;
  EXPECT_EQ(response.outputs(0).shape(0), 0);
}

TEST_F(InferCallTest, GivesTheOutputsThatAreAskedFor) {
  inference::ModelInferRequest request = Request(2);
  request.add_outputs()->set_name("z");
  auto& classes = *request.add_outputs();
  classes.set_name("y");
  (*classes.mutable_parameters())["classification"].set_int64_param(1);
  const auto response = Infer(request);
  ASSERT_TRUE(status_->ok()) << *status_;
  ASSERT_EQ(response.outputs_size(), 2);
  EXPECT_EQ(response.outputs(0).name(), "z");
  EXPECT_EQ(response.outputs(1).datatype(), "BYTES");
  const auto elements = ReadElements(response.raw_output_contents(1), 2, "y");
  ASSERT_TRUE(elements.ok());
  EXPECT_EQ((*elements)[0], "2:1:dog");
}

TEST_F(InferCallTest, TellsWhereTheTimeWentWhenAsked) {
  inference::ModelInferRequest request = Request();
  EXPECT_EQ(Infer(request).parameters_size(), 0);
  (*request.mutable_parameters())["timing"].set_bool_param(true);
  (*request.mutable_parameters())["triton_enable_empty_final_response"].set_bool_param(true);
  const auto response = Infer(request);
  EXPECT_EQ(response.parameters().count("compute_infer_us"), 1u);
  EXPECT_TRUE(response.parameters().at("triton_final_response").bool_param());
}

TEST_F(InferCallTest, ServesAPipelineThroughItsPicture) {
  inference::ModelInferRequest request;
  request.set_model_name("vit");
  request.set_id("p");
  auto& input = *request.add_inputs();
  input.set_name("image");
  input.set_datatype("UINT8");
  for (const int64_t dim : {9, 10, 3}) input.add_shape(dim);
  request.add_raw_input_contents(std::string(9 * 10 * 3, 'x'));
  runner_->answers["internvit"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    StageResult result;
    result.outputs.push_back(OnHost(Constant({1, 3, 2}, 1)));
    return result;
  };
  const auto response = Infer(request);
  ASSERT_TRUE(status_->ok()) << *status_;
  EXPECT_EQ(response.model_name(), "vit");
  EXPECT_EQ(response.id(), "p");
  ASSERT_EQ(response.outputs_size(), 4);
  EXPECT_EQ(response.outputs(0).name(), "features");
  EXPECT_EQ(response.outputs(0).shape(0), 2);
  (*request.mutable_parameters())["feature"].set_string_param("sum");
  EXPECT_THAT(ErrorOf(request), HasSubstr("parameters[feature]: must be one of cls, mean"));
  request.clear_parameters();
  request.mutable_inputs(0)->set_shape(2, 4);
  EXPECT_THAT(ErrorOf(request), HasSubstr("[height,width,3]"));
  request.add_outputs()->set_name("nothing");
  EXPECT_THAT(ErrorOf(request), HasSubstr("outputs['nothing']"));
}

TEST_F(InferCallTest, ServesAClassifierThroughItsPicture) {
  ClassifyConfig config;
  config.stage = "net";
  config.input.width = config.input.height = config.input.resize_side = 8;
  config.num_classes = 2;
  config.top_k = 1;
  auto runner = std::make_unique<ScriptedRunner>();
  runner_ = runner.get();
  runner_->answers["net"] = [](const StageCall&) -> absl::StatusOr<StageResult> {
    StageResult result;
    result.outputs.push_back(OnHost(Constant({1, 2}, 0)));
    result.outputs[0].host.as<float>()[1] = 100;
    return result;
  };
  auto model = std::shared_ptr<ServedModel>(new ServedModel{"pets",
                                                            "1",
                                                            {"cat", "dog"},
                                                            {"net"},
                                                            *Classify::Create(config),
                                                            std::move(runner),
                                                            metrics_.AddMethod("pets", "Embed"),
                                                            {}});
  model->infer_metrics = metrics_.AddMethod("pets", "ModelInfer");
  catalog_.Publish(model);
  inference::ModelInferRequest request;
  request.set_model_name("pets");
  auto& input = *request.add_inputs();
  input.set_name("image");
  input.set_datatype("UINT8");
  for (const int64_t dim : {9, 10, 3}) input.add_shape(dim);
  request.add_raw_input_contents(std::string(9 * 10 * 3, 'x'));
  const auto response = Infer(request);
  ASSERT_TRUE(status_->ok()) << *status_;
  ASSERT_EQ(response.outputs_size(), 3);
  EXPECT_EQ(response.outputs(0).name(), "scores");
  EXPECT_EQ(response.outputs(1).name(), "labels");
  EXPECT_EQ(response.outputs(2).name(), "label_names");
  EXPECT_EQ(response.outputs(0).shape(0), 1);  // the manifest's top_k
  float score = 0;
  std::memcpy(&score, response.raw_output_contents(0).data(), 4);
  EXPECT_EQ(score, 1.0F);
  EXPECT_EQ((*ReadElements(response.raw_output_contents(2), 1, "n"))[0], "dog");

  (*request.mutable_parameters())["top_k"].set_int64_param(2);
  EXPECT_EQ(Infer(request).outputs(0).shape(0), 2);
  (*request.mutable_parameters())["top_k"].set_int64_param(3);
  EXPECT_THAT(ErrorOf(request), HasSubstr("top_k: 3 is not between 0 and 2"));
  request.clear_parameters();
  (*request.mutable_parameters())["feature"].set_string_param("cls");
  EXPECT_THAT(ErrorOf(request), HasSubstr("parameters[feature]"));
  request.clear_parameters();
  request.mutable_inputs(0)->set_shape(0, 8);
  EXPECT_NE(ErrorOf(request), "");
  request.add_outputs()->set_name("features");
  EXPECT_THAT(ErrorOf(request), HasSubstr("outputs['features']"));
}

TEST_F(InferCallTest, FailuresKeepTheirCodeAndAreCounted) {
  failure_ = absl::ResourceExhaustedError("the queue is full");
  Infer(Request());
  EXPECT_EQ(status_->code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(statistics_.totals().fail.count, 1u);
  EXPECT_EQ(statistics_.totals().success.count, 0u);
}

TEST_F(InferCallTest, TheTimeoutParameterIsTheBudget) {
  inference::ModelInferRequest request = Request();
  (*request.mutable_parameters())["timeout"].set_int64_param(1000);
  runner_->before_answer = [this](const std::string&) { clock_.now += absl::Milliseconds(2); };
  failure_ = absl::CancelledError("as gRPC says");
  Infer(request);
  EXPECT_EQ(status_->code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(InferCallTest, UnknownParametersAreReported) {
  inference::ModelInferRequest request = Request();
  (*request.mutable_parameters())["temperature"].set_double_param(1);
  EXPECT_THAT(ErrorOf(request), HasSubstr("parameters[temperature]: is not known"));
  request = Request();
  (*request.mutable_inputs(0)->mutable_parameters())["shared_memory_region"].set_string_param("r");
  EXPECT_THAT(ErrorOf(request), HasSubstr("shared memory is not served"));
}

TEST_F(InferCallTest, Class4ShapesThatWrapOrLieAreRefused) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  for (const int64_t rows : {int64_t{-1}, int64_t{2}, int64_t{1} << 31, int64_t{1} << 61, kMax}) {
    inference::ModelInferRequest request = Request();
    request.mutable_inputs(0)->set_shape(0, rows);
    EXPECT_THAT(ErrorOf(request), HasSubstr("inputs['x']")) << rows;
  }
  inference::ModelInferRequest flat = Request();
  flat.mutable_inputs(0)->mutable_shape()->RemoveLast();
  EXPECT_THAT(ErrorOf(flat), HasSubstr(".shape: [1]"));
  inference::ModelInferRequest none = Request();
  none.mutable_inputs(0)->clear_shape();
  EXPECT_THAT(ErrorOf(none), HasSubstr(".shape: []"));
  EXPECT_THAT(ErrorOf(Request(101)), HasSubstr("101 rows"));
}

TEST_F(InferCallTest, Class5TensorsTwiceAreRefused) {
  inference::ModelInferRequest outputs = Request();
  outputs.add_outputs()->set_name("y");
  outputs.add_outputs()->set_name("y");
  EXPECT_THAT(ErrorOf(outputs), HasSubstr("outputs['y']: is there twice"));
  inference::ModelInferRequest inputs = Request();
  *inputs.add_inputs() = inputs.inputs(0);
  *inputs.add_raw_input_contents() = inputs.raw_input_contents(0);
  EXPECT_THAT(ErrorOf(inputs), HasSubstr("inputs['x']: is there twice"));
  inference::ModelInferRequest missing = Request();
  missing.clear_inputs();
  EXPECT_THAT(ErrorOf(missing), HasSubstr("raw_input_contents: 1 entries for 0 inputs"));
  missing.clear_raw_input_contents();
  EXPECT_THAT(ErrorOf(missing), HasSubstr("inputs: 'x' is missing"));
}

TEST_F(InferCallTest, Class9NamesOfModelsAreNoPaths) {
  for (const char* name : {"../vit", "vit/../vit", "/etc/passwd", "vit.", ".internvit", "vit..",
                           "vit.internvit.om", "vit.internvit/..", "%2e%2e", "vit\n"}) {
    inference::ModelInferRequest request = Request();
    request.set_model_name(name);
    Infer(request);
    EXPECT_EQ(status_->code(), absl::StatusCode::kNotFound) << name;
  }
  for (const char* version : {"../1", "2", "1/../1", "-1"}) {
    inference::ModelInferRequest request = Request();
    request.set_model_version(version);
    Infer(request);
    EXPECT_FALSE(status_->ok()) << version;
  }
  inference::ModelInferRequest empty = Request();
  empty.clear_model_name();
  EXPECT_THAT(ErrorOf(empty), HasSubstr("model_name: is empty"));
}

TEST_F(InferCallTest, Class18TypesThatDoNotFitAreRefused) {
  for (const char* datatype : {"", "FP16", "INT32", "BYTES", "fp32"}) {
    inference::ModelInferRequest request = Request();
    request.mutable_inputs(0)->set_datatype(datatype);
    EXPECT_THAT(ErrorOf(request), HasSubstr("but the model takes FP32")) << datatype;
  }
  inference::ModelInferRequest both = Request();
  both.mutable_inputs(0)->mutable_contents()->add_fp32_contents(1);
  EXPECT_THAT(ErrorOf(both), HasSubstr("must be absent"));
  inference::ModelInferRequest longer = Request();
  longer.mutable_raw_input_contents(0)->push_back('x');
  EXPECT_THAT(ErrorOf(longer), HasSubstr("9 bytes of raw contents"));
}

// Structured: fields set to edges, by chance; every request ends, and with an ordinary status.
TEST_F(InferCallTest, Class21AnyFieldsEndInAnAnswerOrAnError) {
  std::mt19937_64 random(11);
  const std::vector<int64_t> edges = {0, 1, 2, -1, 1LL << 31, 1LL << 48, INT64_MAX, INT64_MIN};
  const std::vector<std::string> words = {"x", "y", "z", "", "FP32", "BYTES", "vit", "..", "image"};
  const auto word = [&] { return words[random() % words.size()]; };
  int answered = 0;
  for (int i = 0; i < 5000; ++i) {
    inference::ModelInferRequest request = Request(static_cast<int64_t>(random() % 3));
    for (uint64_t change = random() % 3; change > 0; --change) {
      auto& input = *request.mutable_inputs(0);
      switch (random() % 9) {
        case 0:
          input.add_shape(edges[random() % edges.size()]);
          break;
        case 1:
          input.set_shape(0, edges[random() % edges.size()]);
          break;
        case 2:
          input.set_datatype(word());
          break;
        case 3:
          input.set_name(word());
          break;
        case 4:
          request.set_model_name(word());
          break;
        case 5:
          request.add_outputs()->set_name(word());
          break;
        case 6:
          request.add_raw_input_contents(word());
          break;
        case 7:
          request.clear_raw_input_contents();
          break;
        case 8:
          (*request.mutable_parameters())[word()].set_int64_param(1);
          break;
      }
    }
    Infer(request);
    ASSERT_TRUE(status_.has_value());
    const bool ordinary =
        status_->ok() || absl::IsInvalidArgument(*status_) || absl::IsNotFound(*status_);
    EXPECT_TRUE(ordinary) << *status_;
    if (status_->ok()) ++answered;
    call_.reset();
    EXPECT_EQ(admission_.inflight(), 0);
  }
  EXPECT_GT(answered, 500);
}

}  // namespace
}  // namespace omserve::kserve
