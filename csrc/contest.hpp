// The candidates of one label while soft-NMS runs.
//
// The published code decays everything behind each kept segment, replaces what falls below
// min_score by the last, and takes the first maximum of the array that it so permutes. Here the
// same numbers come out with less work:
// - Candidates stand in blocks of segments that lie together. A kept segment is only noted with
//   the blocks that it can overlap.
// - A score only ever decays, so one that is not up to date is an upper bound. Only blocks that
//   this bound puts in front are brought up to date: by everything noted since, in the order in
//   which it was kept, so that the products round alike.
// - Positions in the permuted array decide only between equal scores, and are asked for only then.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "decay.hpp"
#include "nearby.hpp"
#include "permutation.hpp"
#include "views.hpp"

namespace segment_kernels {

template <typename T>
class Contest {
 public:
  // rows: of the label, at least one. Scores must not be negative.
  Contest(const Segments<T>& segments, const View<T>& scores, const std::vector<Index>& rows,
          const Decay<T>& decay)
      : decay_(decay), permutation_(rows.size()) {
    const std::vector<std::uint32_t> order = nearby_order(segments, rows);
    blocks_.resize((rows.size() + block_size - 1) / block_size);
    first_.resize(blocks_.size());
    last_.resize(blocks_.size());
    tops_.assign((blocks_.size() + lanes - 1) / lanes * lanes, out);
    for (std::size_t place = 0; place < rows.size(); ++place) {
      const Index row = rows[order[place]];
      const auto i = static_cast<std::size_t>(row);
      Block& block = blocks_[place / block_size];
      block.add(segments.start(i), segments.end(i), scores[i], row, order[place]);
    }
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const Block& block = blocks_[b];
      first_[b] = *std::min_element(block.start.begin(), block.start.begin() + block.size);
      last_[b] = *std::max_element(block.end.begin(), block.end.begin() + block.size);
      refresh_top(b);
    }
  }

  // Finds the best of those left, if any.
  bool find_best() {
    do {
      const T top = largest(tops_.data(), tops_.size());
      if (top == out) return false;
      collect_front(top);
    } while (front_.empty());
    best_ = front_.size() == 1 ? front_[0] : first_published(front_);
    return true;
  }

  Index best_row() const { return blocks_[best_.block].row[best_.place]; }
  T best_score() const { return blocks_[best_.block].score[best_.place]; }

