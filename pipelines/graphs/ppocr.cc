// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include "pipelines/graphs/ppocr.h"

#include <cstddef>
#include <deque>
#include <span>
#include <string>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/graphs/stage_output.h"
#include "pipelines/graphs/text_pieces.h"
#include "pipelines/image/crop_quad.h"
#include "pipelines/image/decode.h"
#include "pipelines/image/resize.h"

namespace omserve {
namespace {

// Gears of one request that run at the same time; their answers lie in the host's memory.
constexpr size_t kMostRunsUnderWay = 4;

// Corners of a picture by itself.
Quad CornersOf(const Picture& picture) {
  const auto right = static_cast<float>(picture.width());
  const auto bottom = static_cast<float>(picture.height());
  return {PointF{0, 0}, {right, 0}, {right, bottom}, {0, bottom}};
}

absl::StatusOr<std::vector<LineCrop>> DecodeLines(const PpOcrConfig& config,
                                                  const std::vector<ImageInput>& lines,
                                                  RequestContext& context) {
  HostTimer timer(context, "decode");
  std::vector<LineCrop> crops(lines.size());
  ImageLimits left = config.limits;  // all lines together may be as large as one picture
  for (size_t i = 0; i < lines.size(); ++i) {
    auto picture = Decode(lines[i], left, Orientation::kHonourExif);
    if (!picture.ok()) {
      return absl::Status(picture.status().code(),
                          absl::StrCat("lines[", i, "]: ", picture.status().message()));
    }
    left.max_pixels -= static_cast<int64_t>(picture->width()) * picture->height();
    crops[i].picture = *std::move(picture);
  }
  return crops;
}

absl::StatusOr<std::vector<LineCrop>> CutOut(const TextFrame& frame, const TextPlaces& found,
                                             RequestContext& context) {
  HostTimer timer(context, "crops");
  std::vector<LineCrop> crops(found.places.size());
  for (size_t i = 0; i < crops.size(); ++i) {
    OMSERVE_ASSIGN_OR_RETURN(crops[i].picture, CropQuad(frame.picture, found.places[i].quad));
    if (!IsUpright(crops[i].picture)) continue;
    crops[i].picture = TurnPicture(crops[i].picture, 90);
    crops[i].turned = 90;
  }
  return crops;
}

// Everything about a place but its text.
TextLine DescribePlace(const TextFrame& frame, const TextPlace& place, TextRegion region) {
  TextLine line;
  line.box_score = place.score;
  const bool polygon = region == TextRegion::kPolygon && !place.outline.empty();
  const std::span<const PointF> corners =
      polygon ? std::span<const PointF>(place.outline) : std::span<const PointF>(place.quad);
  for (const PointF& corner : corners) line.outline.push_back(frame.ToSent(corner));
  line.box = BoxAround(line.outline);
  if (region == TextRegion::kBox) line.outline.clear();
  return line;
}

// Keeps the lines that were read surely enough.
void DropUnsure(float min_score, ReadTextResult& result) {
  result.lines_found = static_cast<int>(result.lines.size());
  std::erase_if(result.lines, [&](const TextLine& line) { return !(line.score >= min_score); });
  result.lines_below_score = result.lines_found - static_cast<int>(result.lines.size());
}

}  // namespace

absl::StatusOr<PpOcr> PpOcr::Create(PpOcrConfig config) {
  OMSERVE_RETURN_IF_ERROR(CheckConfig(config));
  return PpOcr(std::move(config));
}

Task<absl::StatusOr<TextPlaces>> PpOcr::FindPlaces(ModelRunner& runner, RequestContext& context,
                                                   const TextFrame& frame,
                                                   const ReadTextOptions& options) const {
  HostTimer preprocessing(context, "preprocess");
  const DetFit fit = FitDetection(frame.picture.width(), frame.picture.height(), config_);
  const DetGear& gear = config_.det_gears[fit.gear];
  OMSERVE_CO_ASSIGN_OR_RETURN(Picture resized, ResizeLinear(frame.picture, fit.width, fit.height));
  StageCall call;
  call.stage = gear.stage;
  call.items = 1;
  call.fetch = {0};
  HostTensor& input = call.inputs.emplace_back().host;
  input = runner.allocator().Allocate(DType::kFloat32, {1, 3, gear.height, gear.width});
  // The network pools over the whole frame: what is beyond the page must be like the page.
  det_planes_.Write(resized, 0, fit.width, Padding::kRepeat, gear.height, gear.width,
                    input.as<float>().data());
  resized = Picture();
  preprocessing.Stop();
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());

  OMSERVE_CO_ASSIGN_OR_RETURN(StageResult raw, co_await runner.Run(std::move(call), context));

  HostTimer placing(context, "boxes");
  OMSERVE_CO_ASSIGN_OR_RETURN(const auto maps, FetchedOutputs(raw, gear.stage, 0, 1));
  if (maps[0].shape() != Shape{1, 1, gear.height, gear.width}) {
    co_return StageError(gear.stage, absl::InternalError(absl::StrCat(
                                         "gave a map of ", ShapeString(maps[0].shape()))));
  }
  TextPlaceOptions wanted;
  wanted.contours = config_.contours;
  wanted.score_min = options.box_score_min;
  wanted.unclip_ratio = static_cast<double>(options.unclip_ratio);
  wanted.max_places = options.max_lines;
  wanted.polygons = options.region == TextRegion::kPolygon;
  const ProbabilityMap map{maps[0].as<const float>().data(), fit.width, fit.height, gear.width};
  co_return FindTextPlaces(map, frame.picture.width(), frame.picture.height(), wanted);
}

