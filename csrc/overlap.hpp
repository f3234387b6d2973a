// Temporal intersection over union.
#pragma once

#include <algorithm>

#include "views.hpp"

namespace segment_kernels {

template <typename T>
T shared_length(T start, T end, T other_start, T other_end) {
  return std::max(T(0), std::min(end, other_end) - std::max(start, other_start));
}

// 0..1; 0 where both segments have no length.
template <typename T>
T tiou(T start, T end, T other_start, T other_end) {
  const T shared = shared_length(start, end, other_start, other_end);
  const T whole = (end - start) + (other_end - other_start) - shared;
  return whole > T(0) ? shared / whole : T(0);
}

// out: (a.size, b.size), row by row.
template <typename T>
void tiou_matrix(const Segments<T>& a, const Segments<T>& b, T* out) {
  for (std::size_t i = 0; i < a.size; ++i) {
    for (std::size_t j = 0; j < b.size; ++j) {
      *out++ = tiou(a.start(i), a.end(i), b.start(j), b.end(j));
    }
  }
}

}  // namespace segment_kernels
