// Soft-NMS as the ActionFormer code does it, for `rehab-review bench nms` to measure against.
//
// One label after the other, and each to its end: find the best of what is left, swap it forward,
// decay everything behind it, replace what falls below min_score by the last. Then all labels
// together, sorted, cut to k. Float32, plain loops. Not part of the native module.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

namespace {

struct Found {
  std::vector<float> start, end, area, score;
  std::vector<std::int64_t> row;
};

// method: 0 hard, 1 linear, 2 Gaussian. Returns how many are kept, at the front of `found`.
std::size_t soft_nms(Found& found, float iou_threshold, float sigma, float min_score, int method) {
  std::size_t count = found.row.size();
  for (std::size_t i = 0; i < count; ++i) {
    float max_score = found.score[i];
    std::size_t max_position = i;
    for (std::size_t j = i + 1; j < count; ++j) {
      if (max_score < found.score[j]) {
        max_score = found.score[j];
        max_position = j;
      }
    }
    std::swap(found.start[i], found.start[max_position]);
    std::swap(found.end[i], found.end[max_position]);
    std::swap(found.area[i], found.area[max_position]);
    std::swap(found.score[i], found.score[max_position]);
    std::swap(found.row[i], found.row[max_position]);
    const float start = found.start[i], end = found.end[i], area = found.area[i];
    for (std::size_t j = i + 1; j < count; ++j) {
      const float first = std::max(start, found.start[j]);
      const float last = std::min(end, found.end[j]);
      const float shared = std::max(0.0f, last - first);
      const float overlap = shared / (area + found.area[j] - shared);
      float weight = 1.0f;
      if (method == 0) {
        if (overlap >= iou_threshold) weight = 0.0f;
      } else if (method == 1) {
        if (overlap >= iou_threshold) weight = 1.0f - overlap;
      } else {
        weight = std::exp(-(overlap * overlap) / sigma);
      }
      found.score[j] *= weight;
      if (found.score[j] < min_score) {
        --count;
        found.start[j] = found.start[count];
        found.end[j] = found.end[count];
        found.area[j] = found.area[count];
        found.score[j] = found.score[count];
        found.row[j] = found.row[count];
        --j;
      }
    }
  }
  return count;
}

}  // namespace

// rows, kept_scores: room for `count` results each. Returns how many there are, at most `limit`.
extern "C" std::int64_t published_soft_nms(const float* segments, const float* scores,
                                           const std::int64_t* labels, std::int64_t count,
                                           float iou_threshold, float sigma, float min_score,
                                           int method, std::int64_t limit, std::int64_t* rows,
                                           float* kept_scores) {
  std::map<std::int64_t, Found> by_label;
  for (std::int64_t i = 0; i < count; ++i) {
    Found& found = by_label[labels[i]];
    found.start.push_back(segments[2 * i]);
    found.end.push_back(segments[2 * i + 1]);
    found.area.push_back(segments[2 * i + 1] - segments[2 * i] + 1e-6f);
    found.score.push_back(scores[i]);
    found.row.push_back(i);
  }
  std::vector<std::int64_t> all_rows;
  std::vector<float> all_scores;
  for (auto& [label, found] : by_label) {
    const std::size_t kept = std::min(soft_nms(found, iou_threshold, sigma, min_score, method),
                                      static_cast<std::size_t>(limit));
    const auto end = static_cast<std::ptrdiff_t>(kept);
    all_rows.insert(all_rows.end(), found.row.begin(), found.row.begin() + end);
    all_scores.insert(all_scores.end(), found.score.begin(), found.score.begin() + end);
  }
  std::vector<std::size_t> order(all_rows.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return all_scores[a] > all_scores[b]; });
  const std::size_t kept = std::min(order.size(), static_cast<std::size_t>(limit));
  for (std::size_t i = 0; i < kept; ++i) {
    rows[i] = all_rows[order[i]];
    kept_scores[i] = all_scores[order[i]];
  }
  return static_cast<std::int64_t>(kept);
}
