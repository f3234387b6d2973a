// Soft non-maximum suppression (Bodla et al., 2017) within each label, for all labels at once.
//
// Same results as ActionFormer's C++ code, ties included: it takes the first maximum of an array
// that it permutes.
#pragma once

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "overlap.hpp"
#include "views.hpp"

namespace segment_kernels {

enum class Method { hard, linear, gaussian };

template <typename T>
struct Decay {
  Method method;
  T iou_threshold;
  T sigma;
  T min_score;
};

template <typename T>
struct Kept {
  std::vector<Index> rows;
  std::vector<T> scores;
};

template <typename T>
struct Candidate {
  T start, end, area, score;
  Index index;
};

// The candidates of one class while soft-NMS runs: [0, kept) are done, [kept, live) still compete.
template <typename T>
struct ClassQueue {
  std::vector<Candidate<T>> candidates;
  std::size_t kept = 0;
  std::size_t live = 0;

  void bring_best_forward() {
    std::size_t best = kept;
    for (std::size_t i = kept + 1; i < live; ++i) {
      if (candidates[best].score < candidates[i].score) best = i;
    }
    std::swap(candidates[kept], candidates[best]);
  }

  void take_best(const Decay<T>& decay) {
    const Candidate<T> best = candidates[kept++];
    for (std::size_t i = kept; i < live; ++i) {
      Candidate<T>& other = candidates[i];
      const T shared = shared_length(best.start, best.end, other.start, other.end);
      if (shared > T(0) || decay.iou_threshold <= T(0)) {
        const T overlap = shared / (best.area + other.area - shared);
        if (decay.method == Method::gaussian) {
          other.score *= std::exp(-(overlap * overlap) / decay.sigma);
        } else if (overlap >= decay.iou_threshold) {
          other.score *= decay.method == Method::hard ? T(0) : T(1) - overlap;
        }
      }
      if (other.score < decay.min_score) {
        other = candidates[--live];
        --i;
      }
    }
    if (kept < live) bring_best_forward();
  }
};

template <typename T>
Kept<T> soft_nms(const Segments<T>& segments, const View<T>& scores, const View<Index>& labels,
                 const Decay<T>& decay, std::size_t limit) {
  std::map<Index, ClassQueue<T>> queues;
  for (std::size_t i = 0; i < segments.size; ++i) {
    const T start = segments.start(i), end = segments.end(i);
    queues[labels[i]].candidates.push_back(
        {start, end, end - start + T(1e-6), scores[i], static_cast<Index>(i)});
  }
  for (auto& [_, queue] : queues) {
    queue.live = queue.candidates.size();
    queue.bring_best_forward();
  }
  // Scores only ever decay, so the best of all classes' best comes out in falling order, and
  // the work can stop as soon as enough are kept.
  Kept<T> kept;
  while (kept.rows.size() < limit) {
    ClassQueue<T>* leader = nullptr;
    for (auto& [_, queue] : queues) {
      if (queue.kept < queue.live &&
          (leader == nullptr ||
           queue.candidates[queue.kept].score > leader->candidates[leader->kept].score)) {
        leader = &queue;
      }
    }
    if (leader == nullptr) break;
    kept.rows.push_back(leader->candidates[leader->kept].index);
    kept.scores.push_back(leader->candidates[leader->kept].score);
    leader->take_best(decay);
  }
  return kept;
}

}  // namespace segment_kernels
