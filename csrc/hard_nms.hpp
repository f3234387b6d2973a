// Hard non-maximum suppression: of two segments that overlap too much the higher score stays.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "overlap.hpp"
#include "views.hpp"

namespace segment_kernels {

// Kept rows by falling score; among equal scores the lower row first. The 1e-6 is as published.
template <typename T>
std::vector<Index> hard_nms(const Segments<T>& segments, const View<T>& scores, T iou_threshold) {
  std::vector<std::size_t> order(segments.size);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t i, std::size_t j) { return scores[i] > scores[j]; });
  std::vector<char> suppressed(segments.size, 0);
  std::vector<Index> kept;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const std::size_t i = order[rank];
    if (suppressed[i]) continue;
    kept.push_back(static_cast<Index>(i));
    const T start = segments.start(i), end = segments.end(i);
    const T area = end - start + T(1e-6);
    for (std::size_t later = rank + 1; later < order.size(); ++later) {
      const std::size_t j = order[later];
      if (suppressed[j]) continue;
      const T shared = shared_length(start, end, segments.start(j), segments.end(j));
      const T other_area = segments.end(j) - segments.start(j) + T(1e-6);
      if (shared / (area + other_area - shared) >= iou_threshold) suppressed[j] = 1;
    }
  }
  return kept;
}

}  // namespace segment_kernels
