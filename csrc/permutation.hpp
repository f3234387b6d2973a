// Where the published soft-NMS has each candidate in the array that it permutes.
//
// Keeping swaps the kept candidate with the one at the front of the rest; dropping puts the last
// of the rest where the dropped one stood, and looks at that place again. Both are only written
// down here, and replayed when somebody asks.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

namespace segment_kernels {

class Permutation {
 public:
  using Candidate = std::uint32_t;  // number in the original order

  explicit Permutation(std::size_t count) : live_(count) {}

  void keep(Candidate candidate) { kept_.push_back(candidate); }

  // step: how many were kept before the one that took too much from it.
  void drop(Candidate candidate, std::uint32_t step) { dropped_.emplace_back(step, candidate); }

  // Brings the positions up to date; what was dropped so far must all be written down.
  void replay() {
    if (at_.empty()) {
      at_.resize(live_);
      std::iota(at_.begin(), at_.end(), Candidate{0});
      position_ = at_;
      leaving_.assign(live_, 0);
    }
    std::sort(dropped_.begin(), dropped_.end());
    auto dropped = dropped_.begin();
    for (; replayed_ < kept_.size(); ++replayed_) {
      put(at_[replayed_], std::exchange(position_[kept_[replayed_]],
                                        static_cast<std::uint32_t>(replayed_)));
      at_[replayed_] = kept_[replayed_];
      if (dropped == dropped_.end() || dropped->first != replayed_) continue;
      for (; dropped != dropped_.end() && dropped->first == replayed_; ++dropped) {
        leaving_[position_[dropped->second]] = 1;
      }
      close_gaps(replayed_ + 1);
    }
    dropped_.clear();
  }

  std::uint32_t position(Candidate candidate) const { return position_[candidate]; }

 private:
  void put(Candidate candidate, std::uint32_t position) {
    at_[position] = candidate;
    position_[candidate] = position;
  }

  void close_gaps(std::size_t from) {
    while (from < live_) {
      const void* found = std::memchr(leaving_.data() + from, 1, live_ - from);
      if (found == nullptr) return;
      from = static_cast<std::size_t>(static_cast<const char*>(found) - leaving_.data());
      leaving_[from] = 0;
      // The last that stays comes here; those behind it are dropped as they pass through.
      while (--live_ > from && leaving_[live_]) leaving_[live_] = 0;
      if (live_ > from) put(at_[live_], static_cast<std::uint32_t>(from));
    }
  }

  std::size_t live_;          // kept ones and the rest
  std::size_t replayed_ = 0;  // how many of the kept ones are in their place
  std::vector<Candidate> kept_, at_;
  std::vector<std::uint32_t> position_;
  std::vector<char> leaving_;  // by position
  std::vector<std::pair<std::uint32_t, Candidate>> dropped_;
};

}  // namespace segment_kernels
