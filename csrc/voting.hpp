// Segment voting: a kept segment moves to the weighted mean of all that overlap it much.
#pragma once

#include <cmath>
#include <limits>

#include "overlap.hpp"
#include "views.hpp"

namespace segment_kernels {

enum class Weighting { iou_score, score };

// out: (kept.size, 2). As published: without a voter, and for a kept segment without length,
// there is 0/0 to divide, which is NaN.
template <typename T>
void vote(const Segments<T>& kept, const Segments<T>& segments, const View<T>& scores,
          T iou_threshold, Weighting weighting, T* out) {
  for (std::size_t i = 0; i < kept.size; ++i) {
    const T start = kept.start(i), end = kept.end(i);
    double weights = 0, starts = 0, ends = 0;
    for (std::size_t j = 0; j < segments.size; ++j) {
      const T other_start = segments.start(j), other_end = segments.end(j);
      const T shared = shared_length(start, end, other_start, other_end);
      const T iou = shared / ((end - start) + (other_end - other_start) - shared);
      if (!(iou >= iou_threshold)) continue;
      const double weight = weighting == Weighting::score ? scores[j] : scores[j] * iou;
      weights += weight;
      starts += weight * static_cast<double>(other_start);
      ends += weight * static_cast<double>(other_end);
    }
    const bool has_voters = weights > 0;
    constexpr T nan = std::numeric_limits<T>::quiet_NaN();
    *out++ = has_voters ? static_cast<T>(starts / weights) : nan;
    *out++ = has_voters ? static_cast<T>(ends / weights) : nan;
  }
}

}  // namespace segment_kernels
