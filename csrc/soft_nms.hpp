// Soft non-maximum suppression (Bodla et al., 2017) within each label, for all labels at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <queue>
#include <unordered_map>
#include <utility>
#include <vector>

#include "contest.hpp"
#include "decay.hpp"
#include "views.hpp"

namespace segment_kernels {

template <typename T>
struct Kept {
  std::vector<Index> rows;
  std::vector<T> scores;
};

// Rows of each label, in order, the labels in rising order.
inline std::vector<std::vector<Index>> rows_by_label(const View<Index>& labels) {
  std::unordered_map<Index, std::size_t> numbers;
  std::vector<std::pair<Index, std::vector<Index>>> found;
  for (std::size_t i = 0; i < labels.size; ++i) {
    const auto [number, is_new] = numbers.try_emplace(labels[i], found.size());
    if (is_new) found.emplace_back(labels[i], std::vector<Index>());
    found[number->second].second.push_back(static_cast<Index>(i));
  }
  std::sort(found.begin(), found.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<std::vector<Index>> rows;
  rows.reserve(found.size());
  for (auto& [label, own] : found) rows.push_back(std::move(own));
  return rows;
}

// At most `limit` rows and their decayed scores by falling score; among equal scores of different
// labels the lower label first. Scores must not be negative.
//
// Scores only ever decay, so the best of all labels' best comes out in falling order, and the
// work can stop as soon as enough are kept.
template <typename T>
Kept<T> soft_nms(const Segments<T>& segments, const View<T>& scores, const View<Index>& labels,
                 const Decay<T>& decay, std::size_t limit) {
  Kept<T> kept;
  if (limit == 0) return kept;
  const std::vector<std::vector<Index>> by_label = rows_by_label(labels);
  std::vector<Contest<T>> contests;
  contests.reserve(by_label.size());
  std::priority_queue<std::pair<T, std::ptrdiff_t>> leaders;  // score, minus the label's rank
  for (const std::vector<Index>& rows : by_label) {
    contests.emplace_back(segments, scores, rows, decay);
    contests.back().find_best();
    leaders.emplace(contests.back().best_score(), -static_cast<std::ptrdiff_t>(leaders.size()));
  }
  while (!leaders.empty()) {
    const std::ptrdiff_t leader = leaders.top().second;
    leaders.pop();
    Contest<T>& contest = contests[static_cast<std::size_t>(-leader)];
    kept.rows.push_back(contest.best_row());
    kept.scores.push_back(contest.best_score());
    if (kept.rows.size() == limit) break;
    contest.keep_best();
    if (contest.find_best()) leaders.emplace(contest.best_score(), leader);
  }
  return kept;
}

}  // namespace segment_kernels