  // Keeps the best that was found, at the cost of those that it overlaps.
  void keep_best() {
    const auto step = static_cast<std::uint32_t>(kept_.size());
    Block& own = blocks_[best_.block];
    const KeptSegment kept{own.start[best_.place], own.end[best_.place], own.length[best_.place]};
    kept_.push_back(kept);
    permutation_.keep(own.number[best_.place]);
    own.score[best_.place] = out;
    refresh_top(best_.block);
    if (step == 0) drop_hopeless();
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      const bool meets = (first_[b] < kept.end) & (kept.start < last_[b]) & (tops_[b] != out);
      if (!(meets || decay_.reaches_all())) continue;
      blocks_[b].noted.push_back(step);
      if (blocks_[b].noted.size() == most_noted) bring_up_to_date(b);
    }
  }

 private:
  static constexpr std::size_t block_size = 32;
  static constexpr std::size_t lanes = 8;         // compared at once
  static constexpr std::size_t most_noted = 256;  // bounds the memory of what is put off
  static constexpr T out = T(-1);                 // score of what is kept, dropped or not there

  struct KeptSegment {
    T start, end, length;
  };

  struct Block {
    std::array<T, block_size> start{}, end{}, length{}, score;
    std::array<Index, block_size> row;             // of the arguments
    std::array<std::uint32_t, block_size> number;  // among the rows of the label
    std::size_t size = 0;
    std::vector<std::uint32_t> noted;  // numbers of kept segments

    Block() { score.fill(out); }

    void add(T from, T to, T its_score, Index its_row, std::uint32_t its_number) {
      start[size] = from;
      end[size] = to;
      length[size] = length_of(from, to);
      score[size] = its_score;
      row[size] = its_row;
      number[size] = its_number;
      ++size;
    }
  };

  struct Place {
    std::size_t block, place;
  };

  static T largest(const T* values, std::size_t count) {
    T best[lanes];
    std::copy(values, values + lanes, best);
    for (std::size_t i = lanes; i < count; i += lanes) {
      for (std::size_t l = 0; l < lanes; ++l) {
        best[l] = best[l] < values[i + l] ? values[i + l] : best[l];
      }
    }
    return *std::max_element(best, best + lanes);
  }

  static bool any_equal(const T* values, T value) {
    bool any = false;
    for (std::size_t l = 0; l < lanes; ++l) any |= values[l] == value;
    return any;
  }

  void refresh_top(std::size_t b) { tops_[b] = largest(blocks_[b].score.data(), block_size); }

  void drop(Block& block, std::size_t place, std::uint32_t step) {
    block.score[place] = out;
    permutation_.drop(block.number[place], step);
  }

  // The first to be kept takes with it all that never reached min_score.
  void drop_hopeless() {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      Block& block = blocks_[b];
      for (std::size_t place = 0; place < block.size; ++place) {
        const T score = block.score[place];
        if (score != out && score < decay_.min_score) drop(block, place, 0);
      }
      refresh_top(b);
    }
  }

  void bring_up_to_date(std::size_t b) {
    Block& block = blocks_[b];
    const bool all = decay_.reaches_all();
    for (const std::uint32_t step : block.noted) {
      const KeptSegment kept = kept_[step];
      std::array<T, block_size> overlap;
      for (std::size_t place = 0; place < block_size; ++place) {
        const T shared =
            shared_length(kept.start, kept.end, block.start[place], block.end[place]);
        overlap[place] = shared / (kept.length + block.length[place] - shared);
      }
      std::array<std::size_t, block_size> met;
      std::size_t count = 0;
      for (std::size_t place = 0; place < block_size; ++place) {
        met[count] = place;
        count += (block.score[place] != out) & ((overlap[place] > T(0)) | all);
      }
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t place = met[i];
        block.score[place] *= decay_.weight(overlap[place]);
        if (block.score[place] < decay_.min_score) drop(block, place, step);
      }
    }
    block.noted.clear();
    refresh_top(b);
  }

  // front_: all whose score is `top` once they are up to date; no score is above it.
  void collect_front(T top) {
    front_.clear();
    for (std::size_t group = 0; group < tops_.size(); group += lanes) {
      if (!any_equal(tops_.data() + group, top)) continue;
      for (std::size_t b = group; b < group + lanes; ++b) {
        if (tops_[b] != top) continue;
        if (!blocks_[b].noted.empty()) bring_up_to_date(b);
        if (tops_[b] != top) continue;
        for (std::size_t place = 0; place < block_size; ++place) {
          if (blocks_[b].score[place] == top) front_.push_back({b, place});
        }
      }
    }
  }

  // Of several the one that comes first in the published array.
  Place first_published(const std::vector<Place>& places) {
    for (std::size_t b = 0; b < blocks_.size(); ++b) {
      if (!blocks_[b].noted.empty()) bring_up_to_date(b);
    }
    permutation_.replay();
    const auto position = [&](const Place& place) {
      return permutation_.position(blocks_[place.block].number[place.place]);
    };
    return *std::min_element(
        places.begin(), places.end(),
        [&](const Place& a, const Place& b) { return position(a) < position(b); });
  }

  Decay<T> decay_;
  Permutation permutation_;
  std::vector<Block> blocks_;
  std::vector<T> first_, last_;  // that all segments of each block lie between
  std::vector<T> tops_;          // the largest score of each block, whole lanes
  std::vector<KeptSegment> kept_;
  std::vector<Place> front_;
  Place best_{};
};

}  // namespace segment_kernels
