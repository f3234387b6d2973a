// How much a kept segment takes from the score of one that overlaps it.
#pragma once

#include <cmath>

#include "overlap.hpp"

namespace segment_kernels {

enum class Method { hard, linear, gaussian };

// As the overlap is published for suppression: both lengths carry 1e-6.
template <typename T>
T length_of(T start, T end) {
  return end - start + T(1e-6);
}

template <typename T>
struct Decay {
  Method method;
  T iou_threshold;  // of hard and linear
  T sigma;          // of Gaussian
  T min_score;      // what decays below is dropped

  // Whether even a segment that does not overlap decays.
  bool reaches_all() const { return method == Method::hard && iou_threshold <= T(0); }

  T weight(T overlap) const {
    if (method == Method::gaussian) {
      return overlap > T(0) ? std::exp(-(overlap * overlap) / sigma) : T(1);
    }
    if (overlap < iou_threshold) return T(1);
    return method == Method::hard ? T(0) : T(1) - overlap;
  }
};

}  // namespace segment_kernels
