// What the kernels read: plain memory, borrowed from numpy for the length of a call.
#pragma once

#include <cstddef>
#include <cstdint>

namespace segment_kernels {

using Index = std::int64_t;

template <typename T>
struct View {
  const T* data;
  std::size_t size;

  const T& operator[](std::size_t i) const { return data[i]; }
};

// Rows of (start, end).
template <typename T>
struct Segments {
  const T* data;
  std::size_t size;

  T start(std::size_t i) const { return data[2 * i]; }
  T end(std::size_t i) const { return data[2 * i + 1]; }
};

}  // namespace segment_kernels
