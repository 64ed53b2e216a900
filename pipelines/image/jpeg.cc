// SPDX-FileCopyrightText: The omserve authors
// SPDX-License-Identifier: Apache-2.0
#include <turbojpeg.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipelines/base/status_macros.h"
#include "pipelines/image/codec.h"

namespace omserve {
namespace {

struct DestroyHandle {
  void operator()(void* handle) const { tjDestroy(handle); }
};
using Decoder = std::unique_ptr<void, DestroyHandle>;

absl::Status Damaged(tjhandle decoder) {
  return absl::InvalidArgumentError(
      absl::StrCat("image: the JPEG is cut off or damaged; send the whole file (",
                   tjGetErrorStr2(decoder), ")"));
}

// As cv2 does: the values of a CMYK JPEG are stored inverted, whatever its marker says.
void CmykToRgb(const uint8_t* cmyk, size_t pixels, uint8_t* rgb) {
  for (size_t i = 0; i < pixels; ++i, cmyk += 4, rgb += 3) {
    const int k = cmyk[3];
    for (int c = 0; c < 3; ++c) rgb[c] = static_cast<uint8_t>(k - ((255 - cmyk[c]) * k >> 8));
  }
}

}  // namespace

absl::StatusOr<Picture> DecodeJpeg(std::string_view bytes, const ImageLimits& limits) {
  const Decoder decoder(tjInitDecompress());
  if (decoder == nullptr) return absl::ResourceExhaustedError("no memory for a JPEG decoder");
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  int width = 0;
  int height = 0;
  int subsampling = 0;
  int colorspace = -1;
  const int header = tjDecompressHeader3(decoder.get(), data, bytes.size(), &width, &height,
                                         &subsampling, &colorspace);
  // An unusual subsampling fails the header call, and decodes all the same.
  if (width < 1 || height < 1 || (header != 0 && colorspace < 0)) return Damaged(decoder.get());
  OMSERVE_RETURN_IF_ERROR(CheckImageSize(width, height, limits));
  // The accurate DCT and smooth upsampling are libjpeg-turbo's defaults, and cv2's. A warning means
  // that pixels were made up, so it counts as an error.
  constexpr int kFlags = TJFLAG_ACCURATEDCT | TJFLAG_STOPONWARNING | TJFLAG_LIMITSCANS;
  Picture picture = Picture::Allocate(width, height, ChannelOrder::kRgb);
  const bool cmyk = colorspace == TJCS_CMYK || colorspace == TJCS_YCCK;
  const size_t pixels = static_cast<size_t>(width) * static_cast<size_t>(height);
  std::unique_ptr<uint8_t[]> four;
  if (cmyk) four = std::make_unique_for_overwrite<uint8_t[]>(pixels * 4);
  uint8_t* to = cmyk ? four.get() : picture.mutable_pixels();
  if (tjDecompress2(decoder.get(), data, bytes.size(), to, width, 0, height,
                    cmyk ? TJPF_CMYK : TJPF_RGB, kFlags) != 0) {
    return Damaged(decoder.get());
  }
  if (cmyk) CmykToRgb(four.get(), pixels, picture.mutable_pixels());
  return picture;
}

}  // namespace omserve
