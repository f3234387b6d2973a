// Which found segment hits which true one: the matching behind average precision.
//
// As in the ActivityNet evaluation: by falling score, each found segment takes the true segment
// of its own group that it overlaps most and that is still free, once for each threshold. Both
// sorts are published as `argsort()[::-1]`, so among equals the later row comes first.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "overlap.hpp"
#include "views.hpp"

namespace segment_kernels {

struct Truth {
  Index group;
  double start, end;
  double reach;  // the latest end among the truths of the group up to this one
  std::size_t row;
};

struct Group {
  Index group;
  std::size_t first, last;  // range of its truths
};

struct Overlap {
  double tiou;
  std::size_t row;

  bool operator<(const Overlap& other) const {
    return tiou != other.tiou ? tiou > other.tiou : row > other.row;
  }
};

// The true segments by group and start, to find those that a segment overlaps.
class Truths {
 public:
  Truths(const Segments<double>& segments, const View<Index>& groups) {
    truths_.reserve(segments.size);
    for (std::size_t i = 0; i < segments.size; ++i) {
      truths_.push_back({groups[i], segments.start(i), segments.end(i), segments.end(i), i});
    }
    std::sort(truths_.begin(), truths_.end(), [](const Truth& a, const Truth& b) {
      return a.group != b.group ? a.group < b.group : a.start < b.start;
    });
    for (std::size_t i = 0; i < truths_.size(); ++i) {
      if (i == 0 || truths_[i].group != truths_[i - 1].group) {
        groups_.push_back({truths_[i].group, i, i});
      } else {
        truths_[i].reach = std::max(truths_[i].reach, truths_[i - 1].reach);
      }
      groups_.back().last = i + 1;
    }
  }

  // Those of the group with a tIoU of at least `lowest` (above 0), the best first.
  void overlapping(Index group, double start, double end, double lowest,
                   std::vector<Overlap>& result) const {
    result.clear();
    const auto own = std::lower_bound(groups_.begin(), groups_.end(), group,
                                      [](const Group& a, Index b) { return a.group < b; });
    if (own == groups_.end() || own->group != group) return;
    const auto first = truths_.begin() + static_cast<std::ptrdiff_t>(own->first);
    auto truth = std::lower_bound(first, truths_.begin() + static_cast<std::ptrdiff_t>(own->last),
                                  end, [](const Truth& a, double b) { return a.start < b; });
    while (truth != first) {
      --truth;
      if (truth->reach <= start) break;  // nor does any before it reach so far
      const double overlap = tiou(start, end, truth->start, truth->end);
      if (overlap >= lowest) result.push_back({overlap, truth->row});
    }
    std::sort(result.begin(), result.end());
  }

 private:
  std::vector<Truth> truths_;
  std::vector<Group> groups_;
};

inline std::vector<Index> by_falling_score(const View<double>& scores) {
  struct Ranked {
    double score;
    Index row;
  };
  std::vector<Ranked> ranked(scores.size);
  for (std::size_t i = 0; i < scores.size; ++i) ranked[i] = {scores[i], static_cast<Index>(i)};
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    return a.score != b.score ? a.score > b.score : a.row > b.row;
  });
  std::vector<Index> order(scores.size);
  std::transform(ranked.begin(), ranked.end(), order.begin(),
                 [](const Ranked& one) { return one.row; });
  return order;
}

// hits: (thresholds.size, found.size); hits[k, rank] is the row of `truth` that found[order[rank]]
// takes at thresholds[k], or -1. Thresholds must be above 0.
inline void match(const Segments<double>& truth, const View<Index>& truth_groups,
                  const Segments<double>& found, const View<Index>& found_groups,
                  const std::vector<Index>& order, const View<double>& thresholds, Index* hits) {
  std::fill(hits, hits + thresholds.size * found.size, Index(-1));
  if (thresholds.size == 0) return;
  const double lowest = *std::min_element(thresholds.data, thresholds.data + thresholds.size);
  const Truths truths(truth, truth_groups);
  std::vector<char> taken(thresholds.size * truth.size, 0);
  std::vector<Overlap> overlaps;
  for (std::size_t rank = 0; rank < found.size; ++rank) {
    const std::size_t i = static_cast<std::size_t>(order[rank]);
    truths.overlapping(found_groups[i], found.start(i), found.end(i), lowest, overlaps);
    for (std::size_t k = 0; k < thresholds.size; ++k) {
      for (const Overlap& overlap : overlaps) {
        if (overlap.tiou < thresholds[k]) break;
        char& is_taken = taken[k * truth.size + overlap.row];
        if (is_taken) continue;
        is_taken = 1;
        hits[k * found.size + rank] = static_cast<Index>(overlap.row);
        break;
      }
    }
  }
}

}  // namespace segment_kernels