Task<absl::Status> PpOcr::Orient(ModelRunner& runner, RequestContext& context,
                                 std::vector<LineCrop>& crops) const {
  for (size_t first = 0; first < crops.size(); first += kMostOrientationItems) {
    const std::span<LineCrop> part = std::span<LineCrop>(crops).subspan(
        first, std::min(kMostOrientationItems, crops.size() - first));
    OMSERVE_CO_RETURN_IF_ERROR(context.Check());
    HostTimer filling(context, "lines");
    OMSERVE_CO_ASSIGN_OR_RETURN(StageCall call, OrientationCall(part, runner.allocator()));
    filling.Stop();
    OMSERVE_CO_ASSIGN_OR_RETURN(StageResult raw, co_await runner.Run(std::move(call), context));
    OMSERVE_CO_RETURN_IF_ERROR(TakeOrientation(raw, config_.orientation_threshold, part));
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<std::vector<LineReading>>> PpOcr::Recognise(ModelRunner& runner,
                                                                RequestContext& context,
                                                                const std::vector<LineCrop>& crops,
                                                                ReadTextResult& result) const {
  TextRecognition recognition(config_, crops);
  const std::vector<LineChunk>& chunks = recognition.chunks();
  std::deque<StageRun> runs;  // of the chunks from 'taken' to 'started'
  size_t started = 0, taken = 0;
  absl::Status status;
  while (true) {
    while (status.ok() && started < chunks.size() && runs.size() < kMostRunsUnderWay) {
      HostTimer filling(context, "lines");
      status = context.Check();
      if (!status.ok()) break;
      absl::StatusOr<StageCall> call = recognition.Call(chunks[started], runner.allocator());
      filling.Stop();
      if (!call.ok()) {
        status = call.status();
        break;
      }
      runs.push_back(runner.Start(*std::move(call), context));
      ++started;
    }
    if (runs.empty()) break;
    // What was started is awaited also after an error.
    const absl::StatusOr<StageResult> raw = co_await std::move(runs.front());
    runs.pop_front();
    const LineChunk& chunk = chunks[taken++];
    if (!status.ok()) continue;
    HostTimer decoding(context, "text");
    status = raw.ok() ? recognition.Take(chunk, *raw) : raw.status();
    if (status.ok()) result.places_cut += static_cast<int>(raw->items_cut);
  }
  OMSERVE_CO_RETURN_IF_ERROR(status);
  co_return recognition.Finish();
}

Task<absl::StatusOr<ReadTextResult>> PpOcr::Read(ModelRunner& runner, RequestContext& context,
                                                 ReadTextInput input,
                                                 ReadTextOptions options) const {
  OMSERVE_CO_RETURN_IF_ERROR(CheckOptions(options));
  OMSERVE_CO_RETURN_IF_ERROR(context.Check());
  ReadTextResult result;
  std::vector<LineCrop> crops;
  std::vector<Quad> quads;  // of the crops, before they were turned

  if (options.task == ReadTask::kRecognise) {
    OMSERVE_CO_ASSIGN_OR_RETURN(crops, DecodeLines(config_, input.lines, context));
    for (const LineCrop& crop : crops) quads.push_back(CornersOf(crop.picture));
    result.lines.resize(crops.size());
  } else {
    HostTimer decoding(context, "decode");
    OMSERVE_CO_ASSIGN_OR_RETURN(Picture picture,
                                Decode(input.image, config_.limits, Orientation::kHonourExif));
    decoding.Stop();
    result.image_width = picture.width();
    result.image_height = picture.height();
    OMSERVE_CO_ASSIGN_OR_RETURN(const TextFrame frame,
                                MakeTextFrame(std::move(picture), config_.max_side));
    OMSERVE_CO_ASSIGN_OR_RETURN(const TextPlaces found,
                                co_await FindPlaces(runner, context, frame, options));
    result.places_cut = found.cut;
    for (const TextPlace& place : found.places) {
      result.lines.push_back(DescribePlace(frame, place, options.region));
      Quad& quad = quads.emplace_back();
      for (size_t i = 0; i < 4; ++i) quad[i] = frame.ToSent(place.quad[i]);
    }
    if (options.task == ReadTask::kDetectAndRecognise) {
      OMSERVE_CO_ASSIGN_OR_RETURN(crops, CutOut(frame, found, context));
    }
  }
  for (size_t i = 0; i < result.lines.size(); ++i) result.lines[i].index = static_cast<int>(i);
  if (options.task == ReadTask::kDetect) {
    result.lines_found = static_cast<int>(result.lines.size());
    co_return result;
  }

  if (options.orientation && config_.has_classifier) {
    OMSERVE_CO_RETURN_IF_ERROR(co_await Orient(runner, context, crops));
  }
  OMSERVE_CO_ASSIGN_OR_RETURN(const std::vector<LineReading> readings,
                              co_await Recognise(runner, context, crops, result));
  HostTimer spelling(context, "text");
  for (size_t i = 0; i < readings.size(); ++i) {
    result.lines[i].turned = crops[i].turned;
    result.lines[i].orientation_score = crops[i].orientation_score;
    SpellLine(readings[i], config_.dictionary, quads[i], options, result.lines[i]);
  }
  DropUnsure(options.min_score, result);
  co_return result;
}

}  // namespace omserve
