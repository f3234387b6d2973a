// An order in which segments that lie together stand together.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "views.hpp"

namespace segment_kernels {

// Doublings of a length from 1 on, rounded down; below 0 for shorter ones.
template <typename T>
int octave(T length) {
  const float value = static_cast<float>(length);
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<int>(bits >> 23) - 127;
}

// Numbers into `rows` (at least one): those of similar length together, the longest first, and of
// these those that start together. Not a full sort, which would cost more than it saves: the
// segments are counted into about as many bins as there are segments.
template <typename T>
std::vector<std::uint32_t> nearby_order(const Segments<T>& segments,
                                        const std::vector<Index>& rows) {
  constexpr int octaves = 8;
  const std::size_t bins = rows.size() / octaves + 1;
  T first = segments.start(static_cast<std::size_t>(rows[0])), last = first, longest = T(0);
  for (const Index row : rows) {
    const auto i = static_cast<std::size_t>(row);
    first = std::min(first, segments.start(i));
    last = std::max(last, segments.start(i));
    longest = std::max(longest, segments.end(i) - segments.start(i));
  }
  const T span = last - first;
  const bool spread = span > T(0) && std::isfinite(span);
  const int top = octave(longest);

  std::vector<std::uint32_t> bin(rows.size()), fill(octaves * bins + 1, 0);
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const auto i = static_cast<std::size_t>(rows[k]);
    const T start = segments.start(i);
    const int shorter = std::min(octaves - 1, top - octave(segments.end(i) - start));
    const auto along =
        spread ? std::min(bins - 1, static_cast<std::size_t>((start - first) / span *
                                                             static_cast<T>(bins)))
               : std::size_t{0};
    bin[k] = static_cast<std::uint32_t>(static_cast<std::size_t>(shorter) * bins + along);
    ++fill[bin[k] + 1];
  }
  for (std::size_t b = 1; b < fill.size(); ++b) fill[b] += fill[b - 1];
  std::vector<std::uint32_t> order(rows.size());
  for (std::size_t k = 0; k < rows.size(); ++k) {
    order[fill[bin[k]]++] = static_cast<std::uint32_t>(k);
  }
  return order;
}

}  // namespace segment_kernels
